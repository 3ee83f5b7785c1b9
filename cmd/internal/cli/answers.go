package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/report"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// answers are the predictions of a folder, for rows whose label is known.
type answers struct {
	labels []string
	rows   []uint64
	// actual and predicted are indices of labels, prob the probabilities of all.
	actual, predicted []int
	prob              [][]float64
}

// readAnswers reads what predictions.write wrote.
func readAnswers(dir string) (*answers, error) {
	labels, err := readLabels(filepath.Join(dir, "confusion.csv"))
	if err != nil {
		return nil, err
	}
	a := &answers{labels: labels}
	index := make(map[string]int, len(labels))
	for i, name := range labels {
		index[name] = i
	}
	path := filepath.Join(dir, predictionsFiles[1])
	err = eachLine(path, func(line []byte) error {
		var p struct {
			Row           uint64
			Label, Actual string
			Logits        []float64
		}
		if err := json.Unmarshal(line, &p); err != nil {
			return err
		}
		actual, known := index[p.Actual]
		predicted, ok := index[p.Label]
		if !known {
			return nil // this row has no label
		}
		if !ok || len(p.Logits) != len(labels) {
			return fmt.Errorf("row %d is answered %q with %d numbers; one of the %d labels of confusion.csv is expected", p.Row, p.Label, len(p.Logits), len(labels))
		}
		a.rows = append(a.rows, p.Row)
		a.actual, a.predicted = append(a.actual, actual), append(a.predicted, predicted)
		a.prob = append(a.prob, softmax(p.Logits))
		return nil
	})
	return a, err
}

// readLabels reads the head of a confusion matrix.
func readLabels(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := csvHead(f)
	if err != nil || len(names) < 2 {
		return nil, fail(ExitData, fmt.Errorf("%s is no confusion matrix: %v", path, err), "")
	}
	return names[1:], nil
}

// eachLine calls do with the lines of a file; errors name file and line.
func eachLine(path string, do func([]byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	const longest = 16 << 20
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, longest)
	for n := 1; lines.Scan(); n++ {
		if err := do(lines.Bytes()); err != nil {
			return fail(ExitData, fmt.Errorf("%s, line %d: %w", path, n, err), "")
		}
	}
	if err := lines.Err(); err != nil {
		return fail(ExitData, fmt.Errorf("%s: %w", path, err), "")
	}
	return nil
}

func softmax(logits []float64) []float64 {
	top, sum := slices.Max(logits), 0.0
	out := make([]float64, len(logits))
	for i, z := range logits {
		out[i] = math.Exp(z - top)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// right says which rows are answered rightly.
func (a *answers) right() []bool {
	out := make([]bool, len(a.rows))
	for i := range out {
		out[i] = a.actual[i] == a.predicted[i]
	}
	return out
}

// truth returns the probability that each row's label got.
func (a *answers) truth() []float64 {
	out := make([]float64, len(a.rows))
	for i := range out {
		out[i] = a.prob[i][a.actual[i]]
	}
	return out
}

// majority answers every row with the label that most of the training rows
// have, or, where the training file is gone, prepared, or is several, most of
// the rows themselves.
func (a *answers) majority(ctx context.Context, run Run) (report.System, error) {
	counts := make([]int, len(a.labels))
	if err := a.countTraining(ctx, run, counts); err != nil {
		return report.System{}, err
	}
	if slices.Max(counts) == 0 {
		for _, c := range a.actual {
			counts[c]++
		}
	}
	most := slices.Index(counts, slices.Max(counts))
	s := report.System{Name: majorityName}
	for _, c := range a.actual {
		s.Right = append(s.Right, c == most)
	}
	return s, nil
}

// countTraining counts the labels of the training file, if there is one.
func (a *answers) countTraining(ctx context.Context, run Run, counts []int) error {
	if !isFile(run.TrainFile) {
		return nil
	}
	set, err := source.Open(ctx, []string{run.TrainFile}, source.Options{
		Columns: source.Columns{Text: run.TextColumn, Pair: run.TextPairColumn, Label: run.LabelColumn}, Kind: sample.ClassLabel, Names: a.labels, Optional: true,
	})
	if lost(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return eachExample(ctx, set, func(ex sample.Example) error {
		if ex.Label.Kind == sample.ClassLabel {
			counts[ex.Label.Int[0]]++
		}
		return nil
	})
}

// hardest are the numbers of the rows that are hard under a system: as its
// folder has them written down, or by its answers.
func (a *answers) hardest(dir string) ([]int, error) {
	var written hardRows
	err := readJSON(filepath.Join(dir, hardFile), &written)
	if errors.Is(err, os.ErrNotExist) {
		return report.Hardest(a.truth()), nil
	}
	if err != nil {
		return nil, err
	}
	number := make(map[uint64]int, len(a.rows))
	for i, row := range a.rows {
		number[row] = i
	}
	var out []int
	for _, row := range written.Rows {
		i, ok := number[row]
		if !ok {
			return nil, fail(ExitData, fmt.Errorf("%s names row %d, which has no answer beside it", filepath.Join(dir, hardFile), row), "run ortrain probe again")
		}
		out = append(out, i)
	}
	return out, nil
}

// hardFile holds the rows that a probe found hardest.
const hardFile = "hardest.json"

// hardRows is its form.
type hardRows struct {
	By   string   `json:"by"`
	Of   int      `json:"of"`
	Rows []uint64 `json:"rows"`
}

// writeHardest writes down which rows are hard under the answers in a folder.
func writeHardest(dir string) error {
	a, err := readAnswers(dir)
	if err != nil {
		return err
	}
	hard := hardRows{By: "the lowest probability of the true label", Of: len(a.rows)}
	for _, i := range report.Hardest(a.truth()) {
		hard.Rows = append(hard.Rows, a.rows[i])
	}
	slices.Sort(hard.Rows)
	return writeJSON(filepath.Join(dir, hardFile), hard)
}

func (a *answers) report() *report.Answers {
	out := &report.Answers{Labels: a.labels}
	for i, row := range a.rows {
		out.Rows = append(out.Rows, report.Answer{Row: row, Actual: a.actual[i], Predicted: a.predicted[i], Probability: a.prob[i][a.predicted[i]]})
	}
	return out
}

// lost tells files that the report does without: they are gone, have other
// columns now, or are prepared ones, which hold tokens in place of the columns.
func lost(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, source.ErrNoColumn)
}

// addTexts reads the test file again for the texts of wrong answers. A file
// that is gone or has changed leaves the texts out.
func addTexts(ctx context.Context, run Run, a *report.Answers) error {
	wanted := make(map[uint64]*report.Answer)
	for i := range a.Rows {
		if a.Rows[i].Actual != a.Rows[i].Predicted {
			wanted[a.Rows[i].Row] = &a.Rows[i]
		}
	}
	if run.TestFile == "" || len(wanted) == 0 {
		return nil
	}
	set, err := source.Open(ctx, []string{run.TestFile}, source.Options{
		Columns: source.Columns{Text: run.TextColumn, Pair: run.TextPairColumn}, Kind: sample.NoLabel,
	})
	if lost(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return eachExample(ctx, set, func(ex sample.Example) error {
		if answer := wanted[ex.Row]; answer != nil {
			answer.Text = strings.Clone(whole(ex))
		}
		return nil
	})
}

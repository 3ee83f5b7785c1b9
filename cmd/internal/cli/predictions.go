package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
)

// prediction is the answer to one row.
type prediction struct {
	Row    uint64
	Label  string
	Score  float32
	Actual string // "" where it is not known
	Logits []float32
}

// predictions gathers the answers to a data set.
type predictions struct {
	names []string
	feed  *feed.Feed
	rows  []prediction
}

func newPredictions(names []string, f *feed.Feed) *predictions {
	return &predictions{names: names, feed: f}
}

// add takes one batch.
func (p *predictions) add(out ortrain.Outputs, b *sample.Batch) error {
	answers, err := task.Classification().Predict(out.Logits, out.LogitsShape)
	if err != nil {
		return err
	}
	for i, k := range answers.Labels {
		row := prediction{
			Row: b.Row[i], Label: p.names[k], Score: answers.Row(i)[k],
			Logits: slices.Clone(out.Logits[i*answers.Classes : (i+1)*answers.Classes]),
		}
		if b.Labels.Int != nil && b.Labels.Int[i] >= 0 {
			row.Actual = p.names[b.Labels.Int[i]]
		}
		p.rows = append(p.rows, row)
	}
	return nil
}

// predictionsFiles hold the answers of an evaluation: one for tools, one that
// any program and eye can read.
var predictionsFiles = [2]string{"predictions.parquet", "predictions.jsonl"}

// write writes the predictions, in the order of the rows, and confusion.csv if
// the labels are known.
func (p *predictions) write(ctx context.Context, dir string) error {
	slices.SortFunc(p.rows, func(a, b prediction) int { return int(int64(a.Row) - int64(b.Row)) })
	n := len(p.rows)
	rows, labels, actual := make([]uint64, n), make([]string, n), make([]string, n)
	scores, logits := make([]float32, n), make([][]float32, n)
	labelled := false
	for i, r := range p.rows {
		rows[i], labels[i], scores[i], logits[i], actual[i] = r.Row, r.Label, r.Score, r.Logits, r.Actual
		labelled = labelled || r.Actual != ""
	}
	table := sink.Table{{Name: "row", Values: rows}, {Name: "label", Values: labels}, {Name: "score", Values: scores}, {Name: "logits", Values: logits}}
	if labelled {
		table = append(table, sink.Column{Name: "actual", Values: actual})
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range predictionsFiles {
		if err := sink.WriteTable(ctx, filepath.Join(dir, name), table, sink.Options{}); err != nil {
			return err
		}
	}
	if !labelled {
		return nil
	}
	return p.writeConfusion(filepath.Join(dir, "confusion.csv"))
}

// writeConfusion writes one line per actual label with the counts of what was
// predicted.
func (p *predictions) writeConfusion(path string) error {
	index := make(map[string]int, len(p.names))
	for i, n := range p.names {
		index[n] = i
	}
	counts := make([][]int, len(p.names))
	for i := range counts {
		counts[i] = make([]int, len(p.names))
	}
	for _, r := range p.rows {
		if r.Actual != "" {
			counts[index[r.Actual]][index[r.Label]]++
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(append([]string{"actual"}, p.names...)) // a buffer does not fail
	for i, row := range counts {
		line := []string{p.names[i]}
		for _, n := range row {
			line = append(line, strconv.Itoa(n))
		}
		_ = w.Write(line)
	}
	w.Flush()
	return writeFile(path, b.Bytes())
}

package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// prediction is the answer to one row.
type prediction struct {
	Row    uint64    `json:"row"`
	Label  string    `json:"label"`
	Score  float32   `json:"score"`
	Actual string    `json:"actual,omitempty"`
	Logits []float32 `json:"logits"`
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

// write writes predictions.jsonl, in the order of the rows, and confusion.csv
// if the labels are known.
func (p *predictions) write(dir string) error {
	slices.SortFunc(p.rows, func(a, b prediction) int { return int(int64(a.Row) - int64(b.Row)) })
	var lines bytes.Buffer
	e := json.NewEncoder(&lines)
	labelled := false
	for _, r := range p.rows {
		if err := e.Encode(r); err != nil {
			return err
		}
		labelled = labelled || r.Actual != ""
	}
	if err := writeFile(filepath.Join(dir, "predictions.jsonl"), lines.Bytes()); err != nil || !labelled {
		return err
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

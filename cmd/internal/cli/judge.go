package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/collate"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// judge runs a model on rows that are in memory, for those who decide by its
// answers. It is safe for concurrent use: a network serves one goroutine, and the
// others wait.
type judge struct {
	mu    sync.Mutex
	net   *ortrain.Network
	tok   *tokenize.Tokenizer
	opts  tokenize.Options
	batch int
	// edit cleans texts as those that the model was trained on; nil does nothing.
	edit stage
}

func newJudge(s *session, net *ortrain.Network) (*judge, error) {
	j := &judge{
		net: net, tok: s.tok, batch: s.run.EvalBatchSize,
		opts: tokenize.Options{MaxLength: s.run.MaxSeqLength, Truncation: tokenize.Truncation(s.run.Truncation)},
	}
	var err error
	_, j.edit, err = s.cleaning.stages("judged", 1, false)
	return j, err
}

// outputs returns what the graph gives for each row: logits, or an embedding. It
// leaves b to its owner.
func (j *judge) outputs(ctx context.Context, b *record.Batch) ([][]float32, error) {
	sequences, err := j.tokenize(ctx, b)
	if err != nil {
		return nil, err
	}
	order := make([]int, len(sequences)) // sequences of like length go into a batch
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(sequences[a].IDs) - len(sequences[b].IDs) })
	out := make([][]float32, len(sequences))
	j.mu.Lock()
	defer j.mu.Unlock()
	for some := range slices.Chunk(order, max(j.batch, 1)) {
		if err := j.run(ctx, sequences, some, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// run runs the graph on some of the sequences.
func (j *judge) run(ctx context.Context, sequences []collate.Sequence, some []int, out [][]float32) error {
	list := make([]collate.Sequence, len(some))
	for k, i := range some {
		list[k] = sequences[i]
	}
	b, err := collate.Pack(sample.NoLabel, list)
	if err != nil {
		return err
	}
	answer, err := j.net.Evaluate(ctx, b)
	if err != nil {
		return err
	}
	if len(answer.Logits)%len(some) != 0 {
		return fmt.Errorf("the model gives %d numbers for %d rows", len(answer.Logits), len(some))
	}
	width := len(answer.Logits) / len(some)
	for k, i := range some {
		out[i] = slices.Clone(answer.Logits[k*width : (k+1)*width])
	}
	return nil
}

// tokenize cleans and encodes the rows.
func (j *judge) tokenize(ctx context.Context, b *record.Batch) (out []collate.Sequence, err error) {
	b.Retain()
	src := pipeline.FromSlice([]*record.Batch{b})
	if j.edit != nil {
		src = j.edit(src)
	}
	batches, err := pipeline.Collect(ctx, src)
	defer func() {
		for _, b := range batches {
			b.Release()
		}
	}()
	if err != nil {
		return nil, err
	}
	for _, b := range batches {
		for _, ex := range b.Examples() {
			var e tokenize.Encoding
			if ex.HasPair {
				e, err = j.tok.EncodePair(ex.Text, ex.Pair, j.opts)
			} else {
				e, err = j.tok.Encode(ex.Text, j.opts)
			}
			if err != nil {
				return nil, fmt.Errorf("row %d, copy %d: %w", ex.Row, ex.Copy, err)
			}
			out = append(out, collate.Sequence{Row: ex.Row, Copy: ex.Copy, IDs: e.IDs, TypeIDs: e.TypeIDs})
		}
	}
	if len(out) != b.Len() {
		return nil, fmt.Errorf("%d of %d rows are left after cleaning", len(out), b.Len())
	}
	return out, nil
}

// largest is the class with the largest logit.
func largest(logits []float32) int {
	best := 0
	for k, v := range logits {
		if v > logits[best] {
			best = k
		}
	}
	return best
}

// classesOf finds the classes of data among a model's labels.
func classesOf(data, model []string, folder string) ([]int, error) {
	out := make([]int, len(data))
	var faults []error
	for i, name := range data {
		if out[i] = slices.Index(model, name); out[i] < 0 {
			faults = append(faults, fmt.Errorf("%s knows no label %q of the data; the nearest of its labels: %s", folder, name, nearest(name, model)))
		}
	}
	return out, fail(ExitData, errors.Join(faults...), "a classifier that was trained on these labels is needed")
}

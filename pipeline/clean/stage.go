package clean

import (
	"context"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// judged is an edited batch on its way to the judges: keys[k][i] is what the
// k-th ordered step needs to know of row i.
type judged struct {
	*record.Batch
	keys [][]string
}

// Stage cleans the batches of src, which it owns: workers edit and hash them,
// then, in order, rows that repeat are dropped. Batches without a row left are
// left out. Every Stage has a memory of its own; the counts are the Cleaner's.
func (c *Cleaner) Stage(src pipeline.Source[*record.Batch], workers int) pipeline.Source[*record.Batch] {
	edited := pipeline.Map(src, workers, c.work)
	judges := make([]func(string) bool, len(c.ordered))
	for i, s := range c.ordered {
		judges[i] = s.op.Order.Judge()
	}
	next := func(ctx context.Context) (*record.Batch, error) {
		for {
			in, err := edited.Next(ctx)
			if err != nil {
				return nil, err
			}
			out, err := c.judge(in, judges)
			if err != nil {
				return nil, err
			}
			if out.Len() > 0 {
				c.kept.Add(int64(out.Len()))
				return out, nil
			}
			out.Release()
		}
	}
	return pipeline.New(next, edited.Close)
}

// judge drops the rows of a batch that a judge does not want.
func (c *Cleaner) judge(in *judged, judges []func(string) bool) (*record.Batch, error) {
	if len(judges) == 0 || in.Len() == 0 {
		return in.Batch, nil
	}
	gone := make([]int, in.Len()) // 1 + the step that dropped the row
	dropped := 0
	for i := range gone {
		for k, judge := range judges {
			if !judge(in.keys[k][i]) {
				gone[i] = k + 1
				dropped++
				break
			}
		}
	}
	if dropped == 0 {
		return in.Batch, nil
	}
	defer in.Release()
	rows := in.Examples()
	kept := make([]sample.Example, 0, len(rows)-dropped)
	for i, ex := range rows {
		if gone[i] == 0 {
			kept = append(kept, ex)
			continue
		}
		s := c.ordered[gone[i]-1]
		s.count.add(tally{dropped: 1})
		s.dropped(&ex)
	}
	return rebuild(c.memory, in.Kind(), kept)
}

// keys returns the key of every row, all in one piece of memory.
func (o *Order) keys(rows []sample.Example) []string {
	var all []byte
	ends := make([]int, len(rows))
	for i := range rows {
		all = o.Key(all, &rows[i])
		ends[i] = len(all)
	}
	text, at := string(all), 0
	out := make([]string, len(rows))
	for i, end := range ends {
		out[i], at = text[at:end], end
	}
	return out
}

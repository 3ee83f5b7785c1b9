package inspect

import (
	"context"

	"github.com/ortrain/ortrain/pipeline/clean"
	"github.com/ortrain/ortrain/pipeline/record"
)

// near counts the rows that the cleaning step near_duplicates would drop after
// the step duplicates, labels apart.
func (l *look) near(ctx context.Context, r *SetReport) error {
	if l.opts.Near == 0 {
		return nil
	}
	cleaner, err := clean.New(clean.Config{
		Recipe: clean.Recipe{Steps: []clean.Use{
			{Step: "duplicates", Params: map[string]any{"labels": false}},
			{Step: "near_duplicates", Params: map[string]any{"labels": false, "threshold": l.opts.Near}},
		}},
		Samples: max(l.opts.List, l.opts.Texts), Memory: l.opts.Memory,
	})
	if err != nil {
		return err
	}
	err = each(ctx, cleaner.Stage(l.set.Rows(), l.opts.Workers), func(b *record.Batch) bool {
		b.Release()
		return true
	})
	if err != nil {
		return err
	}
	step := cleaner.Report().Steps[1]
	list := ascending(len(step.Samples))
	for _, s := range step.Samples {
		list.add(s.Row)
	}
	r.Duplicates.Near = &Near{Threshold: l.opts.Near, Finding: l.finding(step.Dropped, &list)}
	return nil
}

package ortrain_test

import (
	"context"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
)

// Settle waits for the first step, and is not called when nothing follows it.
func TestSettleComesAfterTheFirstStep(t *testing.T) {
	for steps, want := range map[int]int{1: 0, 4: 1} {
		e := &fake{losses: []float64{1}}
		cfg := ortrain.DefaultConfig()
		cfg.MaxSteps, cfg.SaveStrategy = steps, ortrain.Never
		calls := 0
		tr, err := ortrain.New(cfg, ortrain.Parts{Engine: e, Train: oneSequence(2), Settle: func(context.Context) error {
			calls++
			if len(e.updates) != 1 {
				t.Errorf("called after %d updates", len(e.updates))
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Run(t.Context()); err != nil || calls != want {
			t.Errorf("%d steps: %d calls, want %d: %v", steps, calls, want, err)
		}
	}
}

package ortrain

import (
	"context"
	"fmt"
	"time"
)

// saving is the checkpoint that is being written while training goes on; nil
// when there is none. Its goroutine is the trainer's, who waits for it before
// the next one and at the end of the run.
type saving struct {
	step    int
	stalled time.Duration
	done    chan struct{} // closed when the rest is settled
	path    string
	took    time.Duration
	err     error
}

// save begins to write a checkpoint of the current step, once.
func (t *Trainer) save(ctx context.Context, best bool) error {
	if t.saved == t.state.Step && t.state.Step > 0 {
		return nil
	}
	start := t.now()
	if err := t.saving.collect(t, true); err != nil {
		return err
	}
	if err := t.parts.Engine.Settle(); err != nil {
		return fmt.Errorf("ortrain: step %d: %w", t.state.Step, err)
	}
	write, err := t.parts.Store.Save(ctx, t.state, best)
	if err != nil {
		return fmt.Errorf("ortrain: saving step %d: %w", t.state.Step, err)
	}
	s := &saving{step: t.state.Step, stalled: t.now().Sub(start), done: make(chan struct{})}
	t.saving, t.saved = s, t.state.Step
	go func() {
		defer close(s.done)
		s.path, s.err = write()
		s.took = t.now().Sub(start)
	}()
	return nil
}

// collect reports a checkpoint that is written, waiting for it if told to. What
// went wrong with it is returned once.
func (s *saving) collect(t *Trainer, wait bool) error {
	if s == nil {
		return nil
	}
	if !wait {
		select {
		case <-s.done:
		default:
			return nil
		}
	}
	<-s.done
	t.saving = nil
	if s.err != nil {
		return fmt.Errorf("ortrain: saving step %d: %w", s.step, s.err)
	}
	t.result.Checkpoint = s.path
	t.parts.Observer.Saved(Saved{Step: s.step, Path: s.path, Took: s.took, Stalled: s.stalled})
	return nil
}

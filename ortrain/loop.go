package ortrain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// epoch trains from the cursor's position to the end of its epoch or of the
// run.
func (t *Trainer) epoch(ctx context.Context) (err error) {
	batches, err := t.parts.Train.Epoch(ctx, t.state.Cursor)
	if err != nil {
		return fmt.Errorf("ortrain: epoch %d: %w", t.state.Cursor.Epoch, err)
	}
	defer func() { err = errors.Join(err, batches.Close()) }()
	for t.state.Step < t.plan.Steps && t.result.Stopped == "" {
		done, err := t.step(ctx, batches)
		if err != nil {
			return err
		}
		if done == 0 {
			if t.state.Cursor.Batch == 0 {
				return fmt.Errorf("ortrain: epoch %d has no batches", t.state.Cursor.Epoch)
			}
			t.state.Cursor = sample.Cursor{Epoch: t.state.Cursor.Epoch + 1}
			return nil
		}
		if err := t.settle(ctx); err != nil {
			return err
		}
		if err := t.between(ctx, done < t.cfg.GradientAccumulationSteps || t.endOfEpoch()); err != nil {
			return err
		}
	}
	return nil
}

// settle calls Parts.Settle the first time that a step lies behind and another
// one ahead.
func (t *Trainer) settle(ctx context.Context) error {
	settle := t.parts.Settle
	if settle == nil || t.state.Step == t.plan.Steps {
		return nil
	}
	t.parts.Settle = nil
	return settle(ctx)
}

func (t *Trainer) endOfEpoch() bool { return t.state.Cursor.Batch >= t.parts.Train.Batches() }

// step runs the micro-batches of one optimizer step and the update. It returns
// how many batches there were, each of one micro-batch or, where the data cut it
// up (sample.Batch.More), several: fewer batches than configured at the end of
// an epoch, none after it.
func (t *Trainer) step(ctx context.Context, batches Batches) (int, error) {
	report := Step{Step: t.state.Step + 1, LearningRate: t.rate(t.state.Step)}
	start := t.now()
	batches, err := t.readAhead(ctx, batches)
	report.Wait += t.now().Sub(start)
	if err != nil {
		return 0, fmt.Errorf("ortrain: step %d: %w", report.Step, err)
	}
	var sum, n, rectangle float64
	var rows []uint64
	var kept []*sample.Batch
	whole, cursor := 0, t.state.Cursor
	for micro := 0; whole < t.cfg.GradientAccumulationSteps; micro++ {
		asked := t.now()
		b, err := batches.Next(ctx)
		report.Wait += t.now().Sub(asked)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, fmt.Errorf("ortrain: step %d: %w", report.Step, err)
		}
		ran := t.now()
		if t.replays() > 1 {
			b = copyOf(b)
			kept = append(kept, b)
		}
		loss, err := t.accumulate(ctx, b, report.Step, micro, 0)
		report.Graph += t.now().Sub(ran)
		if err != nil {
			return 0, fmt.Errorf("ortrain: step %d: %w", report.Step, err)
		}
		sum, n = sum+loss.Mean*loss.N, n+loss.N
		rows = append(rows, b.Row...)
		report.Examples, report.Tokens = report.Examples+b.Sequences(), report.Tokens+b.Tokens()
		rectangle += float64(b.Sequences() * b.Longest())
		cursor = b.Cursor
		if !b.More {
			whole++
		}
	}
	if whole == 0 {
		return 0, nil
	}
	report.Loss = mean(sum, n)
	err = t.update(ctx, &report, n, rows)
	for replay := 1; err == nil && replay < t.replays(); replay++ {
		err = t.replay(ctx, kept, replay, &report, rows)
	}
	if err != nil {
		return 0, err
	}
	report.Total = t.now().Sub(start)
	report.Padding = 1 - float64(report.Tokens)/rectangle
	t.account(report, cursor)
	return whole, nil
}

// update changes the weights by the gradients of n labels.
func (t *Trainer) update(ctx context.Context, report *Step, n float64, rows []uint64) error {
	if !finite(report.Loss) {
		return t.notFinite(fmt.Sprintf("the loss is %g", report.Loss), *report, rows)
	}
	updated := t.now()
	norm, err := t.parts.Engine.Update(ctx, Update{LearningRate: report.LearningRate, MaxGradNorm: t.cfg.MaxGradNorm, N: n})
	if errors.Is(err, ErrNotFinite) {
		return t.notFinite("the gradient is not finite", *report, rows)
	}
	if err != nil {
		return fmt.Errorf("ortrain: step %d: %w", report.Step, err)
	}
	if t.perturber != nil && t.cfg.Adversary.Bregman > 0 {
		if err := t.parts.Engine.(Perturbable).Follow(t.cfg.Adversary.BregmanBeta); err != nil {
			return fmt.Errorf("ortrain: step %d: %w", report.Step, err)
		}
	}
	report.Optimizer += t.now().Sub(updated)
	report.GradNorm = norm
	return nil
}

// replay goes through the micro-batches of a step again, and updates the
// weights again.
func (t *Trainer) replay(ctx context.Context, kept []*sample.Batch, replay int, report *Step, rows []uint64) error {
	var sum, n float64
	ran := t.now()
	for micro, b := range kept {
		loss, err := t.accumulate(ctx, b, report.Step, micro, replay)
		if err != nil {
			return fmt.Errorf("ortrain: step %d: %w", report.Step, err)
		}
		sum, n = sum+loss.Mean*loss.N, n+loss.N
	}
	report.Graph += t.now().Sub(ran)
	if n == 0 {
		return nil // none of them is disturbed
	}
	report.Loss = mean(sum, n)
	return t.update(ctx, report, n, rows)
}

// replays is how often a step updates the weights.
func (t *Trainer) replays() int {
	if t.perturber == nil {
		return 1
	}
	return t.perturber.Replays()
}

// copyOf keeps a batch beyond the next one.
func copyOf(b *sample.Batch) *sample.Batch {
	c := *b
	c.IDs, c.TypeIDs, c.Positions = slices.Clone(b.IDs), slices.Clone(b.TypeIDs), slices.Clone(b.Positions)
	c.Offsets, c.Row, c.Copy = slices.Clone(b.Offsets), slices.Clone(b.Row), slices.Clone(b.Copy)
	c.Labels = sample.Labels{Int: slices.Clone(b.Labels.Int), Float: slices.Clone(b.Labels.Float), Shape: slices.Clone(b.Labels.Shape)}
	return &c
}

// accumulate adds the gradients of one micro-batch, disturbed if that is
// configured.
func (t *Trainer) accumulate(ctx context.Context, b *sample.Batch, step, micro, replay int) (Loss, error) {
	if t.perturber == nil {
		return t.parts.Engine.Accumulate(ctx, b, step, micro)
	}
	passes, err := t.parts.Engine.(Perturbable).Passes(b, step, micro)
	if err != nil {
		return Loss{}, err
	}
	at := adversary.At{Epoch: b.Cursor.Epoch, Step: step, Micro: micro, Replay: replay, Rows: t.counted.rows, Labels: t.counted.labels}
	mean, n, err := t.perturber.Accumulate(ctx, passes, at)
	return Loss{Mean: mean, N: n}, err
}

// account takes a finished step into the state and tells the observer.
func (t *Trainer) account(r Step, cursor sample.Cursor) {
	t.state.Step, t.state.Cursor = r.Step, cursor
	t.state.Epoch = float64(cursor.Epoch) + float64(cursor.Batch)/float64(t.parts.Train.Batches())
	t.lossSum, t.lossSteps = t.lossSum+r.Loss, t.lossSteps+1
	t.state.LossSum, t.state.LossSteps = t.lossSum, t.lossSteps
	t.result.RanSteps++
	t.result.Examples += int64(r.Examples)
	t.result.Tokens += int64(r.Tokens)
	t.result.Training += r.Total
	t.result.Wait += r.Wait
	r.Epoch = t.state.Epoch
	r.Logged = r.Step%t.cfg.LoggingSteps == 0 || r.Step == t.plan.Steps || r.Step == 1 && t.cfg.LoggingFirstStep
	if r.Logged {
		t.state.History = append(t.state.History, map[string]float64{
			"step": float64(r.Step), "epoch": r.Epoch, "loss": r.Loss, "learning_rate": r.LearningRate, "grad_norm": r.GradNorm,
		})
	}
	t.parts.Observer.Step(r)
}

// notFinite names the step and the examples, and what to do.
func (t *Trainer) notFinite(what string, r Step, rows []uint64) error {
	const shown = 64
	more := ""
	if len(rows) > shown {
		more = fmt.Sprintf(" and %d more", len(rows)-shown)
		rows = rows[:shown]
	}
	unsaved := t.saving.collect(t, true)
	keep := "no checkpoint was saved yet"
	if t.result.Checkpoint != "" {
		keep = "the last good checkpoint is " + t.result.Checkpoint
	}
	err := fmt.Errorf("ortrain: step %d: %s, and no weight was changed; it came from rows %v%s; lower the learning rate (%g now) or look at those rows; %s: %w",
		r.Step, what, rows, more, r.LearningRate, keep, ErrNotFinite)
	return errors.Join(err, unsaved)
}

// mean is 0 when nothing counts: a step whose labels are all ignored.
func mean(sum, n float64) float64 {
	if n == 0 {
		return 0
	}
	return sum / n
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// between does what is due after a step: evaluation, checkpoint, stopping.
func (t *Trainer) between(ctx context.Context, epochEnded bool) error {
	if err := t.saving.collect(t, false); err != nil {
		return err
	}
	best := false
	if t.due(t.cfg.EvalStrategy, t.cfg.EvalSteps, epochEnded) {
		e, err := t.Evaluate(ctx, t.parts.Eval)
		if err != nil {
			return err
		}
		if best, err = t.compare(&e); err != nil {
			return err
		}
		entry := map[string]float64{"step": float64(e.Step), "epoch": e.Epoch}
		for name, value := range e.Metrics {
			entry["eval_"+name] = value
		}
		t.state.History = append(t.state.History, entry)
		t.parts.Observer.Evaluated(e)
	}
	if t.due(t.cfg.SaveStrategy, t.cfg.SaveSteps, epochEnded) {
		if err := t.save(ctx, best); err != nil {
			return err
		}
	}
	if p := t.cfg.EarlyStoppingPatience; p > 0 && t.state.Stale >= p {
		t.result.Stopped = StoppedEarly
	}
	select {
	case <-t.parts.Stop:
		if t.state.Step < t.plan.Steps {
			t.result.Stopped = StoppedBySignal
		}
	default:
	}
	return nil
}

func (t *Trainer) due(s Strategy, every int, epochEnded bool) bool {
	last := t.state.Step == t.plan.Steps
	switch s {
	case EverySome:
		return t.state.Step%every == 0
	case EachEpoch:
		return epochEnded || last
	}
	return false
}

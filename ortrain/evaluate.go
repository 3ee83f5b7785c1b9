package ortrain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Evaluate goes through data once and returns loss and metrics; it changes no
// weight and no random draw of the training.
func (t *Trainer) Evaluate(ctx context.Context, data Data) (Evaluation, error) {
	start := t.now()
	var scorer Scorer
	if t.parts.Scorer != nil {
		scorer = t.parts.Scorer()
	}
	e, err := Evaluate(ctx, t.parts.Engine, data, scorer, nil)
	e.Step, e.Epoch, e.Took = t.state.Step, t.state.Epoch, t.now().Sub(start)
	return e, err
}

// Evaluate runs the evaluation graph over data. The scorer may be nil; each, if
// not nil, sees every batch with its outputs, for predictions.
func Evaluate(ctx context.Context, engine Engine, data Data, scorer Scorer, each func(Outputs, *sample.Batch) error) (e Evaluation, err error) {
	batches, err := data.Epoch(ctx, sample.Cursor{})
	if err != nil {
		return e, fmt.Errorf("ortrain: evaluation data: %w", err)
	}
	defer func() { err = errors.Join(err, batches.Close()) }()
	var sum, n float64
	for {
		b, err := batches.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return e, fmt.Errorf("ortrain: evaluation data: %w", err)
		}
		out, err := engine.Evaluate(ctx, b)
		if err != nil {
			return e, fmt.Errorf("ortrain: evaluation: %w", err)
		}
		sum, n = sum+out.Loss.Mean*out.Loss.N, n+out.Loss.N
		e.Examples += b.Sequences()
		if scorer != nil {
			if err := scorer.Add(out, b); err != nil {
				return e, fmt.Errorf("ortrain: evaluation: %w", err)
			}
		}
		if each != nil {
			if err := each(out, b); err != nil {
				return e, err
			}
		}
	}
	e.Metrics = make(map[string]float64)
	if scorer != nil {
		maps.Copy(e.Metrics, scorer.Metrics())
	}
	if n > 0 {
		e.Metrics["loss"] = sum / n
	}
	return e, nil
}

// compare notes whether an evaluation is the best so far.
func (t *Trainer) compare(e *Evaluation) (bool, error) {
	value, ok := e.Metrics[t.cfg.metric()]
	if !ok {
		if !t.cfg.LoadBestModelAtEnd && t.cfg.EarlyStoppingPatience == 0 {
			return false, nil
		}
		return false, fmt.Errorf("ortrain: metric_for_best_model is %q; the evaluation gives %v: %w",
			t.cfg.MetricForBestModel, slices.Sorted(maps.Keys(e.Metrics)), ErrConfig)
	}
	gain := value - t.state.BestMetric
	if !greaterIsBetter(t.cfg.metric()) {
		gain = -gain
	}
	// As Hugging Face does: the best checkpoint is the best by any margin,
	// patience asks for more than the threshold.
	if t.state.BestStep == 0 || gain > t.cfg.EarlyStoppingThreshold {
		t.state.Stale = 0
	} else {
		t.state.Stale++
	}
	if t.state.BestStep == 0 || gain > 0 {
		t.state.BestMetric, t.state.BestStep = value, e.Step
		e.Best = true
	}
	return e.Best, nil
}

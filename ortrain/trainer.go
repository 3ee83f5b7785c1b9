package ortrain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/optim"
)

// ErrNotFinite means that a loss or a gradient is NaN or infinite. The weights
// are those before the step that failed.
var ErrNotFinite = errors.New("not a finite number")

// Parts are what a Trainer works with.
type Parts struct {
	Engine Engine
	Train  Data
	// Eval and Scorer may be nil when the configuration evaluates nothing.
	Eval   Data
	Scorer func() Scorer
	// Store may be nil when the configuration saves nothing.
	Store    Store
	Observer Observer
	// Settle, if set, is called once, after the first step of this run when others
	// follow: for what need not delay that step, such as reserving memory.
	Settle func(context.Context) error
	// Stop, when closed, ends the run after the step under way; a checkpoint is
	// saved.
	Stop <-chan struct{}
	// Resume is the state to go on from; the engine holds its weights already.
	Resume State
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Trainer is one run. Make it with New, use it once.
type Trainer struct {
	cfg   Config
	parts Parts
	plan  Plan
	rate  func(step int) float64
	state State
	now   func() time.Time
	// saved is the last step with a checkpoint, so that the end of the run does not
	// repeat it.
	saved  int
	saving *saving
	result Result
	// perturber is nil in plain training.
	perturber *adversary.Perturber
	// counted are the rows of the step and the labels among them, where a method
	// learns from rows without labels.
	counted   struct{ rows, labels float64 }
	lossSum   float64
	lossSteps int
}

// New checks the configuration against the parts and plans the run.
func New(cfg Config, parts Parts) (*Trainer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if parts.Train == nil || parts.Train.Batches() == 0 {
		return nil, fmt.Errorf("ortrain: there is nothing to train on: %w", ErrConfig)
	}
	if cfg.EvalStrategy != Never && (parts.Eval == nil || parts.Eval.Batches() == 0) {
		return nil, fmt.Errorf("ortrain: eval_strategy is %s but there is no evaluation data: %w", cfg.EvalStrategy, ErrConfig)
	}
	if cfg.SaveStrategy != Never && parts.Store == nil {
		return nil, fmt.Errorf("ortrain: save_strategy is %s but there is no place to save to: %w", cfg.SaveStrategy, ErrConfig)
	}
	if parts.Resume.Step > 0 && parts.Resume.Seed != cfg.Seed {
		return nil, fmt.Errorf("ortrain: the checkpoint was made with seed %d and this run has %d; a resumed run must keep its seed: %w", parts.Resume.Seed, cfg.Seed, ErrConfig)
	}
	t := &Trainer{cfg: cfg, parts: parts, state: parts.Resume, now: parts.Now}
	if t.now == nil {
		t.now = time.Now
	}
	if parts.Observer == nil {
		t.parts.Observer = silent{}
	}
	t.state.Seed = cfg.Seed
	t.lossSum, t.lossSteps = t.state.LossSum, t.state.LossSteps
	t.plan = t.makePlan()
	rate, err := t.schedule()
	t.rate = rate
	if err != nil {
		return nil, err
	}
	return t, t.prepare()
}

// prepare readies the engine for the disturbed passes that are configured.
func (t *Trainer) prepare() error {
	c := t.cfg.Adversary
	if c.Name == "" {
		return nil
	}
	engine, ok := t.parts.Engine.(Perturbable)
	if !ok {
		return fmt.Errorf("ortrain: adversary is %s, but the engine runs plain passes only: %w", c.Name, ErrConfig)
	}
	p, err := adversary.New(c, t.cfg.Seed)
	if err != nil {
		return err
	}
	t.perturber = p
	if cost := t.cost(); c.Budget > 0 && cost > float64(c.Budget) {
		return fmt.Errorf("ortrain: adversary %s: this run costs about %.0f passes over a micro-batch, plain ones included; adv_budget allows %d; lower adv_steps or adv_fraction, raise adv_start_epoch, or train fewer steps: %w", c.Name, cost, c.Budget, ErrConfig)
	}
	if err := engine.Prepare(p.Needs()); err != nil {
		return fmt.Errorf("ortrain: adversary %s: %w: %w", c.Name, err, ErrConfig)
	}
	return nil
}

// cost estimates the passes over a micro-batch that are left to the run: one for
// each that is not disturbed, be it before adv_start_epoch or beside adv_fraction.
func (t *Trainer) cost() float64 {
	c := t.cfg.Adversary
	first, end := float64(t.plan.First), float64(t.plan.Steps)
	start := min(max(float64(c.StartEpoch)*float64(t.plan.StepsPerEpoch), first), end)
	disturbed := c.Fraction*t.perturber.Passes() + 1 - c.Fraction
	return float64(t.cfg.GradientAccumulationSteps) * (start - first + (end-start)*disturbed)
}

func (t *Trainer) makePlan() Plan {
	perEpoch := (t.parts.Train.Batches() + t.cfg.GradientAccumulationSteps - 1) / t.cfg.GradientAccumulationSteps
	steps := int(math.Ceil(t.cfg.NumTrainEpochs * float64(perEpoch)))
	if t.cfg.MaxSteps > 0 {
		steps = t.cfg.MaxSteps
	}
	return Plan{Steps: steps, First: t.state.Step, StepsPerEpoch: perEpoch, Examples: t.parts.Train.Examples()}
}

func (t *Trainer) schedule() (func(step int) float64, error) {
	total := int64(t.plan.Steps)
	s := optim.Schedule{
		Kind: t.cfg.LRSchedulerType, LR: t.cfg.LearningRate, Total: total,
		Warmup: optim.WarmupSteps(int64(t.cfg.WarmupSteps), t.cfg.WarmupRatio, total),
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("ortrain: lr_scheduler_type: %w: %w", err, ErrConfig)
	}
	return func(step int) float64 { return s.At(int64(step)) }, nil
}

// Plan returns what the run is going to do.
func (t *Trainer) Plan() Plan { return t.plan }

// Run trains to the end of the plan, to a closed Stop or to the first error. A
// cancelled context ends it at once, without a checkpoint of the step under
// way.
func (t *Trainer) Run(ctx context.Context) (Result, error) {
	t.parts.Observer.Begin(t.plan)
	err := t.train(ctx)
	if err == nil {
		err = t.finish(ctx)
	}
	err = errors.Join(err, t.saving.collect(t, true))
	t.result.Steps, t.result.Epoch = t.state.Step, t.state.Epoch
	t.result.BestStep, t.result.BestMetric = t.state.BestStep, t.state.BestMetric
	if t.lossSteps > 0 {
		t.result.TrainLoss = t.lossSum / float64(t.lossSteps)
	}
	if err == nil {
		t.parts.Observer.End(t.result)
	}
	return t.result, err
}

func (t *Trainer) train(ctx context.Context) error {
	for t.state.Step < t.plan.Steps && t.result.Stopped == "" {
		if err := t.epoch(ctx); err != nil {
			return err
		}
	}
	return nil
}

// finish saves what the last step left unsaved and brings back the best
// weights.
func (t *Trainer) finish(ctx context.Context) error {
	if t.cfg.SaveStrategy != Never || t.result.Stopped == StoppedBySignal && t.parts.Store != nil {
		if err := t.save(ctx, false); err != nil {
			return err
		}
		if err := t.saving.collect(t, true); err != nil {
			return err
		}
	}
	if t.cfg.LoadBestModelAtEnd && t.result.Stopped != StoppedBySignal && t.state.BestStep > 0 && t.state.BestStep != t.state.Step {
		if err := t.parts.Store.LoadBest(ctx, t.state.BestStep); err != nil {
			return fmt.Errorf("ortrain: loading the best checkpoint: %w", err)
		}
	}
	return t.parts.Engine.Settle()
}

// Why a run ended before its plan did.
const (
	StoppedBySignal = "signal"
	StoppedEarly    = "early_stopping"
)

type silent struct{}

func (silent) Begin(Plan)           {}
func (silent) Step(Step)            {}
func (silent) Evaluated(Evaluation) {}
func (silent) Saved(Saved)          {}
func (silent) End(Result)           {}

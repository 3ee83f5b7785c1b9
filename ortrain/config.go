package ortrain

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/adversary"
)

// ErrConfig is wrapped by errors about options that are wrong or do not fit
// together.
var ErrConfig = errors.New("wrong configuration")

// Strategy says when something that is not every step happens.
type Strategy string

// The strategies.
const (
	Never     Strategy = "no"
	EverySome Strategy = "steps"
	EachEpoch Strategy = "epoch"
)

// Config says how to train. Names, meanings and defaults are those of Hugging
// Face's TrainingArguments.
type Config struct {
	// NumTrainEpochs is how often the data is gone through; a fraction stops
	// within an epoch. MaxSteps overrides it when positive. Units: epochs,
	// optimizer steps.
	NumTrainEpochs float64 `yaml:"num_train_epochs"`
	MaxSteps       int     `yaml:"max_steps"`
	// GradientAccumulationSteps is the number of micro-batches of one step.
	GradientAccumulationSteps int `yaml:"gradient_accumulation_steps"`

	LearningRate float64 `yaml:"learning_rate"`
	WeightDecay  float64 `yaml:"weight_decay"`
	Optim        string  `yaml:"optim"`
	AdamBeta1    float64 `yaml:"adam_beta1"`
	AdamBeta2    float64 `yaml:"adam_beta2"`
	AdamEpsilon  float64 `yaml:"adam_epsilon"`
	// MaxGradNorm bounds the global norm of the gradient; 0 does not clip.
	MaxGradNorm     float64 `yaml:"max_grad_norm"`
	LRSchedulerType string  `yaml:"lr_scheduler_type"`
	// WarmupSteps overrides WarmupRatio when positive. The ratio is of all steps.
	WarmupSteps int     `yaml:"warmup_steps"`
	WarmupRatio float64 `yaml:"warmup_ratio"`

	Seed uint64 `yaml:"seed"`

	// LoggingSteps is the interval of Observer.Step's Logged mark.
	LoggingSteps     int  `yaml:"logging_steps"`
	LoggingFirstStep bool `yaml:"logging_first_step"`

	EvalStrategy   Strategy `yaml:"eval_strategy"`
	EvalSteps      int      `yaml:"eval_steps"`
	SaveStrategy   Strategy `yaml:"save_strategy"`
	SaveSteps      int      `yaml:"save_steps"`
	SaveTotalLimit int      `yaml:"save_total_limit"`

	// LoadBestModelAtEnd keeps the checkpoint with the best MetricForBestModel
	// and ends with its weights.
	LoadBestModelAtEnd bool   `yaml:"load_best_model_at_end"`
	MetricForBestModel string `yaml:"metric_for_best_model"`
	// EarlyStoppingPatience stops after this many evaluations without an
	// improvement of more than EarlyStoppingThreshold; 0 never does.
	EarlyStoppingPatience  int     `yaml:"early_stopping_patience"`
	EarlyStoppingThreshold float64 `yaml:"early_stopping_threshold"`

	// Adversary disturbs the passes of training; without a name it does not.
	Adversary adversary.Config `yaml:",inline"`
}

// DefaultConfig returns Hugging Face's defaults.
func DefaultConfig() Config {
	return Config{
		NumTrainEpochs: 3, MaxSteps: -1, GradientAccumulationSteps: 1,
		LearningRate: 5e-5, Optim: "adamw", AdamBeta1: 0.9, AdamBeta2: 0.999, AdamEpsilon: 1e-8,
		MaxGradNorm: 1, LRSchedulerType: "linear", Seed: 42,
		LoggingSteps: 500, EvalStrategy: Never, EvalSteps: 500,
		SaveStrategy: EverySome, SaveSteps: 500, MetricForBestModel: "loss",
	}
}

// Validate returns all faults of the configuration at once, each naming its
// option.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("ortrain: "+format+": %w", append(args, ErrConfig)...))
		}
	}
	check(c.MaxSteps > 0 || c.NumTrainEpochs > 0, "num_train_epochs is %g and max_steps %d; one must be positive", c.NumTrainEpochs, c.MaxSteps)
	check(c.GradientAccumulationSteps >= 1, "gradient_accumulation_steps is %d; at least 1 is needed", c.GradientAccumulationSteps)
	check(c.LearningRate >= 0, "learning_rate is %g; it must not be negative", c.LearningRate)
	check(c.WeightDecay >= 0, "weight_decay is %g; it must not be negative", c.WeightDecay)
	check(c.AdamBeta1 >= 0 && c.AdamBeta1 < 1, "adam_beta1 is %g; it must lie in [0, 1)", c.AdamBeta1)
	check(c.AdamBeta2 >= 0 && c.AdamBeta2 < 1, "adam_beta2 is %g; it must lie in [0, 1)", c.AdamBeta2)
	check(c.AdamEpsilon > 0, "adam_epsilon is %g; it must be positive", c.AdamEpsilon)
	check(c.MaxGradNorm >= 0, "max_grad_norm is %g; 0 switches clipping off, negative means nothing", c.MaxGradNorm)
	check(c.WarmupRatio >= 0 && c.WarmupRatio <= 1, "warmup_ratio is %g; it must lie in [0, 1]", c.WarmupRatio)
	check(c.WarmupSteps >= 0, "warmup_steps is %d; it must not be negative", c.WarmupSteps)
	check(c.LoggingSteps >= 1, "logging_steps is %d; at least 1 is needed", c.LoggingSteps)
	for name, s := range map[string]Strategy{"eval_strategy": c.EvalStrategy, "save_strategy": c.SaveStrategy} {
		check(slices.Contains([]Strategy{Never, EverySome, EachEpoch}, s), "%s is %q; no, steps or epoch is expected", name, s)
	}
	check(c.EvalStrategy != EverySome || c.EvalSteps >= 1, "eval_steps is %d; at least 1 is needed", c.EvalSteps)
	check(c.SaveStrategy != EverySome || c.SaveSteps >= 1, "save_steps is %d; at least 1 is needed", c.SaveSteps)
	faults = append(faults, c.validateBest()...)
	if err := c.Adversary.Validate(); err != nil {
		faults = append(faults, fmt.Errorf("%w: %w", err, ErrConfig))
	}
	return errors.Join(faults...)
}

// validateBest checks what keeping the best checkpoint needs.
func (c Config) validateBest() []error {
	if !c.LoadBestModelAtEnd && c.EarlyStoppingPatience == 0 {
		return nil
	}
	var faults []error
	if c.EvalStrategy == Never {
		faults = append(faults, fmt.Errorf("ortrain: load_best_model_at_end and early stopping compare evaluations, but eval_strategy is no; use steps or epoch: %w", ErrConfig))
	}
	aligned := c.EvalStrategy == c.SaveStrategy &&
		(c.EvalStrategy != EverySome || c.EvalSteps > 0 && c.SaveSteps%c.EvalSteps == 0)
	if c.LoadBestModelAtEnd && c.EvalStrategy != Never && !aligned {
		faults = append(faults, fmt.Errorf("ortrain: load_best_model_at_end saves what it evaluates: save_strategy must equal eval_strategy (%s) and save_steps be a multiple of eval_steps: %w", c.EvalStrategy, ErrConfig))
	}
	return faults
}

// greaterIsBetter reports whether a higher value of a metric is an
// improvement: of everything but losses.
func greaterIsBetter(metric string) bool { return !strings.HasSuffix(metric, "loss") }

// metric is the name of the metric that decides what is best, without the
// prefix that Hugging Face allows.
func (c Config) metric() string { return strings.TrimPrefix(c.MetricForBestModel, "eval_") }

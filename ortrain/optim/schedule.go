package optim

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// Schedule is the learning rate as a pure function of the number of steps
// already done. The formulas and names are Hugging Face's
// (transformers.optimization, lr_scheduler_type); linear is also ONNX Runtime's
// LinearLRScheduler.
type Schedule struct {
	// Kind is one of ScheduleKinds.
	Kind string
	// LR is the peak learning rate.
	LR float64
	// Warmup is the number of steps over which the rate rises from 0 to LR;
	// Total is the number of steps of the whole run.
	Warmup, Total int64
	// Cycles is the number of cosine waves (0 means ½ for cosine) or restarts
	// (0 means 1 for cosine_with_restarts).
	Cycles float64
	// Power and EndLR shape polynomial; 0 means 1 and 1e-7.
	Power, EndLR float64
}

// DefaultSchedule is the schedule that Hugging Face's Trainer uses: linear from
// 5e-5 to 0 over total steps, without warm-up.
func DefaultSchedule(total int64) Schedule { return Schedule{Kind: "linear", LR: 5e-5, Total: total} }

// formulas give the factor for a step after warm-up; see Schedule.progress.
var formulas = map[string]func(s Schedule, step int64) float64{
	"constant":             func(Schedule, int64) float64 { return 1 },
	"constant_with_warmup": func(Schedule, int64) float64 { return 1 },
	"linear": func(s Schedule, step int64) float64 {
		return max(0, float64(s.Total-step)/s.decaySteps())
	},
	"cosine": func(s Schedule, step int64) float64 {
		return max(0, 0.5*(1+math.Cos(2*math.Pi*orElse(s.Cycles, 0.5)*s.progress(step))))
	},
	"cosine_with_restarts": func(s Schedule, step int64) float64 {
		p := s.progress(step)
		if p >= 1 {
			return 0
		}
		return max(0, 0.5*(1+math.Cos(math.Pi*math.Mod(orElse(s.Cycles, 1)*p, 1))))
	},
	"polynomial": func(s Schedule, step int64) float64 {
		end := orElse(s.EndLR, 1e-7)
		if step > s.Total {
			return end / s.LR
		}
		return ((s.LR-end)*math.Pow(1-s.progress(step), orElse(s.Power, 1)) + end) / s.LR
	},
}

// decaySteps is the number of steps after warm-up, at least 1.
func (s Schedule) decaySteps() float64 { return float64(max(1, s.Total-s.Warmup)) }

// progress is the part of the steps after warm-up that is done.
func (s Schedule) progress(step int64) float64 { return float64(step-s.Warmup) / s.decaySteps() }

func orElse(x, otherwise float64) float64 {
	if x == 0 {
		return otherwise
	}
	return x
}

// ScheduleKinds lists the kinds in alphabetical order.
func ScheduleKinds() []string { return slices.Sorted(maps.Keys(formulas)) }

// Validate refuses an unknown kind and numbers that give no learning rate.
// Errors wrap ErrConfig.
func (s Schedule) Validate() error {
	if formulas[s.Kind] == nil {
		return fmt.Errorf("optim: schedule %q; one of %v was expected: %w", s.Kind, ScheduleKinds(), ErrConfig)
	}
	if !(s.LR > 0) || math.IsInf(s.LR, 0) || s.Warmup < 0 || s.Total < 0 {
		return fmt.Errorf("optim: schedule with learning rate %v, %d warm-up steps of %d; a positive finite rate and no negative steps were expected: %w",
			s.LR, s.Warmup, s.Total, ErrConfig)
	}
	if !(s.Cycles >= 0) || !(s.Power >= 0) || !(s.EndLR >= 0) || s.Kind == "polynomial" && orElse(s.EndLR, 1e-7) >= s.LR {
		return fmt.Errorf("optim: schedule with %v cycles, power %v, end rate %v; none may be negative and the end must lie below %v: %w",
			s.Cycles, s.Power, s.EndLR, s.LR, ErrConfig)
	}
	return nil
}

// At is the learning rate of the step that follows step finished ones, so the
// first step uses At(0). An invalid Schedule gives NaN.
func (s Schedule) At(step int64) float64 {
	formula := formulas[s.Kind]
	if formula == nil {
		return math.NaN()
	}
	if s.Kind != "constant" && step < s.Warmup {
		return s.LR * (float64(step) / float64(max(1, s.Warmup)))
	}
	return s.LR * formula(s, step)
}

// WarmupSteps is the number of warm-up steps that flags ask for: steps when
// positive, else ⌈ratio·total⌉.
func WarmupSteps(steps int64, ratio float64, total int64) int64 {
	if steps > 0 {
		return steps
	}
	return int64(math.Ceil(ratio * float64(total)))
}

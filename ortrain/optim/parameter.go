package optim

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Sentinels of this package.
var (
	ErrConfig    = errors.New("impossible optimizer setting")
	ErrGradient  = errors.New("gradient does not fit its parameter")
	ErrNotFinite = errors.New("gradient is not finite")
	ErrState     = errors.New("state does not fit the parameters")
)

// Parameter is one weight array. The optimizer writes Data in place, so it
// usually is the C memory that the sessions read.
type Parameter struct {
	Name  string
	Data  []float32
	Shape []int64

	// Trainable is false for frozen weights: they get no state and no update,
	// and their place in Gradients is ignored.
	Trainable bool
	// Rows says that the gradient may come as rows: Shape is [V,H] and the
	// parameter is gathered from.
	Rows bool
	// Lazy leaves out rows that no gradient has touched yet. Whoever reads
	// Data calls Settle for the rows it reads, or SettleAll, before. Needs Rows.
	Lazy bool
}

// Rates are a parameter's own share of the step's numbers.
type Rates struct {
	WeightDecay float64 // λ
	LRScale     float64 // multiplies the step's learning rate; 1 is neutral
}

// Rule gives every parameter name its Rates.
type Rule func(name string) Rates

// NoDecay reports whether Hugging Face's Trainer leaves a parameter out of
// weight decay: its name ends in "bias", or contains "norm" in any case.
func NoDecay(name string) bool {
	return strings.HasSuffix(name, "bias") || strings.Contains(strings.ToLower(name), "norm")
}

// Decay is the usual Rule: weight decay on all but NoDecay's names, one
// learning rate.
func Decay(weightDecay float64) Rule {
	return func(name string) Rates {
		if NoDecay(name) {
			return Rates{LRScale: 1}
		}
		return Rates{WeightDecay: weightDecay, LRScale: 1}
	}
}

// check refuses a parameter that contradicts itself.
func (p *Parameter) check() error {
	n := int64(1)
	for _, d := range p.Shape {
		if d < 0 || (d > 0 && n > math.MaxInt64/d) {
			return fmt.Errorf("optim: parameter %s has shape %v: %w", p.Name, p.Shape, ErrConfig)
		}
		n *= d
	}
	if n != int64(len(p.Data)) {
		return fmt.Errorf("optim: parameter %s of shape %v has %d numbers; %d were expected: %w", p.Name, p.Shape, len(p.Data), n, ErrConfig)
	}
	if p.Rows && (len(p.Shape) != 2 || p.Shape[0] > math.MaxInt32 || p.Shape[1] < 1) {
		return fmt.Errorf("optim: parameter %s takes row gradients but has shape %v; a table [V,H] was expected: %w", p.Name, p.Shape, ErrConfig)
	}
	if p.Lazy && !p.Rows {
		return fmt.Errorf("optim: parameter %s is lazy without row gradients; set Rows too: %w", p.Name, ErrConfig)
	}
	return nil
}

func (r Rates) check(name string) error {
	if !(r.WeightDecay >= 0) || math.IsInf(r.WeightDecay, 0) || !(r.LRScale >= 0) || math.IsInf(r.LRScale, 0) {
		return fmt.Errorf("optim: parameter %s has weight decay %v and learning-rate factor %v; both must be finite and not negative: %w",
			name, r.WeightDecay, r.LRScale, ErrConfig)
	}
	return nil
}

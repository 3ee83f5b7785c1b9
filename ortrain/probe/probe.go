// Package probe fits a linear classifier on fixed vectors: what a frozen encoder
// gives without fine-tuning, the figure that fine-tuning has to beat.
//
// Nouns: a Probe is multinomial logistic regression over standardised features.
// Path: Fit on vectors and classes → Probabilities of further vectors.
//
// The loss is the mean cross-entropy with an L2 penalty, minimised by Adam
// (Kingma and Ba 2015) over shuffled mini-batches with a rate that falls
// linearly. Equal arguments give equal probes.
//
// Errors wrap ErrData. A Probe is immutable and may be shared.
package probe

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/ortrain/ortrain/pipeline/random"
)

// ErrData is wrapped by errors about vectors and classes that do not fit.
var ErrData = errors.New("cannot be fitted")

// Options say how to fit.
type Options struct {
	Epochs, BatchSize int
	LearningRate      float64
	// L2 is the weight of half the squared norm of the weights, the bias aside.
	L2   float64
	Seed uint64
}

// DefaultOptions fits sentence vectors of some hundred dimensions well.
func DefaultOptions() Options {
	return Options{Epochs: 30, BatchSize: 128, LearningRate: 0.01, L2: 1e-4, Seed: 42}
}

// Vectors are rows of equal width, end to end.
type Vectors struct {
	Width  int
	Values []float32
}

// Len returns the number of rows.
func (v Vectors) Len() int {
	if v.Width == 0 {
		return 0
	}
	return len(v.Values) / v.Width
}

// Row returns row i.
func (v Vectors) Row(i int) []float32 { return v.Values[i*v.Width : (i+1)*v.Width] }

// Probe is a fitted classifier.
type Probe struct {
	classes int
	mean    []float32
	scale   []float32
	weights []float32 // [C, H+1], the bias last
}

// Fit fits classes 0 … classes−1 to vectors, one for each.
func Fit(ctx context.Context, x Vectors, y []int, classes int, o Options) (*Probe, error) {
	if x.Len() == 0 || x.Len() != len(y) || len(x.Values)%x.Width != 0 || classes < 2 {
		return nil, fmt.Errorf("probe: %d vectors of width %d for %d labels in %d classes: %w", x.Len(), x.Width, len(y), classes, ErrData)
	}
	for i, c := range y {
		if c < 0 || c >= classes {
			return nil, fmt.Errorf("probe: row %d has class %d; there are %d: %w", i, c, classes, ErrData)
		}
	}
	if o.Epochs < 1 || o.BatchSize < 1 || !(o.LearningRate > 0) || !(o.L2 >= 0) {
		return nil, fmt.Errorf("probe: options %+v; positive sizes are needed: %w", o, ErrData)
	}
	p := &Probe{classes: classes, weights: make([]float32, classes*(x.Width+1))}
	p.mean, p.scale = moments(x)
	if err := p.train(ctx, x, y, o); err != nil {
		return nil, err
	}
	return p, nil
}

// moments returns the mean of every feature and one over its standard
// deviation; a feature that never changes counts as 0.
func moments(x Vectors) (mean, scale []float32) {
	n := float64(x.Len())
	sum, square := make([]float64, x.Width), make([]float64, x.Width)
	for i := range x.Len() {
		for k, v := range x.Row(i) {
			sum[k] += float64(v)
			square[k] += float64(v) * float64(v)
		}
	}
	mean, scale = make([]float32, x.Width), make([]float32, x.Width)
	for k := range mean {
		m := sum[k] / n
		mean[k] = float32(m)
		if variance := square[k]/n - m*m; variance > 1e-12 {
			scale[k] = float32(1 / math.Sqrt(variance))
		}
	}
	return mean, scale
}

// standardised writes a row with its bias feature to dst, of width H+1.
func (p *Probe) standardised(dst, row []float32) {
	for k, v := range row {
		dst[k] = (v - p.mean[k]) * p.scale[k]
	}
	dst[len(row)] = 1
}

func (p *Probe) train(ctx context.Context, x Vectors, y []int, o Options) error {
	const beta1, beta2, epsilon = 0.9, 0.999, 1e-8
	n, size := x.Len(), len(p.weights)
	grad, m, v := make([]float32, size), make([]float32, size), make([]float32, size)
	row, prob := make([]float32, x.Width+1), make([]float32, p.classes)
	batches := (n + o.BatchSize - 1) / o.BatchSize
	step, total := 0, o.Epochs*batches
	for epoch := range o.Epochs {
		order := random.New(o.Seed, random.Order, uint32(epoch), 0, 0).Perm(n)
		for at := 0; at < n; at += o.BatchSize {
			if err := ctx.Err(); err != nil {
				return err
			}
			batch := order[at:min(at+o.BatchSize, n)]
			clear(grad)
			for _, i := range batch {
				p.standardised(row, x.Row(i))
				p.softmax(prob, row)
				prob[y[i]]--
				for c, d := range prob {
					axpy(grad[c*len(row):(c+1)*len(row)], d/float32(len(batch)), row)
				}
			}
			step++
			rate := o.LearningRate * float64(total-step+1) / float64(total)
			rate *= math.Sqrt(1-math.Pow(beta2, float64(step))) / (1 - math.Pow(beta1, float64(step)))
			for k, g := range grad {
				if k%len(row) != x.Width {
					g += float32(o.L2) * p.weights[k]
				}
				m[k] += (1 - beta1) * (g - m[k])
				v[k] += (1 - beta2) * (g*g - v[k])
				p.weights[k] -= float32(rate * float64(m[k]) / (math.Sqrt(float64(v[k])) + epsilon))
			}
		}
	}
	return nil
}

// softmax writes the probabilities of the classes for a standardised row.
func (p *Probe) softmax(dst, row []float32) {
	top := float32(math.Inf(-1))
	for c := range dst {
		dst[c] = dot(p.weights[c*len(row):(c+1)*len(row)], row)
		top = max(top, dst[c])
	}
	sum := 0.0
	for c, z := range dst {
		e := math.Exp(float64(z - top))
		dst[c] = float32(e)
		sum += e
	}
	for c := range dst {
		dst[c] = float32(float64(dst[c]) / sum)
	}
}

// Probabilities returns those of the classes for one vector, of the width that
// the probe was fitted on.
func (p *Probe) Probabilities(vector []float32) ([]float32, error) {
	if len(vector) != len(p.mean) {
		return nil, fmt.Errorf("probe: a vector of width %d; the probe was fitted on %d: %w", len(vector), len(p.mean), ErrData)
	}
	row, out := make([]float32, len(vector)+1), make([]float32, p.classes)
	p.standardised(row, vector)
	p.softmax(out, row)
	return out, nil
}

// dot keeps four sums, which the processor adds side by side.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a) && i+4 <= len(b); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}

// axpy adds c·x to y.
func axpy(y []float32, c float32, x []float32) {
	if c == 0 {
		return
	}
	for i, v := range x {
		y[i] += c * v
	}
}

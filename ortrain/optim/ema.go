package optim

import (
	"errors"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/native"
)

// EMA is an exponential moving average of the trainable weights: after step t
// s = d·s + (1−d)·w, with d = min(Decay, (1+t)/(10+t)) so that it follows quickly
// at first. Close releases it.
type EMA struct {
	kernels native.Kernels
	decay   float64
	pairs   []native.Pair // average, weights
	buffers []*native.Buffer
}

// NewEMA starts an average at the parameters' present (settled) values. decay
// lies in [0, 1); .999 to .9999 are usual. Errors wrap ErrConfig or
// native.ErrMemory.
func NewEMA(k native.Kernels, params []Parameter, decay float64) (*EMA, error) {
	if !(decay >= 0 && decay < 1) {
		return nil, fmt.Errorf("optim: average with decay %v; it must lie in [0, 1): %w", decay, ErrConfig)
	}
	e := &EMA{kernels: k, decay: decay}
	for _, p := range params {
		if !p.Trainable {
			continue
		}
		b, err := native.AllocFloat32s(len(p.Data))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("optim: average of %s: %w", p.Name, err), e.Close())
		}
		e.buffers = append(e.buffers, b)
		e.pairs = append(e.pairs, native.Pair{Dst: b.Float32s(), Src: p.Data})
	}
	return e, k.Copy(e.pairs...)
}

// Update takes in the weights after step (the first is 1). Lazy tables must be
// settled.
func (e *EMA) Update(step int64) error {
	t := float64(step)
	return e.kernels.Lerp(float32(1-min(e.decay, (1+t)/(10+t))), e.pairs...)
}

// Swap exchanges average and weights: once before evaluation or export, once
// more to go on training.
func (e *EMA) Swap() error { return e.kernels.Swap(e.pairs...) }

// Close releases the average. Further calls do nothing.
func (e *EMA) Close() error {
	var faults []error
	for _, b := range e.buffers {
		faults = append(faults, b.Close())
	}
	e.buffers, e.pairs = nil, nil
	return errors.Join(faults...)
}

package optim

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/native"
)

// Gradient is the gradient of one parameter: Dense of the parameter's size, or
// for a parameter with Rows any number of row parts in the order of their
// micro-batches, or both. A table without either had no row in the batch.
type Gradient struct {
	Dense []float32
	Rows  []native.RowPart
}

// Gradients holds one Gradient per parameter, in the order given to New.
type Gradients []Gradient

// Accumulator sums the gradients of several micro-batches in the order in which
// they are added. A step of a single micro-batch needs none: its gradients go to
// Step as they are. Close releases its memory.
type Accumulator struct {
	kernels native.Kernels
	sums    []sum
	count   int
}

// sum is one parameter's accumulated gradient. Row parts are kept one by one,
// because Step adds rows in the order of their occurrence.
type sum struct {
	dense *native.Buffer
	has   bool
	rows  []rowPart
	used  int
}

type rowPart struct {
	index  []int64
	buffer *native.Buffer
	n      int
}

// NewAccumulator returns an empty accumulator.
func NewAccumulator(k native.Kernels) *Accumulator { return &Accumulator{kernels: k} }

// Count is the number of micro-batches added since the last Reset.
func (a *Accumulator) Count() int { return a.count }

// Add adds one micro-batch's gradients, which it copies. Errors wrap
// ErrGradient when their shapes differ from those of the micro-batch before, or
// native.ErrMemory; the accumulator must then be Reset.
func (a *Accumulator) Add(grads Gradients) error {
	if a.sums == nil {
		a.sums = make([]sum, len(grads))
	}
	if len(grads) != len(a.sums) {
		return fmt.Errorf("optim: accumulate %d gradients after %d: %w", len(grads), len(a.sums), ErrGradient)
	}
	var first, later []native.Pair
	for i, g := range grads {
		s := &a.sums[i]
		for _, p := range g.Rows {
			if err := s.keep(a.kernels, p); err != nil {
				return err
			}
		}
		if g.Dense == nil {
			continue
		}
		if err := s.reserve(len(g.Dense)); err != nil {
			return fmt.Errorf("optim: accumulate gradient %d: %w", i, err)
		}
		pair := native.Pair{Dst: s.dense.Float32s(), Src: g.Dense}
		if s.has {
			later = append(later, pair)
		} else {
			first, s.has = append(first, pair), true
		}
	}
	a.count++
	return errors.Join(a.kernels.Copy(first...), a.kernels.Add(later...))
}

// reserve makes room for the dense sum.
func (s *sum) reserve(n int) error {
	if s.dense == nil {
		var err error
		s.dense, err = native.AllocFloat32s(n)
		return err
	}
	if have := len(s.dense.Float32s()); have != n {
		return fmt.Errorf("%d numbers after %d: %w", n, have, ErrGradient)
	}
	return nil
}

// keep copies a row part into memory that later steps use again.
func (s *sum) keep(k native.Kernels, p native.RowPart) error {
	if s.used == len(s.rows) {
		s.rows = append(s.rows, rowPart{})
	}
	r := &s.rows[s.used]
	if r.buffer == nil || len(r.buffer.Float32s()) < len(p.Rows) {
		b, err := native.AllocFloat32s(len(p.Rows))
		if err != nil {
			return err
		}
		if r.buffer != nil {
			err = r.buffer.Close()
		}
		r.buffer = b
		if err != nil {
			return err
		}
	}
	s.used++
	r.n = len(p.Rows)
	r.index = append(slices.Grow(r.index[:0], len(p.Index)), p.Index...)
	return k.Copy(native.Pair{Dst: r.buffer.Float32s()[:r.n], Src: p.Rows})
}

// Gradients is the sum so far. It is valid until the next Add, Reset or Close.
func (a *Accumulator) Gradients() Gradients {
	grads := make(Gradients, len(a.sums))
	for i, s := range a.sums {
		if s.has {
			grads[i].Dense = s.dense.Float32s()
		}
		for _, r := range s.rows[:s.used] {
			grads[i].Rows = append(grads[i].Rows, native.RowPart{Index: r.index, Rows: r.buffer.Float32s()[:r.n]})
		}
	}
	return grads
}

// Reset empties the accumulator and keeps its memory.
func (a *Accumulator) Reset() {
	for i := range a.sums {
		a.sums[i].has, a.sums[i].used = false, 0
	}
	a.count = 0
}

// Close releases the memory. Further calls do nothing.
func (a *Accumulator) Close() error {
	var faults []error
	for _, s := range a.sums {
		if s.dense != nil {
			faults = append(faults, s.dense.Close())
		}
		for _, r := range s.rows {
			faults = append(faults, r.buffer.Close())
		}
	}
	a.sums, a.count = nil, 0
	return errors.Join(faults...)
}

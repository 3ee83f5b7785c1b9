package ortrain

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/optim"
)

// Shift implements adversary.Passes. What it moves, it keeps as it was: a copy
// of every matrix, and of the rows of tables that the micro-batch looked up.
func (p *passes) Shift(_ context.Context, seed float64, move func(w, g []float32, wNorm, gNorm float64)) (func() error, error) {
	n := p.net
	if n.ran == nil || seed == 0 {
		return func() error { return nil }, nil
	}
	// Norms are of whole tables, which must not depend on when rows were settled.
	if err := n.Settle(); err != nil {
		return nil, err
	}
	s := shift{net: n, scale: float32(1 / seed), move: move}
	grads := n.gradients()
	for _, name := range n.order {
		i, ok := n.optimizer.Index(name)
		if !ok || n.frozen[name] || !strings.Contains(name, "weight") || len(n.weights[name].Shape()) < 2 {
			continue
		}
		if err := s.matrix(name, grads[i]); err != nil {
			return nil, fmt.Errorf("ortrain: shifting %q: %w", name, err)
		}
	}
	return s.undo, nil
}

// shift is what Shift moved.
type shift struct {
	net   *Network
	scale float32
	move  func(w, g []float32, wNorm, gNorm float64)
	back  []saved
}

// saved is a stretch of weights as it was.
type saved struct{ live, old []float32 }

// matrix moves one weight matrix.
func (s *shift) matrix(name string, g optim.Gradient) error {
	w := s.net.Weight(name)
	if g.Rows != nil {
		return s.table(w, int(s.net.weights[name].Shape()[1]), g)
	}
	v := make([]float32, len(w))
	for i, x := range g.Dense {
		v[i] = x * s.scale
	}
	s.add(w, v, length2(w), length2(v))
	return nil
}

// table moves the rows that have a gradient.
func (s *shift) table(w []float32, width int, g optim.Gradient) error {
	if g.Dense != nil {
		return fmt.Errorf("a table with a dense gradient cannot be shifted yet by rows: %w", adversary.ErrConfig)
	}
	order, sum := mergeRows(g.Rows, width)
	total := 0.0
	for _, row := range sum {
		for i := range row {
			row[i] *= s.scale
		}
		n := length2(row)
		total += n * n
	}
	wNorm, gNorm := length2(w), math.Sqrt(total)
	for i, id := range order {
		s.add(w[id*int64(width):(id+1)*int64(width)], sum[i], wNorm, gNorm)
	}
	return nil
}

// mergeRows adds up the gradients of equal rows, in order of appearance.
func mergeRows(parts []native.RowPart, width int) (order []int64, sum [][]float32) {
	at := make(map[int64]int)
	for _, part := range parts {
		for k, id := range part.Index {
			i, ok := at[id]
			if !ok {
				i = len(order)
				at[id], order, sum = i, append(order, id), append(sum, make([]float32, width))
			}
			for j, x := range part.Rows[k*width : (k+1)*width] {
				sum[i][j] += x
			}
		}
	}
	return order, sum
}

func (s *shift) add(w, v []float32, wNorm, gNorm float64) {
	s.back = append(s.back, saved{live: w, old: append([]float32{}, w...)})
	s.move(w, v, wNorm, gNorm)
	for i := range w {
		w[i] += v[i]
	}
}

func (s *shift) undo() error {
	pairs := make([]native.Pair, len(s.back))
	for i, b := range s.back {
		pairs[i] = native.Pair{Dst: b.live, Src: b.old}
	}
	return s.net.kernels.Copy(pairs...)
}

func length2(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

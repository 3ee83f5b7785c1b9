package adversary

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/variant"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Delta is a perturbation δ of a micro-batch's embeddings and its gradient.
// Padding does not exist in it. For Where AtMatrix it has a row for each distinct
// token instead of one for each token.
type Delta struct {
	// Value and Grad have the shape [N,H].
	Value, Grad []float32
	// groups are the rows that a norm is taken over, end to end.
	groups []int
	norm   Norm
	scope  Scope
	where  Where
	width  int
	batch  *sample.Batch
	// index gives the row of each token, nil for the token's own.
	index []int
	// ids are the tokens of the rows, for AtMatrix.
	ids []int64
}

// NewDelta returns δ = 0 for a batch.
func NewDelta(b *sample.Batch, width int, c Config) *Delta {
	d := &Delta{norm: c.Norm, scope: c.Scope, where: c.Where, width: width, batch: b}
	rows := b.Tokens()
	if c.Where == AtMatrix {
		d.index = make([]int, rows)
		seen := make(map[int64]int)
		for t, id := range b.IDs {
			row, ok := seen[id]
			if !ok {
				row = len(d.ids)
				seen[id], d.ids = row, append(d.ids, id)
			}
			d.index[t] = row
		}
		rows = len(d.ids)
	}
	d.Value, d.Grad = make([]float32, rows*width), make([]float32, rows*width)
	d.groups = groups(b, rows, c.Scope)
	return d
}

// groups returns the rows at which groups begin, and their end.
func groups(b *sample.Batch, rows int, s Scope) []int {
	switch s {
	case PerExample:
		out := make([]int, len(b.Offsets))
		for i, o := range b.Offsets {
			out[i] = int(o)
		}
		return out
	case PerToken:
		out := make([]int, rows+1)
		for i := range out {
			out[i] = i
		}
		return out
	}
	return []int{0, rows}
}

func (d *Delta) place() variant.Place { return d.where.place() }

// Tokens returns δ for each token, [T,H]; it is read-only.
func (d *Delta) Tokens() []float32 {
	if d.index == nil {
		return d.Value
	}
	out := make([]float32, len(d.index)*d.width)
	for t, row := range d.index {
		copy(out[t*d.width:(t+1)*d.width], d.Value[row*d.width:(row+1)*d.width])
	}
	return out
}

// SetGradient takes the gradient for each token, [T,H], times scale.
func (d *Delta) SetGradient(g []float32, scale float64) {
	c := float32(scale)
	if d.index == nil {
		for i, x := range g {
			d.Grad[i] = x * c
		}
		return
	}
	clear(d.Grad)
	for t, row := range d.index {
		dst := d.Grad[row*d.width : (row+1)*d.width]
		for i, x := range g[t*d.width : (t+1)*d.width] {
			dst[i] += x * c
		}
	}
}

// each calls f with the elements of every group.
func (d *Delta) each(f func(lo, hi int)) {
	for i := range len(d.groups) - 1 {
		f(d.groups[i]*d.width, d.groups[i+1]*d.width)
	}
}

// pick returns δ and its gradient of the marked sequences, which are the batch b. It is not for
// AtMatrix, where sequences share rows.
func (d *Delta) pick(b *sample.Batch, marked []bool) *Delta {
	out := NewDelta(b, d.width, Config{Norm: d.norm, Scope: d.scope, Where: d.where})
	at := 0
	for i, yes := range marked {
		if yes {
			lo, hi := int(d.batch.Offsets[i])*d.width, int(d.batch.Offsets[i+1])*d.width
			copy(out.Grad[at:], d.Grad[lo:hi])
			at += copy(out.Value[at:], d.Value[lo:hi])
		}
	}
	return out
}

// size is the norm of a group.
func (d *Delta) size(x []float32) float64 {
	if d.norm == LInf {
		top := 0.0
		for _, v := range x {
			top = max(top, math.Abs(float64(v)))
		}
		return top
	}
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// Norms returns ‖δ‖ of every group.
func (d *Delta) Norms() []float64 {
	var out []float64
	d.each(func(lo, hi int) { out = append(out, d.size(d.Value[lo:hi])) })
	return out
}

// IDs are the tokens that the rows of an AtMatrix perturbation belong to, nil
// elsewhere.
func (d *Delta) IDs() []int64 { return d.ids }

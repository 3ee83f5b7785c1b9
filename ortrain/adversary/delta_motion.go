package adversary

import (
	"math"

	"github.com/ortrain/ortrain/pipeline/random"
)

// Ascend adds α·g/‖g‖ to every group. A group whose gradient is zero or not
// finite stays. Norms below floor count as floor.
func (d *Delta) Ascend(alpha, floor float64) {
	d.each(func(lo, hi int) {
		n := max(d.size(d.Grad[lo:hi]), floor)
		if !(n > 0) || math.IsInf(n, 0) {
			return
		}
		for i := lo; i < hi; i++ {
			d.Value[i] += float32(alpha * (float64(d.Grad[i]) / n))
		}
	})
}

// AscendSign adds α·sign(g).
func (d *Delta) AscendSign(alpha float64) {
	a := float32(alpha)
	for i, g := range d.Grad {
		switch {
		case g > 0:
			d.Value[i] += a
		case g < 0:
			d.Value[i] -= a
		}
	}
}

// Steepest adds the step of size α along which the loss grows fastest in the
// norm: α·g/‖g‖₂ for l2, α·sign(g) for linf.
func (d *Delta) Steepest(alpha float64) {
	if d.norm == LInf {
		d.AscendSign(alpha)
	} else {
		d.Ascend(alpha, 0)
	}
}

// Project shrinks every group to the ball of radius ε: for l2 by scaling, for
// linf by clamping.
func (d *Delta) Project(epsilon float64) {
	if math.IsInf(epsilon, 1) {
		return
	}
	if d.norm == LInf {
		e := float32(epsilon)
		if float64(e) > epsilon {
			e = math.Nextafter32(e, 0)
		}
		for i, v := range d.Value {
			d.Value[i] = min(max(v, -e), e)
		}
		return
	}
	d.each(func(lo, hi int) { d.shrink(d.Value[lo:hi], epsilon) })
}

// shrink scales x to norm ε at most, float rounding included.
func (d *Delta) shrink(x []float32, epsilon float64) {
	for n := d.size(x); n > epsilon; n = d.size(x) {
		// The last factor is below 1 by more than rounding, so that this ends.
		c := min(epsilon/n, 1-0x1p-23)
		for i := range x {
			x[i] = float32(float64(x[i]) * c)
		}
	}
}

// Scale makes δ c times as large.
func (d *Delta) Scale(c float64) {
	for i := range d.Value {
		d.Value[i] *= float32(c)
	}
}

// Unit replaces every group by src/‖src‖; one whose norm is zero or not finite
// becomes zero. src is Value or Grad.
func (d *Delta) Unit(src []float32) {
	d.each(func(lo, hi int) {
		n := d.size(src[lo:hi])
		if !(n > 0) || math.IsInf(n, 0) {
			clear(d.Value[lo:hi])
			return
		}
		for i := lo; i < hi; i++ {
			d.Value[i] = float32(float64(src[i]) / n)
		}
	})
}

// fill draws every row from a stream that is keyed by the row's example (by
// its token for AtMatrix).
func (d *Delta) fill(seed uint64, step int, draw func(s *random.Stream) float64) {
	if d.where == AtMatrix {
		const tokens = 1 << 63 // apart from all rows
		for row, id := range d.ids {
			s := random.New(seed, random.Perturb, uint32(step), uint64(id)|tokens, 0)
			for i := row * d.width; i < (row+1)*d.width; i++ {
				d.Value[i] = float32(draw(s))
			}
		}
		return
	}
	b := d.batch
	for i := range b.Sequences() {
		s := random.New(seed, random.Perturb, uint32(step), b.Row[i], b.Copy[i])
		for j := int(b.Offsets[i]) * d.width; j < int(b.Offsets[i+1])*d.width; j++ {
			d.Value[j] = float32(draw(s))
		}
	}
}

// ScaleRows multiplies the part of every example by a factor that depends on
// its length in elements; for AtMatrix all of δ is one part.
func (d *Delta) ScaleRows(factor func(elements int) float64) {
	ends := d.batch.Offsets
	if d.where == AtMatrix {
		ends = []int32{0, int32(len(d.ids))}
	}
	for i := range len(ends) - 1 {
		part := d.Value[int(ends[i])*d.width : int(ends[i+1])*d.width]
		c := float32(factor(len(part)))
		for j := range part {
			part[j] *= c
		}
	}
}

// uniform is a draw from [−1, 1).
func uniform(s *random.Stream) float64 { return 2*float64(s.Uint32())*0x1p-32 - 1 }

// normal is a draw from N(0, 1).
func normal(s *random.Stream) float64 { return s.Normal() }

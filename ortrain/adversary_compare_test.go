package ortrain_test

import (
	"fmt"
	"math"

	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// gradients compares those of the weights.
func (f *follower) gradients(update int, count float64) {
	prefix := fmt.Sprintf("%supdate%d.grad.", f.prefix, update)
	largest := 0.0
	got := make(map[string][]float64)
	for _, name := range f.net.Names() {
		got[name] = f.net.StepGradient(name, count)
		for _, x := range got[name] {
			largest = max(largest, math.Abs(x))
		}
	}
	for name, g := range got {
		want := f.want.read(f.t, prefix+name)
		if want == nil {
			continue
		}
		top, d := 1e-3*largest, 0.0
		for i, w := range want {
			top, d = max(top, math.Abs(float64(w))), max(d, math.Abs(g[i]-float64(w)))
		}
		if limit := f.want.limits[prefix+name] * top; d > limit {
			f.t.Errorf("%s%s differs by %.3g; at most %.3g is right", prefix, name, d, limit)
		}
	}
}

// weights compares the final ones.
func (f *follower) weights(name string, want []float32, relative float64) {
	limit, top, d := boundWeights, 0.0, 0.0
	if keyBias(name) {
		limit = boundKeyBias
	}
	for _, w := range want {
		top = max(top, math.Abs(float64(w)))
	}
	limit = max(limit, relative*top)
	for i, x := range f.net.Weight(name) {
		d = max(d, math.Abs(float64(x)-float64(want[i])))
	}
	if d > limit {
		f.t.Errorf("%s differs by %.3g; at most %.3g is right", name, d, limit)
	}
}

// perturbations compares what the passes saw and gave.
func (f *follower) perturbations(rec *recorder, b *sample.Batch) {
	var with []recorded
	for _, s := range rec.steps {
		if s.delta != nil {
			with = append(with, s)
		}
	}
	if len(with) == 0 {
		return
	}
	switch f.c.Method {
	case "yopo":
		f.rounds(with, b)
		return
	case "vat":
		for i := range with { // probes are ξd, the vectors ε·d
			if !with[i].full {
				for k := range with[i].delta {
					with[i].delta[k] *= float32(*f.c.Params.Radius / f.c.Params.Xi)
				}
			}
		}
	default:
		f.compare("start", with[0].delta, b)
	}
	for i, s := range with {
		f.compare(fmt.Sprintf("inner%d.grad", i+1), s.grad, b)
		if i > 0 {
			f.compare(fmt.Sprintf("inner%d.delta", i), s.delta, b)
		}
	}
}

// rounds compares YOPO's.
func (f *follower) rounds(with []recorded, b *sample.Batch) {
	round, inner := 0, 0
	for i, s := range with {
		if !s.inner {
			round, inner = round+1, 0
			if want := f.want.read(f.t, fmt.Sprintf("%sround%d.costate", f.prefix, round)); want != nil {
				width := len(want) / b.Sequences() / b.Longest()
				f.near(fmt.Sprintf("round%d.costate", round), tokens(s.costate, b, width), pack(b, want, width))
			}
			continue
		}
		inner++
		f.compare(fmt.Sprintf("round%d.inner%d.grad", round, inner), s.grad, b)
		f.compare(fmt.Sprintf("round%d.inner%d.delta", round, inner), with[i+1].delta, b)
	}
}

// tokens takes rows out of a rectangle if they lie in one.
func tokens(x []float32, b *sample.Batch, width int) []float32 {
	if len(x) == b.Tokens()*width {
		return x
	}
	return pack(b, x, width)
}

func (f *follower) compare(name string, got []float32, b *sample.Batch) {
	want := f.want.read(f.t, f.prefix+name)
	if want == nil {
		return
	}
	if f.c.Params.Where == "matrix" {
		f.matrix(name, got, want, b)
		return
	}
	width := len(got) / b.Tokens()
	want = pack(b, want, width)
	f.near(name, got, want)
}

// matrix compares rows of distinct tokens with a whole table.
func (f *follower) matrix(name string, got, want []float32, b *sample.Batch) {
	d := adversary.NewDelta(b, 1, adversary.Config{Where: adversary.AtMatrix})
	ids := d.IDs()
	width := len(got) / len(ids)
	var rows []float32
	for _, id := range ids {
		rows = append(rows, want[int(id)*width:(int(id)+1)*width]...)
	}
	f.near(name, got, rows)
}

func (f *follower) near(name string, got, want []float32) {
	top, d := 0.0, 0.0
	for i, w := range want {
		top, d = max(top, math.Abs(float64(w))), max(d, math.Abs(float64(got[i])-float64(w)))
	}
	if limit := f.want.limits[f.prefix+name] * top; d > limit || len(got) != len(want) {
		f.t.Errorf("%s%s (%d of %d numbers) differs by %.3g; at most %.3g is right", f.prefix, name, len(got), len(want), d, limit)
	}
}

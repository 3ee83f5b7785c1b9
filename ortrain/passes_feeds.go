package ortrain

import (
	"fmt"
	"math"

	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/program"
	"github.com/ortrain/ortrain/ortrain/variant"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// rows knows where the tokens of a batch lie in a graph.
type rows struct {
	batch *sample.Batch
	form  program.Form
	width int
	graph *program.Graph
}

// feed adds what a pass needs beside the batch. given is the batch before it
// was changed for the pass.
func (l rows) feed(feeds map[string]program.Feed, given *sample.Batch, pass adversary.Pass) error {
	if pass.Delta != nil {
		feeds[variant.DeltaInput] = l.spread(pass.Delta.Tokens())
	}
	if pass.Targets != nil || pass.Twin != nil {
		feeds[variant.CEWeight] = number(pass.CE)
	}
	if pass.Targets != nil {
		l.targets(feeds, pass.Targets)
	}
	if pass.Twin != nil {
		feeds[variant.TwinWeight] = number(*pass.Twin)
		feeds[variant.Partner] = partners(given.Sequences())
	}
	if pass.Costate != nil {
		feeds[variant.CutGrad] = program.Feed{Dims: pass.Costate.Dims, Float32: pass.Costate.Data}
	}
	if pass.Mix != nil {
		return l.mix(feeds, given, pass.Mix)
	}
	return nil
}

func number(x float64) program.Feed { return program.Feed{Float32: []float32{float32(x)}} }

// partners pairs row i with row i+n.
func partners(n int) program.Feed {
	out := make([]int64, 2*n)
	for i := range out {
		out[i] = int64((i + n) % (2 * n))
	}
	return program.Feed{Dims: []int64{int64(2 * n)}, Int64: out}
}

// targets feeds given distributions, [M,B,C].
func (l rows) targets(feeds map[string]program.Feed, list []adversary.Target) {
	m, b := int64(len(list)), int64(l.batch.Sequences())
	var probs, forward, reverse []float32
	for _, t := range list {
		probs = append(probs, t.LogProbs...)
		forward, reverse = append(forward, float32(t.Forward)), append(reverse, float32(t.Reverse))
	}
	feeds[variant.Targets] = program.Feed{Dims: []int64{m, b, int64(len(list[0].LogProbs)) / b}, Float32: probs}
	feeds[variant.KLWeights] = program.Feed{Dims: []int64{m}, Float32: forward}
	feeds[variant.KLReverse] = program.Feed{Dims: []int64{m}, Float32: reverse}
}

// spread feeds one row per token, [T,H], in the form of the graph; padding is
// zero.
func (l rows) spread(packed []float32) program.Feed {
	width := int64(l.width)
	if l.form == program.Packed {
		return program.Feed{Dims: []int64{int64(l.batch.Tokens()), width}, Float32: packed}
	}
	b, s := l.batch.Sequences(), l.batch.Longest()
	out := make([]float32, b*s*l.width)
	l.each(func(place, token int) {
		copy(out[place*l.width:(place+1)*l.width], packed[token*l.width:(token+1)*l.width])
	})
	const rectangle = 3
	if v := l.graph.Lowered().Model.Graph.Input(variant.DeltaInput); len(v.Type.Shape) == rectangle {
		return program.Feed{Dims: []int64{int64(b), int64(s), width}, Float32: out}
	}
	return program.Feed{Dims: []int64{int64(b * s), width}, Float32: out}
}

// gather takes rows in the form of the graph back to one per token.
func (l rows) gather(x []float32) []float32 {
	if l.form == program.Packed {
		return x
	}
	packed := make([]float32, l.batch.Tokens()*l.width)
	l.each(func(place, token int) {
		copy(packed[token*l.width:(token+1)*l.width], x[place*l.width:(place+1)*l.width])
	})
	return packed
}

// each calls f for every token with its place in the rectangle.
func (l rows) each(f func(place, token int)) {
	s := l.batch.Longest()
	for b := range l.batch.Sequences() {
		first := int(l.batch.Offsets[b])
		for i := range int(l.batch.Offsets[b+1]) - first {
			f(b*s+i, first+i)
		}
	}
}

// lengthened gives every sequence the padding that its mixture needs: up to the
// end of its partner, or of the longest of all where padding tokens take part.
// The pooled value of a sequence needs none.
func lengthened(b *sample.Batch, m *adversary.Mix) *sample.Batch {
	if m.At == variant.Pooled {
		return b
	}
	out := &sample.Batch{Offsets: []int32{0}, Labels: b.Labels, Row: b.Row, Copy: b.Copy, Cursor: b.Cursor}
	for i := range b.Sequences() {
		lo, hi := b.Offsets[i], b.Offsets[i+1]
		out.IDs = append(out.IDs, b.IDs[lo:hi]...)
		out.TypeIDs = append(out.TypeIDs, b.TypeIDs[lo:hi]...)
		out.Positions = append(out.Positions, b.Positions[lo:hi]...)
		end := union(b, m, i)
		if m.Padding == adversary.PadToken {
			end = b.Longest()
		}
		for s := int(hi - lo); s < end; s++ {
			out.IDs, out.TypeIDs, out.Positions = append(out.IDs, 0), append(out.TypeIDs, 0), append(out.Positions, int64(s))
		}
		out.Offsets = append(out.Offsets, int32(len(out.IDs)))
	}
	return out
}

func length(b *sample.Batch, i int) int { return int(b.Offsets[i+1] - b.Offsets[i]) }

// union is the length of sequence i mixed with its partner.
func union(b *sample.Batch, m *adversary.Mix, i int) int {
	return max(length(b, i), length(b, m.Partner[i]))
}

// mix feeds partners and shares of every row, and what attention sees before
// and behind the mixture.
func (l rows) mix(feeds map[string]program.Feed, given *sample.Batch, m *adversary.Mix) error {
	if l.form != program.Packed {
		return fmt.Errorf("ortrain: mixing rows needs the packed form of a graph: %w", ErrConfig)
	}
	var partner []int64
	var own, other []float32
	for i, j := range m.Partner {
		a := m.Own[i]
		if m.At == variant.Pooled {
			partner, own, other = append(partner, int64(j)), append(own, float32(a)), append(other, float32(1-a))
			continue
		}
		for s := range length(l.batch, i) {
			at := int64(l.batch.Offsets[i]) + int64(s) // a place that counts for nothing
			if s < length(l.batch, j) {
				at = int64(l.batch.Offsets[j]) + int64(s)
			}
			x, y := shares(a, m.Padding, s < length(given, i), s < length(given, j))
			partner, own, other = append(partner, at), append(own, x), append(other, y)
		}
	}
	n := int64(len(partner))
	feeds[variant.MixPartner] = program.Feed{Dims: []int64{n}, Int64: partner}
	feeds[variant.MixOwn] = program.Feed{Dims: []int64{n, 1}, Float32: own}
	feeds[variant.MixOther] = program.Feed{Dims: []int64{n, 1}, Float32: other}
	l.see(feeds, given, m)
	return nil
}

// shares are those of a row and its partner at a place that one or both have.
func shares(a float64, p adversary.MixPadding, here, there bool) (own, other float32) {
	b := 1 - a
	if p == adversary.PadToken {
		return float32(a), float32(b)
	}
	if !here {
		a = 0
	}
	if !there {
		b = 0
	}
	if p == adversary.Present && a+b > 0 {
		a, b = a/(a+b), b/(a+b)
	}
	return float32(a), float32(b)
}

// see feeds the attention biases: of the sequences as they are, and of
// mixtures.
func (l rows) see(feeds map[string]program.Feed, given *sample.Batch, m *adversary.Mix) {
	if m.At == variant.Pooled {
		return
	}
	b, s := l.batch.Sequences(), l.batch.Longest()
	bias := func(length func(i int) int) program.Feed {
		out := make([]float32, b*s)
		for i := range b {
			for k := length(i); k < s; k++ {
				out[i*s+k] = -math.MaxFloat32
			}
		}
		return program.Feed{Dims: []int64{int64(b), 1, 1, int64(s)}, Float32: out}
	}
	mixed := bias(func(i int) int { return union(given, m, i) })
	if m.At == variant.Hidden {
		feeds[variant.MixBias] = mixed
		mixed = bias(func(i int) int { return length(given, i) })
	}
	feeds["attention_bias"] = mixed
}

package program

import (
	"fmt"
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Feed is the content of one graph input: exactly one of the slices is set.
type Feed struct {
	Dims    []int64
	Float32 []float32
	Int64   []int64
	Int32   []int32
	Uint8   []uint8
}

// Len returns the number of elements that Dims stands for.
func (f Feed) Len() int64 {
	n := int64(1)
	for _, d := range f.Dims {
		n *= d
	}
	return n
}

// Form is how a graph takes its sequences.
type Form uint8

// The forms of a text graph.
const (
	// Packed graphs take the tokens of all sequences one after another, [T].
	Packed Form = iota
	// Padded graphs take rectangles [B,S].
	Padded
)

// maskedScore is added to attention scores of places that hold no token: the
// smallest finite float, so that a softmax over them stays free of NaN.
const maskedScore = -math.MaxFloat32

// Binder computes the inputs that a text graph asks for from a batch. Its
// buffers are reused: the feeds of one call are valid until the next.
type Binder struct {
	form   Form
	wants  map[string]onnx.DType
	padID  int64
	floats map[string][]float32
	ints   map[string][]int64
	small  map[string][]int32
}

// NewBinder returns a binder for the graph inputs given, of which those it does
// not know are somebody else's to feed. padID fills the padding of a padded
// graph's input_ids.
func NewBinder(inputs []*onnx.Value, padID int64) (*Binder, error) {
	b := &Binder{
		wants: make(map[string]onnx.DType), padID: padID,
		floats: make(map[string][]float32), ints: make(map[string][]int64), small: make(map[string][]int32),
	}
	var ids *onnx.Value
	for _, v := range inputs {
		if _, known := fillers[v.Name]; !known {
			continue
		}
		b.wants[v.Name] = v.Type.DType
		if v.Name == "input_ids" {
			ids = v
		}
	}
	if ids == nil {
		return nil, fmt.Errorf("program: the graph has no input input_ids; it is not a text model")
	}
	switch len(ids.Type.Shape) {
	case 1:
		b.form = Packed
	case 2:
		b.form = Padded
	default:
		return nil, fmt.Errorf("program: input_ids is %v; [T] (packed) or [B,S] (padded) is expected", ids)
	}
	return b, nil
}

// Form returns the form of the graph.
func (b *Binder) Form() Form { return b.form }

// Bind returns the feeds of a batch by input name. Labels that the graph wants
// and the batch lacks are an error.
func (b *Binder) Bind(batch *sample.Batch) (map[string]Feed, error) {
	if err := batch.Check(); err != nil {
		return nil, err
	}
	feeds := make(map[string]Feed, len(b.wants))
	l := layout{Batch: batch, longest: batch.Longest(), form: b.form, padID: b.padID}
	for name, dtype := range b.wants {
		f, err := fillers[name](b, &l, name)
		if err != nil {
			return nil, fmt.Errorf("program: input %q: %w", name, err)
		}
		if dtype == onnx.Int32 && f.Int64 != nil {
			f.Int32, f.Int64 = b.narrow(name, f.Int64), nil
		}
		feeds[name] = f
	}
	return feeds, nil
}

// layout is a batch with the sizes that its inputs are made of.
type layout struct {
	*sample.Batch
	longest int
	form    Form
	padID   int64
}

func (l *layout) b() int64  { return int64(l.Sequences()) }
func (l *layout) s() int64  { return int64(l.longest) }
func (l *layout) t() int64  { return int64(l.Tokens()) }
func (l *layout) bs() int64 { return l.b() * l.s() }

// each calls f for every place of the B×S rectangle with the packed index of
// the token that lies there, -1 for padding.
func (l *layout) each(f func(place, token int)) {
	place := 0
	for b := range l.Sequences() {
		first, length := int(l.Offsets[b]), int(l.Offsets[b+1]-l.Offsets[b])
		for s := range l.longest {
			if s < length {
				f(place, first+s)
			} else {
				f(place, -1)
			}
			place++
		}
	}
}

// int64s returns the zeroed buffer of an input.
func (b *Binder) int64s(name string, n int64) []int64 {
	buf := grow(b.ints[name], n)
	b.ints[name] = buf
	return buf
}

func (b *Binder) float32s(name string, n int64) []float32 {
	buf := grow(b.floats[name], n)
	b.floats[name] = buf
	return buf
}

func (b *Binder) narrow(name string, wide []int64) []int32 {
	buf := grow(b.small[name], int64(len(wide)))
	b.small[name] = buf
	for i, v := range wide {
		buf[i] = int32(v)
	}
	return buf
}

// grow returns n zeroes, in the memory of buf if that suffices.
func grow[T any](buf []T, n int64) []T {
	if int64(cap(buf)) < n {
		return make([]T, n, n+n/2)
	}
	buf = buf[:n]
	clear(buf)
	return buf
}

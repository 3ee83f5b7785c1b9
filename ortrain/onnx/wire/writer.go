package wire

import (
	"bufio"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// writer writes protobuf fields in two passes of the same calls: the first,
// without out, adds up sizes and notes the length of every message in the order
// in which they start; the second writes, and takes the lengths from there. So
// tensor data goes from the model to its destination without a copy.
type writer struct {
	out  *bufio.Writer
	size int64
	lens []int64
	next int

	external map[*onnx.Tensor]*onnx.External
	buf      [2 * 10]byte
}

// head writes a field's tag and a number.
func (w *writer) head(num int, typ protowire.Type, v uint64) {
	b := protowire.AppendTag(w.buf[:0], protowire.Number(num), typ)
	w.raw(protowire.AppendVarint(b, v))
}

// raw writes bytes as they are.
func (w *writer) raw(b []byte) {
	if w.out == nil {
		w.size += int64(len(b))
		return
	}
	_, _ = w.out.Write(b) // the error sticks; Flush returns it
}

// message writes a field whose content body writes.
func (w *writer) message(num int, body func()) {
	if w.out != nil {
		n := w.lens[w.next]
		w.next++
		w.head(num, protowire.BytesType, uint64(n))
		body()
		return
	}
	at, start := len(w.lens), w.size
	w.lens = append(w.lens, 0)
	body()
	w.lens[at] = w.size - start
	w.head(num, protowire.BytesType, uint64(w.lens[at]))
}

// int writes an integer field, zero too.
func (w *writer) int(num int, v int64) { w.head(num, protowire.VarintType, uint64(v)) }

// nonzero writes an integer field unless it is 0.
func (w *writer) nonzero(num int, v int64) {
	if v != 0 {
		w.int(num, v)
	}
}

func (w *writer) float(num int, v float32) {
	b := protowire.AppendTag(w.buf[:0], protowire.Number(num), protowire.Fixed32Type)
	w.raw(protowire.AppendFixed32(b, math.Float32bits(v)))
}

// bytes writes a string field, an empty one too.
func (w *writer) bytes(num int, s string) {
	w.head(num, protowire.BytesType, uint64(len(s)))
	if w.out == nil {
		w.size += int64(len(s))
		return
	}
	_, _ = w.out.WriteString(s)
}

// str writes a string field unless it is empty.
func (w *writer) str(num int, s string) {
	if s != "" {
		w.bytes(num, s)
	}
}

// tensor writes a TensorProto under the given name.
func (w *writer) tensor(t *onnx.Tensor, name string) {
	for _, d := range t.Dims {
		w.int(1, d)
	}
	w.int(2, int64(t.DType))
	e := t.External
	if moved := w.external[t]; moved != nil {
		e = moved
	}
	if e == nil {
		for _, s := range t.Strings {
			w.bytes(6, s)
		}
	}
	w.str(8, name)
	if e == nil && t.DType != onnx.String {
		w.head(9, protowire.BytesType, uint64(len(t.Raw)))
		w.raw(t.Raw)
	}
	w.str(12, t.Doc)
	if e != nil {
		w.pairs(13, externalPairs(e))
		w.int(14, 1)
	}
	w.pairs(16, t.Metadata)
	w.raw(t.Extra)
}

// externalPairs is the inverse of readExternal.
func externalPairs(e *onnx.External) []onnx.Pair {
	pairs := []onnx.Pair{{Key: "location", Value: e.Location}}
	if e.Offset != 0 {
		pairs = append(pairs, onnx.Pair{Key: "offset", Value: strconv.FormatInt(e.Offset, 10)})
	}
	if e.Length >= 0 {
		pairs = append(pairs, onnx.Pair{Key: "length", Value: strconv.FormatInt(e.Length, 10)})
	}
	if e.Checksum != "" {
		pairs = append(pairs, onnx.Pair{Key: "checksum", Value: e.Checksum})
	}
	return append(pairs, e.Other...)
}

func (w *writer) sparse(sp *onnx.SparseTensor, name string) {
	w.message(1, func() { w.tensor(sp.Values, name) })
	w.message(2, func() { w.tensor(sp.Indices, sp.Indices.Name) })
	for _, d := range sp.Dims {
		w.int(3, d)
	}
}

func (w *writer) typ(t onnx.Type) {
	switch t.Kind {
	case onnx.TensorKind:
		w.message(1, func() { w.tensorType(t) })
	case onnx.SequenceKind:
		w.message(4, func() { w.elemType(1, t.Elem) })
	case onnx.MapKind:
		w.message(5, func() {
			w.int(1, int64(t.DType))
			w.elemType(2, t.Elem)
		})
	}
	w.str(6, t.Denotation)
	switch t.Kind {
	case onnx.SparseTensorKind:
		w.message(8, func() { w.tensorType(t) })
	case onnx.OptionalKind:
		w.message(9, func() { w.elemType(1, t.Elem) })
	}
	w.raw(t.Extra)
}

func (w *writer) elemType(num int, elem *onnx.Type) {
	if elem != nil {
		w.message(num, func() { w.typ(*elem) })
	}
}

func (w *writer) tensorType(t onnx.Type) {
	w.nonzero(1, int64(t.DType))
	if t.Shape == nil {
		return
	}
	w.message(2, func() {
		for i, d := range t.Shape {
			w.message(1, func() { w.dim(d, t.DimDenotations, i) })
		}
	})
}

func (w *writer) dim(d onnx.Dim, denotations []string, i int) {
	switch {
	case d.Known():
		w.int(1, d.Size)
	case d.Param != "":
		w.bytes(2, d.Param)
	}
	if i < len(denotations) {
		w.str(3, denotations[i])
	}
}

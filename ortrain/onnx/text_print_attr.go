package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// attrKindNames are the names of attribute kinds in text.
var attrKindNames = [...]string{
	AttrFloat: "float", AttrInt: "int", AttrString: "string", AttrTensor: "tensor", AttrGraph: "graph",
	AttrFloats: "floats", AttrInts: "ints", AttrStrings: "strings", AttrTensors: "tensors", AttrGraphs: "graphs",
	AttrSparseTensor: "sparse_tensor", AttrSparseTensors: "sparse_tensors", AttrType: "type_proto", AttrTypes: "type_protos",
}

// String returns the name of the kind in ONNX text syntax.
func (k AttrKind) String() string {
	if k <= AttrUndefined || int(k) >= len(attrKindNames) {
		return fmt.Sprintf("kind(%d)", int32(k))
	}
	return attrKindNames[k]
}

func (p *printer) attrs(attrs []Attr) {
	if len(attrs) == 0 {
		return
	}
	p.print(" <")
	list(p, attrs, p.attr)
	p.print(">")
}

// attr prints an attribute, with its kind where the value does not tell it.
func (p *printer) attr(a Attr) {
	p.print(identifier(a.Name))
	if a.Ref != "" {
		p.print(": ", a.Kind.String(), " = @", identifier(a.Ref))
		return
	}
	empty := len(a.Floats)+len(a.Ints)+len(a.Strs)+len(a.Tensors)+len(a.Graphs)+len(a.Types)+len(a.Sparse) == 0
	switch a.Kind {
	case AttrFloats, AttrInts, AttrStrings, AttrTensors, AttrGraphs, AttrTypes, AttrSparseTensors:
		if empty {
			p.print(": ", a.Kind.String())
		}
	}
	p.print(" = ")
	p.attrValue(&a)
}

func (p *printer) attrValue(a *Attr) {
	switch a.Kind {
	case AttrTensor, AttrGraph, AttrType, AttrSparseTensor:
		if a.holds()&(1<<a.Kind) == 0 {
			p.print("(missing)")
			return
		}
	}
	switch a.Kind {
	case AttrFloat:
		p.print(floatText(float64(a.Float), 32))
	case AttrInt:
		p.print(strconv.FormatInt(a.Int, 10))
	case AttrString:
		p.print(quote(a.Str))
	case AttrTensor:
		p.tensor(a.Tensor)
	case AttrGraph:
		p.nested(a.Graph)
	case AttrType:
		p.typ(*a.Type)
	case AttrSparseTensor:
		p.sparse(a.Sparse[0], nameOf(a.Sparse[0]))
	default:
		p.print("[")
		p.attrList(a)
		p.print("]")
	}
}

func (p *printer) attrList(a *Attr) {
	switch a.Kind {
	case AttrFloats:
		list(p, a.Floats, func(f float32) { p.print(floatText(float64(f), 32)) })
	case AttrInts:
		list(p, a.Ints, func(v int64) { p.print(strconv.FormatInt(v, 10)) })
	case AttrStrings:
		list(p, a.Strs, func(s string) { p.print(quote(s)) })
	case AttrTensors:
		list(p, a.Tensors, func(t *Tensor) { p.tensor(t) })
	case AttrGraphs:
		list(p, a.Graphs, p.nested)
	case AttrTypes:
		list(p, a.Types, p.typ)
	case AttrSparseTensors:
		list(p, a.Sparse, func(sp *SparseTensor) { p.sparse(sp, nameOf(sp)) })
	}
}

func (p *printer) nested(g *Graph) {
	if g == nil {
		p.print("(missing)")
		return
	}
	p.indent++
	p.graph(g)
	p.indent--
}

// floatText returns the shortest text that reads back as f and looks like a
// float.
func floatText(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(f, 'g', -1, bits)), "+")
	}
	s := strconv.FormatFloat(f, 'g', -1, bits)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

// initializer prints the tensor of v.
func (p *printer) initializer(v *Value) {
	if v == nil || v.Init == nil {
		p.print("(missing)")
		return
	}
	p.tensorType(v.Init.DType, NewShape(v.Init.Dims...))
	p.print(" ", identifier(v.Name), " = ")
	p.data(v.Init)
}

// tensor prints a constant with its type and, if it has one, its name.
func (p *printer) tensor(t *Tensor) {
	if t == nil {
		p.print("(missing)")
		return
	}
	p.tensorType(t.DType, NewShape(t.Dims...))
	if t.Name != "" {
		p.print(" ", identifier(t.Name))
	}
	p.print(" ")
	p.data(t)
}

// nameOf returns the name of a sparse tensor, which is that of its values.
func nameOf(sp *SparseTensor) string {
	if sp == nil || sp.Values == nil {
		return ""
	}
	return sp.Values.Name
}

// sparse prints a sparse constant as {values, indices} after its type.
func (p *printer) sparse(sp *SparseTensor, name string) {
	if sp == nil || sp.Values == nil || sp.Indices == nil {
		p.print("(missing)")
		return
	}
	p.print("sparse_tensor(")
	p.tensorType(sp.Values.DType, NewShape(sp.Dims...))
	p.print(")")
	if name != "" {
		p.print(" ", identifier(name))
	}
	p.print(" = {")
	values := *sp.Values
	values.Name = "" // already printed
	p.tensor(&values)
	p.print(", ")
	p.tensor(sp.Indices)
	p.print("}")
}

// data prints the elements of t, or where they lie.
func (p *printer) data(t *Tensor) {
	if e := t.External; e != nil {
		p.external(e)
		return
	}
	n := t.numbers()
	shown := n
	if p.MaxElements > 0 && n > p.MaxElements {
		shown = p.MaxElements
	}
	p.print("{")
	for i := range shown {
		if i > 0 {
			p.print(", ")
		}
		p.print(t.number(i))
	}
	if shown < n {
		p.print(", ...")
	}
	p.print("}")
}

func (p *printer) external(e *External) {
	pairs := []Pair{{"location", e.Location}, {"offset", strconv.FormatInt(e.Offset, 10)}}
	if e.Length >= 0 {
		pairs = append(pairs, Pair{"length", strconv.FormatInt(e.Length, 10)})
	}
	if e.Checksum != "" {
		pairs = append(pairs, Pair{"checksum", e.Checksum})
	}
	p.pairs(append(pairs, slices.Clone(e.Other)...))
}

// numbers returns how many numbers or strings the text of t has: as many as
// elements, two for each complex one, and no more than the data holds.
func (t *Tensor) numbers() int {
	if t.DType == String {
		return len(t.Strings)
	}
	bits := t.partBits()
	if bits == 0 {
		return 0
	}
	n := len(t.Raw) * 8 / bits
	if bits < 8 { // the last byte may be part empty
		n = int(min(int64(n), t.Len()))
	}
	return n
}

// partBits returns the width of one number of the text.
func (t *Tensor) partBits() int {
	switch t.DType {
	case Complex64, Complex128:
		return t.DType.Bits() / 2
	}
	return t.DType.Bits()
}

// number returns number or string i. Half and smaller floats are shown as their
// bits, as the syntax has it.
func (t *Tensor) number(i int) string {
	le := binary.LittleEndian
	switch t.DType {
	case String:
		return quote(t.Strings[i])
	case Float, Complex64:
		return floatText(float64(math.Float32frombits(le.Uint32(t.Raw[4*i:]))), 32)
	case Double, Complex128:
		return floatText(math.Float64frombits(le.Uint64(t.Raw[8*i:])), 64)
	case Uint64:
		return strconv.FormatUint(le.Uint64(t.Raw[8*i:]), 10)
	case Float16, BFloat16:
		return strconv.Itoa(int(le.Uint16(t.Raw[2*i:])))
	}
	if bits := t.DType.Bits(); bits < 8 {
		v := int(t.Raw[i*bits/8]) >> (i * bits % 8) & (1<<bits - 1)
		if signed := t.DType == Int4 || t.DType == Int2; signed && v >= 1<<(bits-1) {
			v -= 1 << bits
		}
		return strconv.Itoa(v)
	}
	if v, ok := t.intAt(i); ok {
		return strconv.FormatInt(v, 10)
	}
	return strconv.Itoa(int(t.Raw[i])) // the 8-bit floats
}

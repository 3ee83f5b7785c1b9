package onnx

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// listKinds maps the kind of an element to that of a list of such.
var listKinds = map[AttrKind]AttrKind{
	AttrFloat: AttrFloats, AttrInt: AttrInts, AttrString: AttrStrings, AttrTensor: AttrTensors,
	AttrGraph: AttrGraphs, AttrType: AttrTypes, AttrSparseTensor: AttrSparseTensors,
}

func (p *parser) attrs(s *names) []Attr {
	var attrs []Attr
	p.expect("<")
	p.list(">", func() { attrs = append(attrs, p.attr(p.name("an attribute"), s)) })
	return attrs
}

// attr reads an attribute from what follows its name: the kind, which may be
// left out where the value tells it, and the value.
func (p *parser) attr(name string, s *names) Attr {
	a := Attr{Name: name}
	declared := AttrUndefined
	if p.accept(":") {
		kind := p.name("the kind of an attribute")
		declared = AttrKind(max(0, slices.Index(attrKindNames[:], kind)))
		if declared == AttrUndefined {
			p.fail("unknown kind of attribute %q", kind)
		}
	}
	p.expect("=")
	switch {
	case p.accept("@"):
		a.Ref, a.Kind = p.name("an attribute of the function"), declared
		if declared == AttrUndefined {
			p.fail("the reference to %q needs a kind, such as \"%s: int = @%s\"", a.Ref, name, a.Ref)
		}
	case p.accept("["):
		p.attrList(&a, declared, s)
	default:
		p.attrValue(&a, s)
	}
	if declared == AttrFloat && a.Kind == AttrInt {
		a.Kind, a.Float, a.Int = AttrFloat, float32(a.Int), 0
	}
	if declared != AttrUndefined && declared != a.Kind {
		p.fail("attribute %q is declared %s and has the value of %s", name, declared, a.Kind)
	}
	return a
}

// attrList reads a list of values of one kind; integers among floats are
// floats.
func (p *parser) attrList(a *Attr, declared AttrKind, s *names) {
	var values []Attr
	kind := AttrUndefined
	p.list("]", func() {
		var v Attr
		p.attrValue(&v, s)
		switch {
		case kind == AttrUndefined || kind == AttrInt && v.Kind == AttrFloat:
			kind = v.Kind
		case kind == AttrFloat && v.Kind == AttrInt:
		case kind != v.Kind:
			p.fail("a list of %s and %s; one kind is expected", kind, v.Kind)
		}
		values = append(values, v)
	})
	if kind == AttrInt && declared == AttrFloats {
		kind = AttrFloat
	}
	a.Kind = listKinds[kind]
	if len(values) == 0 {
		if a.Kind = declared; declared == AttrUndefined {
			p.fail("an empty list needs a kind, such as \"%s: ints = []\"", a.Name)
		}
	}
	if p.err != nil {
		return // the last value may be half of one
	}
	for i := range values {
		a.add(&values[i], kind)
	}
}

// add appends the single value v to the list a.
func (a *Attr) add(v *Attr, kind AttrKind) {
	switch kind {
	case AttrFloat:
		if v.Kind == AttrInt {
			v.Float = float32(v.Int)
		}
		a.Floats = append(a.Floats, v.Float)
	case AttrInt:
		a.Ints = append(a.Ints, v.Int)
	case AttrString:
		a.Strs = append(a.Strs, v.Str)
	case AttrTensor:
		a.Tensors = append(a.Tensors, v.Tensor)
	case AttrGraph:
		a.Graphs = append(a.Graphs, v.Graph)
	case AttrType:
		a.Types = append(a.Types, *v.Type)
	case AttrSparseTensor:
		a.Sparse = append(a.Sparse, v.Sparse...)
	}
}

// attrValue reads a single value and sets its kind.
func (p *parser) attrValue(a *Attr, s *names) {
	switch text := p.tok.text; p.tok.kind {
	case tokenInt:
		a.Kind, a.Int = AttrInt, p.int()
	case tokenFloat:
		a.Kind, a.Float = AttrFloat, float32(p.float(32))
	case tokenQuoted:
		p.advance()
		if p.at("(") {
			a.Kind, a.Graph = AttrGraph, p.graph(text, s)
		} else {
			a.Kind, a.Str = AttrString, text
		}
	case tokenID:
		switch {
		case isTypeWord(text):
			p.typed(a)
		case isFloatWord(text):
			a.Kind, a.Float = AttrFloat, float32(p.float(32))
		default:
			p.advance()
			a.Kind, a.Graph = AttrGraph, p.graph(text, s)
		}
	default:
		p.fail("%s where the value of an attribute is expected", p.found())
	}
}

// typed reads what starts with a type: a constant or the type itself.
func (p *parser) typed(a *Attr) {
	t := p.typ()
	if !p.isName() && !p.at("=") && !p.at("{") && !p.at("[") {
		a.Kind, a.Type = AttrType, &t
		return
	}
	name := ""
	if p.isName() {
		name = p.name("a tensor")
	}
	p.accept("=")
	if t.Kind == SparseTensorKind {
		a.Kind, a.Sparse = AttrSparseTensor, []*SparseTensor{p.sparse(t, name)}
	} else {
		a.Kind, a.Tensor = AttrTensor, p.tensor(t, name)
	}
}

// float reads a number as a float of the given width.
func (p *parser) float(bits int) float64 {
	v, err := strconv.ParseFloat(p.tok.text, bits)
	word := strings.TrimPrefix(p.tok.text, "-")
	switch {
	case isFloatWord(word) && strings.EqualFold(word, "nan"):
		v, err = math.NaN(), nil
	case p.tok.kind == tokenInt, p.tok.kind == tokenFloat, p.tok.kind == tokenID && isFloatWord(word):
	default:
		p.fail("%s where a number is expected", p.found())
		return 0
	}
	if err != nil {
		p.fail("%s is not a float of %d bits", p.found(), bits)
	}
	p.advance()
	return v
}

// typ reads a type.
func (p *parser) typ() Type {
	defer p.leave()
	if !p.enter() {
		return Type{}
	}
	word := p.name("a type")
	kinds := map[string]TypeKind{"seq": SequenceKind, "optional": OptionalKind, "map": MapKind, "sparse_tensor": SparseTensorKind}
	t := Type{Kind: kinds[word]}
	switch t.Kind {
	case NoType:
		t = TensorOf(p.dtype(word), nil)
		t.Shape = p.shape()
		return t
	case SparseTensorKind:
		p.expect("(")
		t.DType = p.dtype(p.name("an element type"))
		t.Shape = p.shape()
	default:
		p.expect("(")
		if t.Kind == MapKind {
			t.DType = p.dtype(p.name("a key type"))
			p.expect(",")
		}
		if !p.at(")") {
			elem := p.typ()
			t.Elem = &elem
		}
	}
	p.expect(")")
	return t
}

func (p *parser) dtype(name string) DType {
	d, ok := ParseDType(name)
	if !ok && name != Undefined.String() {
		p.fail("unknown element type %q", name)
	}
	return d
}

// shape reads the dimensions of a tensor: none for a scalar, empty brackets for
// an unknown rank.
func (p *parser) shape() Shape {
	s := Shape{}
	if !p.accept("[") {
		return s
	}
	if p.accept("]") {
		return nil
	}
	p.list("]", func() {
		switch {
		case p.accept("?"):
			s = append(s, AnyDim)
		case p.isName():
			s = append(s, Symbol(p.name("a dimension")))
		default:
			n := p.int()
			if n < 0 {
				p.fail("dimension %d; 0 or more, a name or ? is expected", n)
			}
			s = append(s, Fixed(n))
		}
	})
	return s
}

// tensor reads the content of a tensor: elements in braces, or the pairs that
// say where they lie.
func (p *parser) tensor(typ Type, name string) *Tensor {
	t := &Tensor{Name: name, DType: typ.DType, Dims: typ.Shape.Sizes()}
	if p.err == nil && (typ.Kind != TensorKind || !typ.DType.Valid() || !typ.Shape.Known()) {
		p.fail("a constant of type %s; a tensor with known dimensions is expected", typ)
		return t
	}
	if p.at("[") {
		t.External = p.external()
		return t
	}
	p.expect("{")
	count := 0
	p.list("}", func() {
		if p.at(".") {
			p.fail("the tensor was abbreviated when it was printed")
		}
		p.element(t, count)
		count++
	})
	if t.Raw == nil && t.DType != String {
		t.Raw = []byte{}
	}
	size, err := t.Size()
	switch {
	case p.err != nil:
	case err != nil:
		p.fail("%v", err)
	case int64(len(t.Raw)) != size || t.DType == String && int64(count) != t.Len() || t.partBits() < 8 && t.DType != String && int64(count) != t.Len():
		p.fail("%d elements for a tensor of type %s", count, t.Type())
	}
	return t
}

// element appends element i to t.
func (p *parser) element(t *Tensor, i int) {
	switch d := t.DType; d {
	case String:
		t.Strings = append(t.Strings, p.str())
	case Float, Complex64:
		t.Raw = appendBits(t.Raw, uint64(math.Float32bits(float32(p.float(32)))), 4)
	case Double, Complex128:
		t.Raw = appendBits(t.Raw, math.Float64bits(p.float(64)), 8)
	case Uint64:
		v, err := strconv.ParseUint(p.tok.text, 10, 64)
		if p.tok.kind != tokenInt || err != nil {
			p.fail("%s is not an element of uint64", p.found())
			return
		}
		p.advance()
		t.Raw = appendBits(t.Raw, v, 8)
	default:
		bits := d.Bits()
		v := p.int()
		if !inRange(d, bits, v) {
			p.fail("%d is not an element of %s", v, d)
			return
		}
		if bits >= 8 {
			t.Raw = appendBits(t.Raw, uint64(v), bits/8)
			return
		}
		if i*bits%8 == 0 {
			t.Raw = append(t.Raw, 0)
		}
		t.Raw[len(t.Raw)-1] |= byte(v&(1<<bits-1)) << (i * bits % 8)
	}
}

// inRange reports whether v is an element of the integer type d, or the bits of
// a bool or a small float.
func inRange(d DType, bits int, v int64) bool {
	switch d {
	case Int64:
		return true
	case Int2, Int4, Int8, Int16, Int32:
		return v >= -1<<(bits-1) && v < 1<<(bits-1)
	}
	return v >= 0 && v < 1<<bits
}

// appendBits appends the low n bytes of v, little-endian.
func appendBits(raw []byte, v uint64, n int) []byte {
	for range n {
		raw = append(raw, byte(v))
		v >>= 8
	}
	return raw
}

func (p *parser) external() *External {
	e := &External{Length: -1}
	number := func(pair Pair) int64 {
		n, err := strconv.ParseInt(pair.Value, 10, 64)
		if err != nil || n < 0 {
			p.fail("%s %q; a number of bytes is expected", pair.Key, pair.Value)
		}
		return n
	}
	for _, pair := range p.pairs() {
		switch pair.Key {
		case "location":
			e.Location = pair.Value
		case "offset":
			e.Offset = number(pair)
		case "length":
			e.Length = number(pair)
		case "checksum":
			e.Checksum = pair.Value
		default:
			e.Other = append(e.Other, pair)
		}
	}
	return e
}

// sparse reads {values, indices}.
func (p *parser) sparse(typ Type, name string) *SparseTensor {
	sp := &SparseTensor{Dims: typ.Shape.Sizes()}
	p.expect("{")
	sp.Values = p.constantTensor()
	p.expect(",")
	sp.Indices = p.constantTensor()
	p.expect("}")
	sp.Values.Name = name
	return sp
}

func (p *parser) constantTensor() *Tensor {
	t := p.typ()
	name := ""
	if p.isName() {
		name = p.name("a tensor")
	}
	p.accept("=")
	return p.tensor(t, name)
}

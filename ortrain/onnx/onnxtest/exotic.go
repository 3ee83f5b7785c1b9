package onnxtest

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Exotic returns a model that passes Check and uses corners of the
// representation that models in use rarely have: tensors of every element
// type, strange names, omitted operands, subgraphs that read from outside,
// inputs with defaults, functions with references, sparse and external
// tensors, types of every kind. It cannot run. One seed always gives the same
// model.
func Exotic(seed uint64) *onnx.Model {
	b := newBuilder(seed)
	b.m.IRVersion = 10
	b.m.Opsets["com.example"] = 1
	b.m.ProducerName, b.m.Doc = `a "quoted" \ producer`, "two\nlines"
	b.m.ModelVersion = int64(b.IntN(3))
	b.m.Metadata = []onnx.Pair{{Key: "k", Value: ""}, {Key: "", Value: "v"}}
	b.inputs()
	for d := onnx.Float; d.Valid(); d++ {
		b.constant(b.tensor(d, b.dims()))
	}
	b.sparse()
	for range 1 + b.IntN(6) {
		b.strange(0)
	}
	b.function()
	b.outputs()
	b.g.Outputs = append(b.g.Outputs, b.g.Inputs[0])
	return b.m
}

// inputs declares one value of every kind of type, and one with a default.
func (b *builder) inputs() {
	tensor := onnx.TensorOf(onnx.Int64, onnx.Shape{onnx.Symbol("N"), onnx.AnyDim, onnx.Fixed(0), onnx.Symbol("a b/2")})
	of := func(kind onnx.TypeKind, elem onnx.Type) onnx.Type { return onnx.Type{Kind: kind, Elem: &elem} }
	types := []onnx.Type{
		tensor, onnx.TensorOf(onnx.Float, nil), onnx.TensorOf(onnx.Bool, onnx.Shape{}), {},
		of(onnx.SequenceKind, of(onnx.OptionalKind, tensor)),
		{Kind: onnx.MapKind, DType: onnx.String, Elem: &tensor},
		{Kind: onnx.SparseTensorKind, DType: onnx.Double, Shape: onnx.NewShape(3)},
	}
	names := []string{"plain", "float", "with.dot/and:colon", `"`, "0", "nan", "späte"}
	for i, typ := range types {
		v := &onnx.Value{Name: names[i], Type: typ}
		b.g.Inputs = append(b.g.Inputs, v)
		b.have = append(b.have, v)
	}
	w := b.weight(2)
	w.Type.Shape = onnx.Shape{onnx.Symbol("M")}
	b.g.Inputs = append(b.g.Inputs, w)
}

func (b *builder) dims() []int64 {
	dims := make([]int64, b.IntN(4))
	for i := range dims {
		dims[i] = int64(b.IntN(4))
	}
	return dims
}

// tensor returns a tensor of random content that no NaN is in.
func (b *builder) tensor(d onnx.DType, dims []int64) *onnx.Tensor {
	t := &onnx.Tensor{DType: d, Dims: dims, Raw: []byte{}}
	size, _ := t.Size() // small
	switch {
	case d == onnx.String:
		t.Raw = nil
		for i := range t.Len() {
			t.Strings = append(t.Strings, fmt.Sprintf("s\"%d\\", i))
		}
	case d == onnx.Float || d == onnx.Double || d == onnx.Complex64 || d == onnx.Complex128:
		for range size {
			t.Raw = append(t.Raw, byte(b.IntN(64))) // no exponent of all ones
		}
	default:
		for range size {
			t.Raw = append(t.Raw, byte(b.IntN(256)))
		}
		if used := t.Len() * int64(d.Bits()) % 8; used > 0 {
			t.Raw[size-1] &= 1<<used - 1 // the padding of packed types is zero
		}
	}
	return t
}

// constant adds t as an initializer or as a node's attribute.
func (b *builder) constant(t *onnx.Tensor) {
	if b.IntN(2) == 0 {
		t.Name = b.name("attr")
		b.add("", "Constant", onnx.Type{}, nil, onnx.TensorAttr("value", t))
		return
	}
	if b.IntN(4) == 0 && t.DType != onnx.String {
		t.Raw = nil
		t.External = &onnx.External{Location: "folder/weights.bin", Offset: int64(b.IntN(2)), Length: int64(b.IntN(2)) - 1,
			Checksum: "sum", Other: []onnx.Pair{{Key: "key", Value: "value"}}}
	}
	t.Name = b.name("w.")
	v := &onnx.Value{Name: t.Name, Type: t.Type(), Init: t}
	b.g.Initializers = append(b.g.Initializers, v)
	b.have = append(b.have, v)
}

func (b *builder) sparse() {
	sp := b.sparseTensor()
	sp.Values.Name = b.name("sparse")
	v := &onnx.Value{Name: sp.Values.Name, Type: onnx.TensorOf(onnx.Float, onnx.NewShape(9)), Sparse: sp}
	b.g.Sparse = append(b.g.Sparse, v)
	b.have = append(b.have, v)
}

func (b *builder) sparseTensor() *onnx.SparseTensor {
	return &onnx.SparseTensor{
		Values:  onnx.NewTensor([]int64{2}, float32(b.IntN(9)), 2.5),
		Indices: onnx.NewTensor([]int64{2}, int64(1), int64(b.IntN(9))),
		Dims:    []int64{9},
	}
}

// strange adds a node with attributes of every kind and operands left out.
func (b *builder) strange(depth int) {
	sparse := b.sparseTensor()
	typ := onnx.TensorOf(onnx.Float, onnx.NewShape(2))
	attrs := []onnx.Attr{
		onnx.FloatAttr("f", float32(b.IntN(3))/3), onnx.IntAttr("i", -1<<63), onnx.StringAttr("s", "\x00\"\\\n"),
		onnx.IntsAttr("none"), onnx.IntsAttr("ints", 1, -2), onnx.TensorAttr("float", b.tensor(onnx.Int4, []int64{3})),
		{Name: "floats", Kind: onnx.AttrFloats, Floats: []float32{1, 1e-30}},
		{Name: "strings", Kind: onnx.AttrStrings, Strs: []string{"", "x"}},
		{Name: "tensors", Kind: onnx.AttrTensors, Tensors: []*onnx.Tensor{b.tensor(onnx.Bool, nil), b.tensor(onnx.String, []int64{2})}},
		{Name: "type", Kind: onnx.AttrType, Type: &typ}, {Name: "types", Kind: onnx.AttrTypes, Types: []onnx.Type{typ, typ}},
		{Name: "sparse", Kind: onnx.AttrSparseTensor, Sparse: []*onnx.SparseTensor{sparse}},
		{Name: "many sparse", Kind: onnx.AttrSparseTensors, Sparse: []*onnx.SparseTensor{sparse, sparse}},
	}
	b.Shuffle(len(attrs), func(i, j int) { attrs[i], attrs[j] = attrs[j], attrs[i] })
	attrs = attrs[:b.IntN(len(attrs)+1)]
	if depth < 2 && b.IntN(2) == 0 {
		attrs = append(attrs, onnx.Attr{Name: "body", Kind: onnx.AttrGraph, Graph: b.subgraph(depth + 1)})
	}
	if depth < 2 && b.IntN(4) == 0 {
		graphs := []*onnx.Graph{b.subgraph(depth + 1), b.subgraph(depth + 1)}
		attrs = append(attrs, onnx.Attr{Name: "bodies", Kind: onnx.AttrGraphs, Graphs: graphs})
	}
	b.add("com.example", "Strange", onnx.TensorOf(onnx.Float, nil), []*onnx.Value{nil, b.pick(), nil}, attrs...)
	n := b.g.Nodes[len(b.g.Nodes)-1]
	n.Outputs = append(n.Outputs, nil)
}

// subgraph returns a graph that reads values of the one being built.
func (b *builder) subgraph(depth int) *onnx.Graph {
	outer, have := b.g, b.have
	b.g = &onnx.Graph{Name: []string{"sub", "int64", "", "a-b"}[b.IntN(4)]}
	b.weight(1)
	for range 1 + b.IntN(2) {
		b.strange(depth)
	}
	b.outputs()
	if b.IntN(2) == 0 {
		b.g.Outputs = append(b.g.Outputs, have[0]) // straight from outside
	}
	g := b.g
	b.g, b.have = outer, have
	return g
}

// function adds a function whose nodes refer to its attributes.
func (b *builder) function() {
	in := &onnx.Value{Name: "in", Type: onnx.TensorOf(onnx.Float, nil)}
	mid, out := &onnx.Value{Name: "mid"}, &onnx.Value{Name: "out.1", Type: onnx.TensorOf(onnx.Float, onnx.Shape{})}
	f := &onnx.Function{
		Domain: "com.example", Name: "Twice", Doc: "twice", Overload: []string{"", "o1"}[b.IntN(2)],
		Inputs: []*onnx.Value{in}, Outputs: []*onnx.Value{out},
		Attrs: []string{"required"}, Defaults: []onnx.Attr{onnx.IntsAttr("axes", 1), onnx.FloatAttr("alpha", 1)},
		Opsets: onnx.Opsets{onnx.DomainDefault: 17}, Info: []*onnx.Value{out, in},
		Nodes: []*onnx.Node{
			onnx.NewNode("", "LeakyRelu", []*onnx.Value{in}, []*onnx.Value{mid}, onnx.RefAttr("alpha", onnx.AttrFloat, "alpha")),
			onnx.NewNode("", "Add", []*onnx.Value{mid, in}, []*onnx.Value{out}, onnx.RefAttr("x", onnx.AttrInt, "required")),
		},
	}
	b.m.Functions = append(b.m.Functions, f)
}

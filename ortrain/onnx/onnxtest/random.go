package onnxtest

import (
	"fmt"
	"math/rand/v2"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Random returns a small model that any runtime can run: float inputs and
// weights of known sizes, element-wise operators, MatMul, Transpose and
// reductions, opset 17. One seed always gives the same model.
func Random(seed uint64) *onnx.Model {
	b := newBuilder(seed)
	for i := range 1 + b.IntN(3) {
		v := &onnx.Value{Name: fmt.Sprintf("x%d", i), Type: b.floats()}
		b.g.Inputs = append(b.g.Inputs, v)
		b.have = append(b.have, v)
	}
	for range 2 + b.IntN(10) {
		b.step()
	}
	b.outputs()
	return b.m
}

// builder makes graphs of values whose types it knows.
type builder struct {
	*rand.Rand
	m    *onnx.Model
	g    *onnx.Graph
	have []*onnx.Value
	next int
}

func newBuilder(seed uint64) *builder {
	g := &onnx.Graph{Name: "random"}
	m := &onnx.Model{IRVersion: 8, Opsets: onnx.Opsets{onnx.DomainDefault: 17}, Graph: g}
	return &builder{Rand: rand.New(rand.NewPCG(seed, 0x6f6e6e78)), m: m, g: g}
}

// floats returns a matrix type of few elements.
func (b *builder) floats() onnx.Type {
	return onnx.TensorOf(onnx.Float, onnx.NewShape(int64(1+b.IntN(4)), int64(1+b.IntN(4))))
}

func (b *builder) pick() *onnx.Value { return b.have[b.IntN(len(b.have))] }

func (b *builder) name(prefix string) string {
	b.next++
	return fmt.Sprintf("%s%d", prefix, b.next)
}

// add appends a node with one output.
func (b *builder) add(domain, op string, typ onnx.Type, inputs []*onnx.Value, attrs ...onnx.Attr) *onnx.Value {
	out := &onnx.Value{Name: b.name("t"), Type: typ}
	n := onnx.NewNode(domain, op, inputs, []*onnx.Value{out}, attrs...)
	if b.IntN(2) == 0 {
		n.Name = b.name("node")
	}
	b.g.Nodes = append(b.g.Nodes, n)
	b.have = append(b.have, out)
	return out
}

// weight adds an initializer of the given sizes.
func (b *builder) weight(sizes ...int64) *onnx.Value {
	n := int64(1)
	for _, s := range sizes {
		n *= s
	}
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(b.NormFloat64())
	}
	t := onnx.NewTensor(sizes, data...)
	v := &onnx.Value{Name: b.name("w"), Type: t.Type(), Init: t}
	t.Name = v.Name
	b.g.Initializers = append(b.g.Initializers, v)
	return v
}

// step adds one operator.
func (b *builder) step() {
	x := b.pick()
	rows, cols := x.Type.Shape[0].Size, x.Type.Shape[1].Size
	matrix := func(r, c int64) onnx.Type { return onnx.TensorOf(onnx.Float, onnx.NewShape(r, c)) }
	switch b.IntN(5) {
	case 0:
		unary := []string{"Tanh", "Sigmoid", "Relu", "Neg", "Erf", "Identity"}
		b.add("", unary[b.IntN(len(unary))], x.Type, []*onnx.Value{x})
	case 1:
		binary := []string{"Add", "Sub", "Mul"}
		b.add("", binary[b.IntN(len(binary))], x.Type, []*onnx.Value{x, b.weight(cols)})
	case 2:
		n := int64(1 + b.IntN(4))
		b.add("", "MatMul", matrix(rows, n), []*onnx.Value{x, b.weight(cols, n)})
	case 3:
		b.add("", "Transpose", matrix(cols, rows), []*onnx.Value{x}, onnx.IntsAttr("perm", 1, 0))
	case 4:
		b.add("", "ReduceMean", matrix(rows, 1), []*onnx.Value{x}, onnx.IntsAttr("axes", -1), onnx.IntAttr("keepdims", 1))
	}
}

// outputs makes every value that nobody reads an output, and the last one.
func (b *builder) outputs() {
	uses := b.g.Uses()
	last := b.g.Nodes[len(b.g.Nodes)-1]
	for _, n := range b.g.Nodes {
		for _, v := range n.Outputs {
			if v != nil && (len(uses[v]) == 0 || n == last) {
				b.g.Outputs = append(b.g.Outputs, v)
			}
		}
	}
}

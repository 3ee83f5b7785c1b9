package gradtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
	"github.com/ortrain/ortrain/ortrain/ref"
)

// naming says how much a graph declares of its inputs' sizes.
type naming uint8

const (
	sized    naming = iota // every size
	symbolic               // a symbol for every size above 1, the same for equal ones
	unknown                // ranks only, and sizes of 1
)

func (n naming) String() string {
	return [...]string{"sizes declared", "symbols declared", "ranks declared"}[n]
}

// variant is one form of a sample.
type variant struct {
	opset int64
	dims  naming
}

// problem is the forward graph of a sample.
type problem struct {
	sample  *autodiff.Sample
	forward *onnx.Model
	// wanted names the inputs whose gradients are checked, outputs the results
	// that are weighted.
	wanted, outputs []string
}

// built is a sample in a model.
type built struct {
	model   *onnx.Model
	inputs  []*onnx.Value
	outputs []*onnx.Value
	tape    *emit.Tape
}

// build makes the forward graph of a sample.
func build(s *autodiff.Sample, v variant) (*built, error) {
	const ir = 8
	m := &onnx.Model{IRVersion: ir, Graph: &onnx.Graph{Name: "sample"}, Opsets: onnx.Opsets{
		onnx.DomainDefault: v.opset, onnx.DomainMicrosoft: 1, onnx.DomainOrtrain: 1,
	}}
	t := emit.New(m)
	b := &built{model: m, tape: t}
	for i, in := range s.Inputs {
		name := "x" + strconv.Itoa(i)
		if in.Const {
			c, err := content(&in, nil).ONNX()
			if err != nil {
				return nil, err
			}
			b.inputs = append(b.inputs, t.Initializer(name, c))
			continue
		}
		b.inputs = append(b.inputs, t.Input(name, onnx.TensorOf(dtype(&in), declared(in.Sizes, v.dims))))
	}
	for _, y := range s.Make(t, b.inputs) {
		if y.Type.DType.IsFloat() {
			b.outputs = append(b.outputs, y)
		}
	}
	m.Graph.Outputs = append(m.Graph.Outputs, b.outputs...)
	if err := t.Err(); err != nil {
		return nil, err
	}
	return b, m.Check()
}

func newProblem(s *autodiff.Sample, v variant) (*problem, error) {
	b, err := build(s, v)
	if err != nil {
		return nil, err
	}
	p := &problem{sample: s, forward: b.model}
	for i, x := range b.inputs {
		if x.Type.DType.IsFloat() && !s.Inputs[i].Const {
			p.wanted = append(p.wanted, x.Name)
		}
	}
	for _, y := range b.outputs {
		p.outputs = append(p.outputs, y.Name)
	}
	if len(p.wanted) == 0 || len(p.outputs) == 0 {
		return nil, fmt.Errorf("the sample has nothing to differentiate")
	}
	return p, nil
}

// gradient is a model that computes gradients only.
type gradient struct {
	model *onnx.Model
	// names maps inputs to the outputs that are their gradients.
	names map[string]string
}

func newGradient(table autodiff.Table, s *autodiff.Sample, v variant, wanted []string) (*gradient, error) {
	b, err := build(s, v)
	if err != nil {
		return nil, err
	}
	g := b.model.Graph
	opt := autodiff.Options{}
	for _, y := range b.outputs {
		c := b.tape.Input(cotangent(y.Name), y.Type)
		opt.Cotangents = append(opt.Cotangents, autodiff.Cotangent{Value: y, Grad: c})
	}
	for _, name := range wanted {
		opt.Wrt = append(opt.Wrt, g.Input(name))
	}
	res, err := autodiff.Build(b.model, table, opt)
	if err != nil {
		return nil, err
	}
	out := &gradient{model: b.model, names: make(map[string]string)}
	g.Outputs = nil
	for _, x := range opt.Wrt {
		dx := res.Grads[x]
		if dx == nil {
			return nil, fmt.Errorf("there is no gradient of %s", x.Name)
		}
		out.names[x.Name] = dx.Name
		g.Outputs = append(g.Outputs, dx)
	}
	return out, b.model.Check()
}

func cotangent(output string) string { return "d " + output }

func dtype(in *autodiff.Input) onnx.DType {
	switch {
	case in.Bools != nil:
		return onnx.Bool
	case in.Ints == nil:
		return onnx.Float
	case in.DType != onnx.Undefined:
		return in.DType
	}
	return onnx.Int64
}

func declared(sizes []int64, how naming) onnx.Shape {
	shape := onnx.NewShape(sizes...)
	for i, n := range sizes {
		switch {
		case n == 1 || how == sized: // sizes of 1 broadcast, so they are declared
		case how == symbolic:
			shape[i] = onnx.Symbol("n" + strconv.FormatInt(n, 10))
		default:
			shape[i] = onnx.AnyDim
		}
	}
	return shape
}

// content is the tensor of an input; rng is needed for random ones only.
func content(in *autodiff.Input, rng *rand.Rand) *ref.Tensor {
	t := &ref.Tensor{DType: dtype(in), Dims: in.Sizes}
	switch {
	case in.Bools != nil:
		return ref.Bools(in.Sizes, in.Bools...)
	case in.Ints != nil:
		t.I = in.Ints
	case in.Floats != nil:
		t.F = in.Floats
	default:
		return random(rng, in.Sizes, in.Low, in.High, in.Gap)
	}
	return t
}

// draw returns feeds for the forward graph.
func (p *problem) draw(rng *rand.Rand) map[string]*ref.Tensor {
	feeds := make(map[string]*ref.Tensor)
	for i, in := range p.sample.Inputs {
		if !in.Const {
			feeds["x"+strconv.Itoa(i)] = content(&in, rng)
		}
	}
	return feeds
}

// random draws floats in [low, high) whose magnitude is gap at least.
func random(rng *rand.Rand, sizes []int64, low, high, gap float64) *ref.Tensor {
	n := int64(1)
	for _, d := range sizes {
		n *= d
	}
	f := make([]float64, n)
	for i := range f {
		x := low + (high-low)*rng.Float64()
		f[i] = x + math.Copysign(gap, x)
	}
	return ref.Floats(sizes, f...)
}

// moved returns feeds with step·direction added.
func moved(feeds, direction map[string]*ref.Tensor, step float64) map[string]*ref.Tensor {
	out := make(map[string]*ref.Tensor, len(feeds))
	for name, x := range feeds {
		d := direction[name]
		if d == nil {
			out[name] = x
			continue
		}
		f := make([]float64, len(x.F))
		for i := range f {
			f[i] = x.F[i] + step*d.F[i]
		}
		out[name] = ref.Floats(x.Dims, f...)
	}
	return out
}

func dot(a, b *ref.Tensor) float64 {
	sum := 0.0
	for i, x := range a.F {
		sum += x * b.F[i]
	}
	return sum
}

func sameDims(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

package infer_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/infer"
)

// value parses "float[B,S,768]", "int64[2]={1,-1}" or "" (omitted).
func value(t *testing.T, text string) *onnx.Value {
	t.Helper()
	if text == "" {
		return nil
	}
	text, content, constant := strings.Cut(text, "=")
	name, dims, ranked := strings.Cut(strings.TrimSuffix(text, "]"), "[")
	d, ok := onnx.ParseDType(name)
	if !ok {
		t.Fatalf("element type of %q", text)
	}
	v := &onnx.Value{Name: text, Type: onnx.TensorOf(d, nil)}
	if ranked {
		v.Type.Shape = onnx.Shape{}
		for _, s := range strings.FieldsFunc(dims, func(r rune) bool { return r == ',' }) {
			v.Type.Shape = append(v.Type.Shape, dim(s))
		}
	}
	if constant {
		var ints []int64
		for _, s := range strings.FieldsFunc(strings.Trim(content, "{}"), func(r rune) bool { return r == ',' }) {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			ints = append(ints, n)
		}
		v.Init = onnx.NewTensor(v.Type.Shape.Sizes(), ints...)
		v.Type.DType = v.Init.DType
	}
	return v
}

func dim(s string) onnx.Dim {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return onnx.Fixed(n)
	}
	if s == "?" {
		return onnx.AnyDim
	}
	return onnx.Symbol(s)
}

// run infers one node and returns its outputs' types.
func run(t *testing.T, opset int64, domain, op string, inputs []string, outputs int, attrs []onnx.Attr) (string, error) {
	t.Helper()
	var in, out []*onnx.Value
	for _, s := range inputs {
		in = append(in, value(t, s))
	}
	for i := range outputs {
		out = append(out, &onnx.Value{Name: fmt.Sprint("out", i)})
	}
	n := onnx.NewNode(domain, op, in, out, attrs...)
	opsets := onnx.Opsets{"": opset, onnx.DomainMicrosoft: 1, onnx.DomainOrtrain: 1}
	err := infer.New(opsets, nil).Node(n)
	types := make([]string, len(out))
	for i, v := range out {
		types[i] = v.Type.String()
	}
	return strings.Join(types, " "), err
}

const ms = onnx.DomainMicrosoft

func ints(name string, v ...int64) onnx.Attr { return onnx.IntsAttr(name, v...) }
func integer(name string, v int64) onnx.Attr { return onnx.IntAttr(name, v) }

// row is one line of the golden table: the types that a node's outputs get.
type row struct {
	domain, op string
	inputs     string // separated by spaces, "-" for an omitted one
	want       string
	attrs      []onnx.Attr
	opset      int64 // 17 if zero
}

func (r row) check(t *testing.T) {
	t.Helper()
	inputs := strings.Fields(r.inputs)
	for i, s := range inputs {
		if s == "-" {
			inputs[i] = ""
		}
	}
	if r.opset == 0 {
		r.opset = 17
	}
	got, err := run(t, r.opset, r.domain, r.op, inputs, len(strings.Fields(r.want)), r.attrs)
	if err != nil {
		t.Errorf("%s(%s): %v", r.op, r.inputs, err)
	}
	if got != r.want {
		t.Errorf("%s(%s) = %s; want %s", r.op, r.inputs, got, r.want)
	}
}

func list(a ...onnx.Attr) []onnx.Attr { return a }

var elementwise = []row{
	{op: "Add", inputs: "float[B,S,768] float[768]", want: "float[B,S,768]"},
	{op: "Add", inputs: "float[B,1,1,S] float[B,12,S,S]", want: "float[B,12,S,S]"},
	{op: "Add", inputs: "float[B,S] float[T,S]", want: "float[?,S]"},
	{op: "Add", inputs: "float[7,S] float[T,1]", want: "float[7,S]"},
	{op: "Mul", inputs: "float[] float", want: "float"},
	{op: "Pow", inputs: "float[T] int64[]", want: "float[T]"},
	{op: "Min", inputs: "float[2,1] float[3] float[1,1,1]", want: "float[1,2,3]"},
	{op: "Sum", inputs: "float[2,1] float[3]", want: "float[2,3]"},
	{op: "Equal", inputs: "int64[B,1] int64[V]", want: "bool[B,V]"},
	{op: "Greater", inputs: "float[B] float[]", want: "bool[B]"},
	{op: "And", inputs: "bool[B] bool[1]", want: "bool[B]"},
	{op: "Not", inputs: "bool[B]", want: "bool[B]"},
	{op: "Where", inputs: "bool[B,1] float[] float[B,S]", want: "float[B,S]"},
	{op: "Cast", inputs: "int64[B,S]", want: "float[B,S]", attrs: list(integer("to", int64(onnx.Float)))},
	{op: "Clip", inputs: "float[B] float[] float[]", want: "float[B]"},
	{op: "Erf", inputs: "double[B]", want: "double[B]"},
	{op: "Gelu", inputs: "float[B,S]", want: "float[B,S]", opset: 20},
	{op: "IsNaN", inputs: "float[B,S]", want: "bool[B,S]"},
	{domain: ms, op: "BiasGelu", inputs: "float[T,F] float[F]", want: "float[T,F]"},
	{domain: ms, op: "FastGelu", inputs: "float[T,F]", want: "float[T,F]"},
}

var matrices = []row{
	{op: "MatMul", inputs: "float[B,S,K] float[K,H]", want: "float[B,S,H]"},
	{op: "MatMul", inputs: "float[B,12,S,64] float[B,12,64,S]", want: "float[B,12,S,S]"},
	{op: "MatMul", inputs: "float[5,1,2,3] float[7,3,4]", want: "float[5,7,2,4]"},
	{op: "MatMul", inputs: "float[K] float[K]", want: "float[]"},
	{op: "MatMul", inputs: "float[K] float[B,K,N]", want: "float[B,N]"},
	{op: "MatMul", inputs: "float[B,M,K] float[K]", want: "float[B,M]"},
	{op: "Gemm", inputs: "float[T,H] float[C,H] float[C]", want: "float[T,C]", attrs: list(integer("transB", 1))},
	{op: "Gemm", inputs: "float[T,M] float[T,N]", want: "float[M,N]", attrs: list(integer("transA", 1))},
	{domain: ms, op: "FusedMatMul", inputs: "float[B,A,S,D] float[B,A,S,D]", want: "float[B,A,S,S]", attrs: list(integer("transB", 1))},
	{domain: ms, op: "FusedMatMul", inputs: "float[S,A,B,D] float[A,B,D,N]", want: "float[A,B,S,N]", attrs: list(integer("transBatchA", 1))},
	{op: "Einsum", inputs: "float[B,S,H] float[H,F]", want: "float[B,S,F]", attrs: list(onnx.StringAttr("equation", "bsh, hf -> bsf"))},
	{op: "Einsum", inputs: "float[I,J] float[J,K]", want: "float[I,K]", attrs: list(onnx.StringAttr("equation", "ij,jk"))},
}

var shaping = []row{
	{op: "Transpose", inputs: "float[B,S,12,64]", want: "float[B,12,S,64]", attrs: list(ints("perm", 0, 2, 1, 3))},
	{op: "Transpose", inputs: "float[A,B,C]", want: "float[C,B,A]"},
	{op: "Reshape", inputs: "float[B,S,768] int64[4]={0,0,12,64}", want: "float[B,S,12,64]"},
	{op: "Reshape", inputs: "float[B,S,768] int64[4]={0,0,12,-1}", want: "float[B,S,12,64]"},
	{op: "Reshape", inputs: "float[B,S,12,64] int64[3]={0,0,-1}", want: "float[B,S,768]"},
	{op: "Reshape", inputs: "float[2,3] int64[2]={3,-1}", want: "float[3,2]"},
	{op: "Reshape", inputs: "float[0,3] int64[2]={3,0}", want: "float[3,0]", attrs: list(integer("allowzero", 1))},
	{op: "Reshape", inputs: "float[T,H] int64[3]", want: "float[?,?,?]"},
	{op: "Reshape", inputs: "float[B,S] int64[1]={-1}", want: "float[?]"},
	{op: "Flatten", inputs: "float[B,2,3]", want: "float[B,6]"},
	{op: "Flatten", inputs: "float[2,3,N]", want: "float[1,?]", attrs: list(integer("axis", 0))},
	{op: "Flatten", inputs: "float[2,3,N]", want: "float[6,N]", attrs: list(integer("axis", -1))},
	{op: "Unsqueeze", inputs: "float[B,S] int64[2]={1,2}", want: "float[B,1,1,S]"},
	{op: "Unsqueeze", inputs: "float[B,S]", want: "float[B,S,1]", attrs: list(ints("axes", -1)), opset: 11},
	{op: "Squeeze", inputs: "float[B,1,S] int64[1]={1}", want: "float[B,S]"},
	{op: "Squeeze", inputs: "float[1,3,1]", want: "float[3]"},
	{op: "Squeeze", inputs: "float[B,1]", want: "float"},
	{op: "Squeeze", inputs: "float[B,1]", want: "float[B]", attrs: list(ints("axes", 1)), opset: 11},
	{op: "Expand", inputs: "float[B,1] int64[3]={2,1,4}", want: "float[2,B,4]"},
	{op: "Shape", inputs: "float[B,S,3]", want: "int64[3]"},
	{op: "Shape", inputs: "float[B,S,3]", want: "int64[1]", attrs: list(integer("start", 1), integer("end", -1))},
	{op: "Size", inputs: "float[B,S,3]", want: "int64[]"},
	{op: "ConstantOfShape", inputs: "int64[2]={2,3}", want: "float[2,3]"},
	{op: "ConstantOfShape", inputs: "int64[1]={2}", want: "int64[2]", attrs: list(onnx.TensorAttr("value", onnx.NewTensor([]int64{1}, int64(7))))},
	{op: "Range", inputs: "int64[]={1} int64[]={8} int64[]={3}", want: "int64[3]"},
	{op: "Range", inputs: "int64[]={8} int64[]={1} int64[]={-3}", want: "int64[3]"},
	{op: "Range", inputs: "float[] float[] float[]", want: "float[?]"},
	{op: "Constant", inputs: "", want: "int64[2]", attrs: list(ints("value_ints", 4, 5))},
}

var moving = []row{
	{op: "Concat", inputs: "float[B,2] float[B,3]", want: "float[B,5]", attrs: list(integer("axis", 1))},
	{op: "Concat", inputs: "float[?,2] float[B,N]", want: "float[B,?]", attrs: list(integer("axis", -1))},
	{op: "Split", inputs: "float[B,6]", want: "float[B,3] float[B,3]", attrs: list(integer("axis", 1))},
	{op: "Split", inputs: "float[B,7]", want: "float[B,4] float[B,3]", attrs: list(integer("axis", 1), integer("num_outputs", 2)), opset: 18},
	{op: "Split", inputs: "float[B,6] int64[2]={1,5}", want: "float[B,1] float[B,5]", attrs: list(integer("axis", 1))},
	{op: "Split", inputs: "float[B,6]", want: "float[B,2] float[B,4]", attrs: list(integer("axis", 1), ints("split", 2, 4)), opset: 11},
	{op: "Slice", inputs: "float[B,10] int64[1]={2} int64[1]={-1} int64[1]={1}", want: "float[B,7]"},
	{op: "Slice", inputs: "float[B,10] int64[1]={9} int64[1]={-100} int64[1]={1} int64[1]={-3}", want: "float[B,4]"},
	{op: "Slice", inputs: "float[B,S,H] int64[1]={0} int64[1]={1} int64[1]={1}", want: "float[B,1,H]"},
	{op: "Slice", inputs: "float[B,S] int64[1]={0} int64[1]={9223372036854775807} int64[1]={1}", want: "float[B,S]"},
	{op: "Slice", inputs: "float[4,10]", want: "float[2,10]", attrs: list(ints("starts", 1), ints("ends", 3)), opset: 9},
	{op: "Slice", inputs: "float[4,10] int64[1] int64[1] int64[1]={1}", want: "float[4,?]"},
	{op: "Gather", inputs: "float[V,H] int64[T]", want: "float[T,H]"},
	{op: "Gather", inputs: "float[B,S,H] int64[]={0}", want: "float[B,H]", attrs: list(integer("axis", 1))},
	{op: "Gather", inputs: "int64[3] int64[]", want: "int64[]"},
	{op: "GatherElements", inputs: "float[B,S] int64[B,2]", want: "float[B,2]", attrs: list(integer("axis", 1))},
	{op: "GatherND", inputs: "float[B,S,H] int64[T,2]", want: "float[T,H]"},
	{op: "GatherND", inputs: "float[B,S,H] int64[B,1]", want: "float[B,H]", attrs: list(integer("batch_dims", 1))},
	{op: "ScatterElements", inputs: "float[T,H] int64[2,H] float[2,H]", want: "float[T,H]"},
	{op: "ScatterND", inputs: "float[T,H] int64[2,1] float[2,H]", want: "float[T,H]"},
	{op: "OneHot", inputs: "int64[B] int64[]={5} float[2]", want: "float[B,5]"},
	{op: "OneHot", inputs: "int64[B,S] int64[]={5} float[2]", want: "float[B,5,S]", attrs: list(integer("axis", 1))},
	{op: "Pad", inputs: "float[B,3] int64[4]={0,1,0,2}", want: "float[B,6]"},
	{op: "Pad", inputs: "float[B,3] int64[2]={1,1} - int64[1]={0}", want: "float[?,3]", opset: 18},
	{op: "Pad", inputs: "float[2,3]", want: "float[3,3]", attrs: list(ints("pads", 1, 0, 0, 0)), opset: 7},
	{op: "Tile", inputs: "float[B,3] int64[2]={1,2}", want: "float[B,6]"},
	{op: "CumSum", inputs: "float[B,3] int64[]", want: "float[B,3]"},
	{op: "NonZero", inputs: "bool[B,S]", want: "int64[2,?]"},
}

var reducing = []row{
	{op: "ReduceSum", inputs: "float[B,S,H] int64[1]={-1}", want: "float[B,S,1]"},
	{op: "ReduceSum", inputs: "float[B,S,H]", want: "float[B,H]", attrs: list(ints("axes", 1), integer("keepdims", 0)), opset: 11},
	{op: "ReduceSum", inputs: "float[B,S]", want: "float[]", attrs: list(integer("keepdims", 0))},
	{op: "ReduceSum", inputs: "float[B,S]", want: "float[B,S]", attrs: list(integer("noop_with_empty_axes", 1))},
	{op: "ReduceSum", inputs: "float[B,S] int64[0]={}", want: "float[1,1]"},
	{op: "ReduceMean", inputs: "float[B,S] int64[1]={0}", want: "float[1,S]", opset: 18},
	{op: "ReduceMax", inputs: "float[B,S]", want: "float[B,1]", attrs: list(ints("axes", 1))},
	{op: "ReduceL2", inputs: "float[B,S] int64[?]", want: "float"},
	{op: "ArgMax", inputs: "float[B,C]", want: "int64[B]", attrs: list(integer("axis", -1), integer("keepdims", 0))},
	{op: "Softmax", inputs: "float[B,C]", want: "float[B,C]"},
	{op: "LayerNormalization", inputs: "float[B,S,768] float[768] float[768]", want: "float[B,S,768] float[B,S,1] float[B,S,1]"},
	{op: "LayerNormalization", inputs: "float[B,S,768] float[768]", want: "float[B,S,768]"},
	{op: "LayerNormalization", inputs: "double[B,2,3] double[2,3]", want: "double[B,2,3] double[B,1,1] double[B,1,1]", attrs: list(integer("axis", 1))},
	{domain: ms, op: "SkipLayerNormalization", inputs: "float[B,S,H] float[B,S,H] float[H]", want: "float[B,S,H] float[B,S,1] float[B,S,1] float[B,S,H]"},
	{op: "Dropout", inputs: "float[B,S] float[] bool[]", want: "float[B,S] bool[B,S]"},
	{op: "Dropout", inputs: "float[B,S]", want: "float[B,S] float[B,S]", opset: 7},
	{op: "SoftmaxCrossEntropyLoss", inputs: "float[B,C] int64[B]", want: "float[] float[B,C]"},
	{op: "SoftmaxCrossEntropyLoss", inputs: "float[B,C,S] int64[B,S] float[C]", want: "float[B,S]", attrs: list(onnx.StringAttr("reduction", "none"))},
}

var training = []row{
	{domain: ms, op: "GeluGrad", inputs: "float[T,F] float[T,F]", want: "float[T,F]"},
	{domain: ms, op: "SoftmaxGrad_13", inputs: "float[T,F] float[T,F]", want: "float[T,F]"},
	{domain: ms, op: "LayerNormalizationGrad", inputs: "float[T,H] float[T,H] float[H] float[T,1] float[T,1]", want: "float[T,H] float[H] float[H]"},
	{domain: ms, op: "SimplifiedLayerNormalizationGrad", inputs: "float[T,H] float[T,H] float[H] float[T,1]", want: "float[T,H] float[H]"},
	{domain: ms, op: "DropoutGrad", inputs: "float[T,H] bool[T,H] float[] bool[]", want: "float[T,H]"},
	{domain: ms, op: "GatherGrad", inputs: "int64[2]={30522,384} int64[T] float[T,384]", want: "float[30522,384]"},
	{domain: ms, op: "SliceGrad", inputs: "float[2,1] int64[2]={2,5} int64[1]={0} int64[1]={1}", want: "float[2,5]"},
	{domain: ms, op: "SoftmaxCrossEntropyLossGrad", inputs: "float[] float[B,C] int64[B]", want: "float[B,C]"},
	{domain: ms, op: "SoftmaxCrossEntropyLossInternal", inputs: "float16[B,C] int64[B] - int64[]", want: "float[] float[B,C]", attrs: list(integer("output_type", int64(onnx.Float)))},
	{domain: ms, op: "ConcatTraining", inputs: "float[B,2] float[B,3]", want: "float[B,5] int64[2]", attrs: list(integer("axis", 1))},
	{domain: ms, op: "SplitTraining", inputs: "float[B,6] int64[2]={1,5}", want: "float[B,1] float[B,5]", attrs: list(integer("axis", 1))},
	{domain: ms, op: "ReduceSumTraining", inputs: "float[B,S] int64[1]={0}", want: "float[S]", attrs: list(integer("keepdims", 0))},
	{domain: ms, op: "BroadcastGradientArgs", inputs: "int64[3]={2,3,4} int64[2]={1,4}", want: "int64[0] int64[2]"},
	{domain: ms, op: "BroadcastGradientArgs", inputs: "int64[3] int64[2]", want: "int64[?] int64[?]"},
	{domain: ms, op: "DivGrad", inputs: "float[B,S] float[B,1] float[S]", want: "float[B,1] float[S]"},
	{domain: ms, op: "Scale", inputs: "float[B,S] int64[]", want: "float[B,S]"},
	{domain: ms, op: "InPlaceAccumulatorV2", inputs: "float[H,H] float[H,H] bool[1]", want: "bool[1] float[H,H]"},
	{domain: ms, op: "ReduceAllL2", inputs: "float[H] float[H,H]", want: "float[]"},
	{domain: onnx.DomainOrtrain, op: "PackedToDense", inputs: "float[T,H] int64[BS] float[BS,1] int64[T]", want: "float[BS,H]"},
	{domain: onnx.DomainOrtrain, op: "DenseToPacked", inputs: "float[BS,H] int64[T] int64[BS] float[BS,1]", want: "float[T,H]"},
	{domain: onnx.DomainOrtrain, op: "GatherRows", inputs: "float[T,H] int64[B] int64[T] float[T,1]", want: "float[B,H]"},
	{domain: onnx.DomainOrtrain, op: "ScatterRows", inputs: "float[B,H] int64[B] int64[T] float[T,1]", want: "float[T,H]"},
}

func TestTypes(t *testing.T) {
	for _, table := range [][]row{elementwise, matrices, shaping, moving, reducing, training} {
		for _, r := range table {
			r.check(t)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		op, inputs string
		want       error
		attrs      []onnx.Attr
	}{
		{op: "Add", inputs: "float[2] float[3]", want: infer.ErrShape},
		{op: "Add", inputs: "float[2] int64[2]", want: infer.ErrDType},
		{op: "Equal", inputs: "float[2] int64[2]", want: infer.ErrDType},
		{op: "Where", inputs: "bool[2] float[2] int64[2]", want: infer.ErrDType},
		{op: "Cast", inputs: "float[2]", want: infer.ErrDType},
		{op: "MatMul", inputs: "float[2,3] float[4,2]", want: infer.ErrShape},
		{op: "MatMul", inputs: "float[2,3] double[3,2]", want: infer.ErrDType},
		{op: "MatMul", inputs: "float[] float[4,2]", want: infer.ErrShape},
		{op: "Gemm", inputs: "float[2,3,4] float[4,2]", want: infer.ErrShape},
		{op: "Gemm", inputs: "float[2,3] float[3,4] float[5]", want: infer.ErrShape},
		{op: "Reshape", inputs: "float[2,3] int64[2]={4,-1}", want: infer.ErrShape},
		{op: "Reshape", inputs: "float[2,3] int64[1]={5}", want: infer.ErrShape},
		{op: "Reshape", inputs: "float[2] int64[2]={2,0}", want: infer.ErrShape},
		{op: "Squeeze", inputs: "float[2,3] int64[1]={0}", want: infer.ErrShape},
		{op: "Unsqueeze", inputs: "float[2] int64[2]={0,0}", want: infer.ErrShape},
		{op: "Concat", inputs: "float[2,3] float[3,3]", want: infer.ErrShape, attrs: list(integer("axis", 1))},
		{op: "Transpose", inputs: "float[2,3]", want: infer.ErrShape, attrs: list(ints("perm", 0, 2))},
		{op: "Split", inputs: "float[6] int64[1]={5}", want: infer.ErrShape},
		{op: "ReduceSum", inputs: "float[6] int64[1]={1}", want: infer.ErrShape},
		{op: "Einsum", inputs: "float[6]", want: infer.ErrShape, attrs: list(onnx.StringAttr("equation", "i,j"))},
		{op: "LayerNormalization", inputs: "float[2,3] float[4]", want: infer.ErrShape},
		{op: "Unheard", inputs: "float[2,3]", want: infer.ErrNoRule},
	} {
		_, err := run(t, 17, "", c.op, strings.Fields(c.inputs), 1, c.attrs)
		if !errors.Is(err, c.want) {
			t.Errorf("%s(%s): %v; want %v", c.op, c.inputs, err, c.want)
		}
	}
}

func TestHas(t *testing.T) {
	if !infer.Has("", "MatMul") || !infer.Has(ms, "GeluGrad") || infer.Has("", "GeluGrad") {
		t.Error("Has does not tell what the table holds")
	}
}

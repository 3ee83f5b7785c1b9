package program_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	"github.com/ortrain/ortrain/ortrain/program"
)

// positions is a training graph in which one row of a table serves every
// sequence, with the gradient that ONNX Runtime's builder makes of it: one row
// for each sequence and place, but indices for the places only. The gradient's
// name is taken by the node that goes.
const positions = header + `g (float[B,S,2] x, int64[1,S] at, float[4,2] table, float[4,2] "table_grad.accumulation.buffer", bool[1] lazy_reset_grad)
 => (float loss, bool[1] "table_grad.accumulation.out")
<float loss_grad = {1}, int64[2] shape = {4, 2}, int64[3] all = {0, 1, 2}> {
  rows = Gather<axis = 0>(table, at)
  y = Mul(x, rows)
  loss = ReduceSum<keepdims = 0>(y, all)
  dy = Mul(x, loss_grad)
  drows = Identity(dy)
  sum = com.microsoft.GatherGrad<axis = 0>(shape, at, drows)
  table_grad = Identity(sum)
  "table_grad.accumulation.out" = com.microsoft.InPlaceAccumulatorV2("table_grad.accumulation.buffer", table_grad, lazy_reset_grad)
}`

func TestRowsOfSharedIndices(t *testing.T) {
	env := orttest.Env(t)
	for _, c := range []struct {
		repair  bool
		rows    []float32
		indices []int64
	}{
		{false, []float32{1, 2, 3, 4}, []int64{2, 0}},
		{true, []float32{1, 2, 3, 4, 5, 6, 7, 8}, []int64{2, 0, 2, 0}},
	} {
		low := lowered(t, positions, program.Options{Repair: c.repair}, "table")
		if !slices.Equal(low.Cut, []string{"table"}) || len(low.Rows) != 1 || len(low.Dense) != 0 {
			t.Fatalf("%+v", low)
		}
		held := map[string]*ort.Tensor{"table": orttest.Tensor(t, []int64{4, 2}, make([]float32, 8)...)}
		g, err := program.NewGraph(env, low, held, native.New(1), ort.Options{Name: t.Name(), IntraOpThreads: 1})
		if err != nil {
			t.Fatal(err)
		}
		feeds := map[string]program.Feed{
			"x":  {Dims: []int64{2, 2, 2}, Float32: []float32{1, 2, 3, 4, 5, 6, 7, 8}},
			"at": {Dims: []int64{1, 2}, Int64: []int64{2, 0}},
		}
		if err := g.Run(context.Background(), feeds, 1, program.MaskKey{}); err != nil {
			t.Fatal(err)
		}
		rows, indices := g.Output(low.Rows[0].Rows).Float32s(), g.Output(low.Rows[0].Indices).Int64s()
		if !slices.Equal(rows, c.rows) || !slices.Equal(indices, c.indices) {
			t.Errorf("repair %t: rows %v at %v", c.repair, rows, indices)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A table whose rows surely have an index each is not cut, and a gradient that
// passes through an Identity keeps its name.
func TestRowsOfOwnIndices(t *testing.T) {
	low := lowered(t, strings.Replace(positions, "[1,S] at", "[B,S] at", 1), program.Options{}, "table")
	if len(low.Cut) != 0 || low.Rows[0].Rows != "table_grad.rows" {
		t.Errorf("%+v", low)
	}
	dense := strings.Replace(positions, "sum = com.microsoft.GatherGrad<axis = 0>(shape, at, drows)", "sum = Reshape(drows, shape)", 1)
	low = lowered(t, dense, program.Options{}, "table")
	if len(low.Dense) != 1 || low.Dense[0].Output != "table_grad" {
		t.Errorf("%+v", low)
	}
}

func TestLowerNamesMissingOperators(t *testing.T) {
	text := strings.Replace(positions, "dy = Mul(x, loss_grad)", `two = com.microsoft.ConvGrad(x, loss_grad)
  dy = com.microsoft.LSTMGrad(two)`, 1)
	_, err := program.Lower(onnxtest.MustParse(t, text), []string{"table"}, program.Options{})
	if !errors.Is(err, program.ErrLower) || !strings.Contains(err.Error(), "ConvGrad") || !strings.Contains(err.Error(), "LSTMGrad") {
		t.Errorf("got %v", err)
	}
}

// Function bodies of operators that lowering replaces go with them; others
// stay.
func TestLowerDropsFunctions(t *testing.T) {
	text := positions + `
<domain: "com.microsoft", opset_import: ["" : 17]>
GatherGrad <axis: int = 0> (shape, index, dy) => (dx) { dx = Identity(dy) }
<domain: "com.microsoft", opset_import: ["" : 17]>
Twice (x) => (y) { y = Add(x, x) }
`
	text = strings.Replace(text, "y = Mul(x, rows)", "y0 = Mul(x, rows)\n  y = com.microsoft.Twice(y0)", 1)
	low := lowered(t, text, program.Options{}, "table")
	if len(low.Model.Functions) != 1 || low.Model.Functions[0].Name != "Twice" {
		t.Errorf("%d functions are left", len(low.Model.Functions))
	}
}

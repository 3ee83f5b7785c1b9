package autodiff_test

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

func Example() {
	m := &onnx.Model{IRVersion: 8, Graph: &onnx.Graph{Name: "square"}, Opsets: onnx.Opsets{"": 17}}
	t := emit.New(m)
	w := t.Input("w", onnx.TensorOf(onnx.Float, onnx.NewShape(3)))
	loss := t.Output("loss", t.ReduceSum(t.Mul(w, w), false))

	res, err := autodiff.Build(m, rules.Standard(), autodiff.Options{Loss: loss, Wrt: []*onnx.Value{w}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Seed, "=", 1)
	fmt.Println(res.Grads[w])
	for _, n := range m.Graph.Nodes {
		fmt.Println(n.Name)
	}
	// Output:
	// loss_grad: float[] = 1
	// w_grad: float[3]
	// Mul
	// ReduceSum
	// ReduceSum_Grad/Expand_0
	// Mul_Grad/Mul_0
	// Mul_Grad/Mul_1
	// AccumulateGrad_w_grad
}

package infer_test

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/infer"
)

func ExampleModel() {
	m, err := onnx.Parse(`<ir_version: 8, opset_import: ["": 17]>
		g (float[B, S, 16] x, float[16, 4] w) => (y) {
			h = MatMul (x, w)
			y = Transpose <perm = [0, 2, 1]> (h)
		}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := infer.Model(m); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Graph.Outputs[0])
	// Output: y: float[B,4,S]
}

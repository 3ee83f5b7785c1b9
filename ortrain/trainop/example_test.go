package trainop_test

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/pass"
	"github.com/ortrain/ortrain/ortrain/trainop"
)

// A training operator becomes what a stock runtime has.
func ExampleExpand() {
	m, err := onnx.Parse(`<ir_version: 8, opset_import: ["": 17, "com.microsoft": 1]>
		g (float[N] dy, float[N] y) => (float[N] dx) {
			dx = com.microsoft.SigmoidGrad (dy, y)
		}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := pass.Rewrite(m, trainop.Expand); err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range m.Graph.Nodes {
		fmt.Println(n.Op)
	}
	// Output:
	// Sub
	// Mul
	// Mul
}

package model

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// packing returns the model-local functions by which packed rows meet the
// rectangle. All three are a Gather; the other inputs are what their gradients
// need.
func packing(opset int64) []*onnx.Function {
	return []*onnx.Function{
		gather(opset, "PackedToDense", "x", "dense_index", "dense_mask", "packed_index"),
		gather(opset, "DenseToPacked", "y", "packed_index", "dense_index", "dense_mask"),
		gather(opset, "GatherRows", "x", "rows", "inverse", "mask"),
	}
}

func gather(opset int64, name string, inputs ...string) *onnx.Function {
	f := &onnx.Function{Domain: onnx.DomainOrtrain, Name: name, Opsets: onnx.Opsets{onnx.DomainDefault: opset}}
	for _, in := range inputs {
		f.Inputs = append(f.Inputs, &onnx.Value{Name: in})
	}
	out := &onnx.Value{Name: "out"}
	n := onnx.NewNode(onnx.DomainDefault, "Gather", f.Inputs[:2], []*onnx.Value{out}, onnx.IntAttr("axis", 0))
	f.Nodes, f.Outputs = []*onnx.Node{n}, []*onnx.Value{out}
	return f
}

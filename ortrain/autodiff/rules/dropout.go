package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Dropout", Since: 12, Stops: []int{1, 2},
	Doc:    "y = x·mask/(1 − ratio) in training, x otherwise: dx likewise from dy",
	Source: "ONNX Dropout-12, 13; Srivastava et al. 2014; ONNX Runtime emits com.microsoft DropoutGrad(dy, mask, ratio, training_mode)",
	VJP: input0(func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value) *onnx.Value {
		mode, ok := constantFloat(n.Input(2))
		if n.Input(2) == nil || ok && mode == 0 {
			return dy[0] // DropoutGrad would scale even so
		}
		const withMask, halfByDefault = 2, 0.5
		t.Extend(n, withMask)
		ratio := n.Input(1)
		if ratio == nil {
			ratio = t.Float(halfByDefault)
		}
		return t.Contrib("DropoutGrad", values(dy[0], n.Outputs[1], ratio, n.Inputs[2]))
	}),
	Samples: []autodiff.Sample{
		sample("inference", "", "Dropout", []autodiff.Input{reals(2, 3)}),
		dropoutSample("not training", 0.4, false),
		dropoutSample("keeps all", 0, true),
		dropoutSample("training", 0.4, true),
	},
})

// dropoutSample is checked with whatever mask the runner draws, as long as it
// draws the same one every time.
func dropoutSample(name string, ratio float32, training bool) autodiff.Sample {
	return autodiff.Sample{Name: name, Inputs: []autodiff.Input{reals(4, 5)}, Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value {
		return t.Node("", "Dropout", 1, values(x[0], t.Float(ratio), t.Const(onnx.NewTensor(nil, training))), onnx.IntAttr("seed", 1))
	}}
}

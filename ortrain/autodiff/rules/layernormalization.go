package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "LayerNormalization", Since: 1,
	Doc: "x̂ = (x − mean)·inv, y = x̂·scale + bias over the axes from axis on: with g = dy·scale, " +
		"dx = inv·(g − mean(g) − x̂·mean(g·x̂)), dscale = Σ dy·x̂, dbias = Σ dy over the other axes",
	Source: "ONNX LayerNormalization-17 (ONNX Runtime knows it at every opset); Ba, Kiros and Hinton 2016; " +
		"ONNX Runtime emits com.microsoft LayerNormalizationGrad(dY, X, scale, mean, inv_std_dev)",
	VJP: layerNormalization,
	Samples: []autodiff.Sample{
		layerNormSample("last axis", -1, []autodiff.Input{reals(3, 4), reals(4), reals(4)}),
		layerNormSample("rank 3", -1, []autodiff.Input{reals(2, 3, 4), reals(4), reals(4)}),
		layerNormSample("two axes", 1, []autodiff.Input{reals(2, 3, 4), reals(3, 4), reals(3, 4)}),
		layerNormSample("no bias", -1, []autodiff.Input{reals(3, 4), reals(4)}),
		sample("default attributes", "", "LayerNormalization", []autodiff.Input{reals(3, 4), reals(4), reals(4)}),
	},
})

// layerNormSample has one output: the rule must add the statistics.
func layerNormSample(name string, axis int64, in []autodiff.Input) autodiff.Sample {
	return sample(name, "", "LayerNormalization", in, onnx.IntAttr("axis", axis), onnx.FloatAttr("epsilon", 1e-3))
}

func layerNormalization(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, _ []bool) []*onnx.Value {
	for _, d := range dy[1:] {
		if d != nil {
			refuse(t, "the loss depends on Mean or InvStdDev; compute them with ReduceMean instead")
		}
	}
	const statistics = 3
	t.Extend(n, statistics)
	dx := t.Node(onnx.DomainMicrosoft, "LayerNormalizationGrad", statistics,
		values(dy[0], n.Inputs[0], n.Inputs[1], n.Outputs[1], n.Outputs[2]), onnx.IntAttr("axis", n.Int("axis", -1)))
	return dx[:len(n.Inputs)]
}

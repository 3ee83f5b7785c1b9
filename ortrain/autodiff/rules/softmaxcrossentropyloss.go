package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "SoftmaxCrossEntropyLoss", Since: 12, Stops: []int{2},
	Doc: "loss = Σ −w·log_prob at the labels / Σ w over the labels that count, log_prob = LogSoftmax(scores) along axis 1: " +
		"dscores = dloss·(e^log_prob − onehot(label))·w/Σ w, 0 where the label is ignore_index",
	Source: "ONNX SoftmaxCrossEntropyLoss-12, 13; ONNX Runtime emits com.microsoft SoftmaxCrossEntropyLossGrad(dY, log_prob, label, weight)",
	VJP:    softmaxCrossEntropyLoss,
	Samples: []autodiff.Sample{
		lossSample("mean", []autodiff.Input{reals(4, 3), indices([]int64{4}, 0, 2, 1, 2)}),
		lossSample("int32 labels", []autodiff.Input{reals(2, 3), {Sizes: []int64{2}, Ints: []int64{0, 2}, DType: onnx.Int32}}),
		lossSample("ignored", []autodiff.Input{reals(4, 3), indices([]int64{4}, 0, -100, 1, -100)}, onnx.IntAttr("ignore_index", -100)),
		lossSample("all ignored", []autodiff.Input{reals(2, 3), indices([]int64{2}, 1, 1)}, onnx.IntAttr("ignore_index", 1)),
		lossSample("sum", []autodiff.Input{reals(4, 3), indices([]int64{4}, 0, 2, 1, 2)}, onnx.StringAttr("reduction", "sum")),
		lossSample("none", []autodiff.Input{reals(4, 3), indices([]int64{4}, 0, 2, 1, 2)}, onnx.StringAttr("reduction", "none")),
		lossSample("none, ignored", []autodiff.Input{reals(3, 3), indices([]int64{3}, 0, 2, 1)}, onnx.StringAttr("reduction", "none"), onnx.IntAttr("ignore_index", 2)),
		lossSample("weighted", []autodiff.Input{reals(4, 3), indices([]int64{4}, 0, 2, 1, 2), weights(0.5, 2, 3)}),
		lossSample("weighted, ignored", []autodiff.Input{reals(4, 3), indices([]int64{4}, 0, 2, 1, 2), weights(0.5, 2, 3)}, onnx.IntAttr("ignore_index", 2)),
		lossSample("weighted sum", []autodiff.Input{reals(4, 3), indices([]int64{4}, 0, 2, 1, 2), weights(0.5, 2, 3)}, onnx.StringAttr("reduction", "sum")),
		lossSample("axes", []autodiff.Input{reals(2, 3, 4), indices([]int64{2, 4}, 0, 2, 1, 2, 1, 1, 0, 0)}),
		lossSample("axes, none", []autodiff.Input{reals(2, 3, 2, 2), indices([]int64{2, 2, 2}, 0, 2, 1, 2, 1, 1, 0, 0)}, onnx.StringAttr("reduction", "none")),
	},
})

func lossSample(name string, in []autodiff.Input, attrs ...onnx.Attr) autodiff.Sample {
	return sample(name, "", "SoftmaxCrossEntropyLoss", in, attrs...)
}

func weights(v ...float64) autodiff.Input {
	return autodiff.Input{Sizes: []int64{int64(len(v))}, Floats: v, Const: true}
}

func softmaxCrossEntropyLoss(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, _ []bool) []*onnx.Value {
	if len(dy) > 1 && dy[1] != nil {
		refuse(t, "the loss depends on log_prob; use LogSoftmax for it")
	}
	const withLogProb = 2
	t.Extend(n, withLogProb)
	attrs := []onnx.Attr{onnx.StringAttr("reduction", n.Str("reduction", "mean"))}
	if a := n.Attr("ignore_index"); a != nil {
		attrs = append(attrs, *a)
	}
	dx := make([]*onnx.Value, len(n.Inputs))
	dx[0] = t.Contrib("SoftmaxCrossEntropyLossGrad", values(dy[0], n.Outputs[1], n.Inputs[1], n.Input(2)), attrs...)
	return dx
}

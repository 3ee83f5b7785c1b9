package trainop

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// noLabel is the default of ignore_index in the function form: no label has
// this value, so nothing is ignored.
const noLabel = math.MinInt64

// lossAttrs are those of the loss operators.
func lossAttrs() []onnx.Attr {
	return []onnx.Attr{onnx.StringAttr("reduction", "mean"), onnx.IntAttr("ignore_index", noLabel)}
}

var _ = register(Op{
	Domain: onnx.DomainDefault, Name: "SoftmaxCrossEntropyLoss",
	Doc: "log_prob = LogSoftmax(scores) along axis 1, output = Σ −w·log_prob at the labels / Σ w over the labels that count; " +
		"0, not NaN, if none counts, as the training kernel has it",
	Source: "ONNX SoftmaxCrossEntropyLoss-13; softmax_cross_entropy_loss.cc",
	Inputs: []string{"scores", "labels", "weights"}, Outputs: []string{"output", "log_prob"},
	Attrs: lossAttrs(),
	body: func(c *call) []*onnx.Value {
		return c.crossEntropy(c.in[0], c.labels(c.in[1], c.input(2), c.ignored()))
	},
})

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "SoftmaxCrossEntropyLossInternal",
	Doc:    "SoftmaxCrossEntropyLoss whose ignore_index is an input",
	Source: "training_op_defs.cc SoftmaxCrossEntropyLossInternal",
	Inputs: []string{"scores", "labels", "weights", "ignore_index"}, Outputs: []string{"output", "log_prob"},
	Attrs: lossAttrs()[:1], Ignored: []string{"output_type"},
	Variadic: true, // optional inputs decide what is computed
	body: func(c *call) []*onnx.Value {
		return c.crossEntropy(c.in[0], c.labels(c.in[1], c.input(2), c.input(3)))
	},
})

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "SoftmaxCrossEntropyLossGrad",
	Doc: "d_logits = s·w·(e^log_prob − onehot(label)), s = dY/Σ w (mean), dY (sum, none); 0 where the label is ignored, " +
		"and everywhere if Σ w is 0",
	Source: "training_op_defs.cc SoftmaxCrossEntropyLossGrad; softmax_cross_entropy_loss.cc",
	Inputs: []string{"dY", "log_prob", "label", "weight"}, Outputs: []string{"d_logits"},
	Attrs:  lossAttrs(),
	Limits: "reduction is mean and there is no weight",
	formal: 3,
	body: func(c *call) []*onnx.Value {
		return values(c.crossEntropyGrad(c.in[0], c.in[1], c.labels(c.in[2], c.input(3), c.ignored())))
	},
})

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "SoftmaxCrossEntropyLossInternalGrad",
	Doc:    "SoftmaxCrossEntropyLossGrad whose ignore_index is an input, plus bias",
	Source: "training_op_defs.cc SoftmaxCrossEntropyLossInternalGrad",
	Inputs: []string{"dY", "log_prob", "label", "weight", "ignore_index", "bias"}, Outputs: []string{"d_logits"},
	Attrs: lossAttrs()[:1], Ignored: []string{"output_type"},
	Variadic: true, // optional inputs decide what is computed
	body: func(c *call) []*onnx.Value {
		dx := c.crossEntropyGrad(c.in[0], c.in[1], c.labels(c.in[2], c.input(3), c.input(4)))
		if bias := c.input(5); bias != nil {
			dx = c.Add(dx, c.ReshapeLike(bias, c.Shape(dx)))
		}
		return values(dx)
	},
})

// ignored returns the attribute ignore_index, nil if the node has none.
func (c *call) ignored() *onnx.Value {
	if c.value("ignore_index").Int == noLabel && c.node != nil {
		return nil
	}
	return c.scalar("ignore_index")
}

// reduction returns that of the node; the function form knows mean only.
func (c *call) reduction() string { return c.value("reduction").Str }

// targets are labels in the form that both directions need, all in the shape of
// the labels, [N] or [N,D…].
type targets struct {
	// at holds labels as int64, 0 where they are ignored; index is at with the
	// class axis, [N,1,D…].
	at, index *onnx.Value
	// weight is the label's weight, 0 where it is ignored; nil means 1 all over.
	weight *onnx.Value
}

func (c *call) labels(label, weight, ignore *onnx.Value) targets {
	label = c.int64s(label)
	to := targets{at: label}
	var kept *onnx.Value
	if ignore != nil {
		kept = c.Op("Not", values(c.Equal(label, c.int64s(ignore))))
		to.at = c.Where(kept, label, c.Int(0))
	}
	switch {
	case weight != nil && kept != nil:
		w := c.Gather(weight, to.at, 0)
		to.weight = c.Where(kept, w, c.Like(weight, 0))
	case weight != nil:
		to.weight = c.Gather(weight, to.at, 0)
	case kept != nil:
		to.weight = c.asType(kept, c.in[0])
	}
	to.index = c.Unsqueeze(to.at, 1)
	return to
}

// total returns Σ w as a scalar, 1 in place of 0.
func (c *call) total(to targets, like *onnx.Value) *onnx.Value {
	if to.weight == nil {
		return c.asType(c.Op("Size", values(to.at)), like)
	}
	sum := c.ReduceSum(to.weight, false)
	return c.Where(c.Equal(sum, c.Like(sum, 0)), c.Like(sum, 1), sum)
}

// crossEntropy returns the loss and the log-probabilities.
func (c *call) crossEntropy(scores *onnx.Value, to targets) []*onnx.Value {
	logProb := c.LogSoftmax(scores, 1)
	picked := c.Op("GatherElements", values(logProb, to.index), onnx.IntAttr("axis", 1))
	loss := c.Neg(c.Squeeze(picked, 1))
	if to.weight != nil {
		loss = c.Mul(loss, to.weight)
	}
	switch c.reduction() {
	case "none":
	case "sum":
		loss = c.ReduceSum(loss, false)
	default:
		loss = c.Div(c.ReduceSum(loss, false), c.total(to, scores))
	}
	return values(loss, logProb)
}

// crossEntropyGrad takes 1 from the probability of each label and scales rows:
// three passes over the probabilities.
func (c *call) crossEntropyGrad(dy, logProb *onnx.Value, to targets) *onnx.Value {
	scale := dy
	if c.reduction() == "mean" {
		scale = c.Div(dy, c.total(to, dy))
	}
	if to.weight != nil {
		scale = c.Mul(to.weight, scale)
	}
	if to.weight != nil || c.reduction() == "none" {
		scale = c.Unsqueeze(scale, 1)
	}
	p := c.Exp(logProb)
	axis := onnx.IntAttr("axis", 1)
	less := c.Sub(c.Op("GatherElements", values(p, to.index), axis), c.Like(p, 1))
	return c.Mul(c.Op("ScatterElements", values(p, to.index, less), axis), scale)
}

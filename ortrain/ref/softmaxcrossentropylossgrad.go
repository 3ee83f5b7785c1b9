package ref

import (
	"fmt"
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.SoftmaxCrossEntropyLossGrad-1 of (dY, log_prob, label, weight):
// (e^log_prob − onehot(label))·w·s, where w is the label's weight and s is dY,
// divided by the weights of the labels that count for "mean"; 0 where the label
// is ignored. If no label counts nothing is divided.
var _ = register(onnx.DomainMicrosoft, "SoftmaxCrossEntropyLossGrad", "float float int float?", func(c *Call) ([]*Tensor, error) {
	var ignore *int64
	if a := c.Node.Attr("ignore_index"); a != nil {
		ignore = &a.Int
	}
	return one(c.crossEntropyGrad(ignore))
})

// com.microsoft.SoftmaxCrossEntropyLossInternalGrad-1 of (dY, log_prob, label,
// weight, ignore_index, bias): the same with ignore_index as an input, plus bias.
var _ = register(onnx.DomainMicrosoft, "SoftmaxCrossEntropyLossInternalGrad", "float float int float? int? float?", func(c *Call) ([]*Tensor, error) {
	ignore, err := c.ignoreInput(4)
	if err != nil {
		return nil, err
	}
	dx, err := c.crossEntropyGrad(ignore)
	if err != nil {
		return nil, err
	}
	if to := onnx.DType(c.Node.Int("output_type", 0)); to.IsFloat() {
		dx.DType = to
	}
	if bias := c.In(5); bias != nil {
		return one(c.binary(dx, bias, plus, nil))
	}
	return one(dx, nil)
})

func (c *Call) crossEntropyGrad(ignore *int64) (*Tensor, error) {
	dy, logProb := c.In(0), c.In(1)
	kind, err := c.text("reduction", "mean", "none", "sum", "mean")
	if err != nil {
		return nil, err
	}
	l, err := c.labels(logProb, c.In(2), c.In(3), ignore)
	if err != nil {
		return nil, err
	}
	if want := len(l.place); kind == "none" && dy.Len() != want || kind != "none" && dy.Len() != 1 {
		return nil, fmt.Errorf("gradient %s of a loss with reduction %q: %w", dy, kind, ErrInput)
	}
	dx, err := c.New(logProb.DType, logProb.Dims)
	if err != nil {
		return nil, err
	}
	divisor := 1.0
	if w := total(l.weight); kind == "mean" && w != 0 {
		divisor = w
	}
	for k, place := range l.place {
		if place < 0 {
			continue
		}
		s := dy.F[k%dy.Len()] * l.weight[k] / divisor
		for class := range l.classes {
			p := l.first[k] + class*l.step
			dx.F[p] = (math.Exp(logProb.F[p]) - float64(flag(p == place))) * s
		}
	}
	return dx, nil
}

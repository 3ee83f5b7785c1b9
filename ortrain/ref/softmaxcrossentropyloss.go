package ref

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// SoftmaxCrossEntropyLoss-12, -13 of (scores [N,C,d…], labels [N,d…], weights
// [C]): the loss and the log-probabilities. The loss of a label l is
// −weights[l]·log_prob[l], 0 if l is ignore_index; "none" keeps them, "sum" adds
// them, "mean" divides the sum by that of the weights of the labels that count.
// If no label counts the mean is 0, where the formula has 0/0.
var _ = register("", "SoftmaxCrossEntropyLoss", "float int float?", func(c *Call) ([]*Tensor, error) {
	var ignore *int64
	if a := c.Node.Attr("ignore_index"); a != nil {
		ignore = &a.Int
	}
	return c.crossEntropy(ignore)
})

// com.microsoft.SoftmaxCrossEntropyLossInternal-1: the same with ignore_index as
// input 3.
var _ = register(onnx.DomainMicrosoft, "SoftmaxCrossEntropyLossInternal", "float int float? int?", func(c *Call) ([]*Tensor, error) {
	ignore, err := c.ignoreInput(3)
	if err != nil {
		return nil, err
	}
	out, err := c.crossEntropy(ignore)
	if to := onnx.DType(c.Node.Int("output_type", 0)); err == nil && to.IsFloat() {
		out[0].DType, out[1].DType = to, to
	}
	return out, err
})

// NegativeLogLikelihoodLoss-12, -13: the same loss of log-probabilities.
var _ = register("", "NegativeLogLikelihoodLoss", "float int float?", func(c *Call) ([]*Tensor, error) {
	var ignore *int64
	if a := c.Node.Attr("ignore_index"); a != nil {
		ignore = &a.Int
	}
	l, err := c.labels(c.In(0), c.In(1), c.In(2), ignore)
	if err != nil {
		return nil, err
	}
	return one(l.loss(c, c.In(0)))
})

func (c *Call) ignoreInput(i int) (*int64, error) {
	if c.In(i) == nil {
		return nil, nil
	}
	v, err := c.integer(i, 0)
	return &v, err
}

func (c *Call) crossEntropy(ignore *int64) ([]*Tensor, error) {
	l, err := c.labels(c.In(0), c.In(1), c.In(2), ignore)
	if err != nil {
		return nil, err
	}
	logProb, err := c.logSoftmaxAlong(c.In(0), c.In(0).Dims, 1, func(x float64) float64 { return x })
	if err != nil {
		return nil, err
	}
	loss, err := l.loss(c, logProb)
	return []*Tensor{loss, logProb}, err
}

// labels says for every label where its score lies and what it weighs.
type labels struct {
	dims   []int64
	weight []float64 // 0 for a label that is ignored
	place  []int     // among the scores; -1 for a label that is ignored
	// first and step give the places of all scores that belong to a label.
	first         []int
	step, classes int
}

func (c *Call) labels(scores, label, weights *Tensor, ignore *int64) (*labels, error) {
	if len(scores.Dims) < 2 || !slices.Equal(label.Dims, slices.Concat(scores.Dims[:1], scores.Dims[2:])) {
		return nil, fmt.Errorf("labels %s for scores %s: %w", label, scores, ErrInput)
	}
	classes, inner := scores.Dims[1], product(scores.Dims[2:])
	if weights != nil && !slices.Equal(weights.Dims, []int64{classes}) {
		return nil, fmt.Errorf("weights %s for %d classes: %w", weights, classes, ErrInput)
	}
	n := label.Len()
	l := &labels{dims: label.Dims, step: int(inner), classes: int(classes),
		weight: make([]float64, n), place: make([]int, n), first: make([]int, n)}
	for k, y := range label.I {
		l.first[k] = int((int64(k)/inner)*classes*inner + int64(k)%inner)
		l.place[k] = -1
		if ignore != nil && y == *ignore {
			continue
		}
		if y < 0 || y >= classes {
			return nil, fmt.Errorf("label %d of %d classes: %w", y, classes, ErrInput)
		}
		l.place[k], l.weight[k] = l.first[k]+int(y)*l.step, 1
		if weights != nil {
			l.weight[k] = weights.F[y]
		}
	}
	return l, nil
}

// loss reduces the losses as attribute reduction says.
func (l *labels) loss(c *Call, logProb *Tensor) (*Tensor, error) {
	kind, err := c.text("reduction", "mean", "none", "sum", "mean")
	if err != nil {
		return nil, err
	}
	each, err := c.New(logProb.DType, l.dims)
	if err != nil {
		return nil, err
	}
	for k, p := range l.place {
		if p >= 0 {
			each.F[k] = -l.weight[k] * logProb.F[p]
		}
	}
	if kind == "none" {
		return each, nil
	}
	sum := total(each.F)
	if w := total(l.weight); kind == "mean" && w != 0 {
		sum /= w
	}
	return &Tensor{DType: logProb.DType, Dims: []int64{}, F: []float64{sum}}, nil
}

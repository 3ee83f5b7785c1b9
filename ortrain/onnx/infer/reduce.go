package infer

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

func reduce(c *Context) error {
	s := c.Shape(0)
	axes, given, known := c.axesOf(1)
	keep := c.Node.Int("keepdims", 1) != 0
	if s == nil || !known {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	if !given || len(axes) == 0 {
		if c.Node.Int("noop_with_empty_axes", 0) != 0 {
			return same(c)
		}
		axes = nil
		for i := range s {
			axes = append(axes, int64(i))
		}
	}
	gone := make([]bool, len(s))
	for _, a := range axes {
		k, err := normal(a, len(s))
		if err != nil {
			return err
		}
		gone[k] = true
	}
	out := onnx.Shape{}
	for i, d := range s {
		switch {
		case !gone[i]:
			out = append(out, d)
		case keep:
			out = append(out, onnx.Fixed(1))
		}
	}
	c.SetTensor(0, c.In(0).DType, out)
	return nil
}

func argReduce(c *Context) error {
	s := c.Shape(0)
	if s == nil {
		c.SetTensor(0, onnx.Int64, nil)
		return nil
	}
	k, err := normal(c.Node.Int("axis", 0), len(s))
	if err != nil {
		return err
	}
	out := append(onnx.Shape{}, s[:k]...)
	if c.Node.Int("keepdims", 1) != 0 {
		out = append(out, onnx.Fixed(1))
	}
	c.SetTensor(0, onnx.Int64, append(out, s[k+1:]...))
	return nil
}

// layerNormalization gives Y, and Mean and InvStdDev with ones in place of the
// normalised axes.
func layerNormalization(c *Context) error {
	t := c.In(0)
	c.SetTensor(0, t.DType, t.Shape)
	if t.Shape == nil {
		return nil
	}
	axis, err := normal(c.Node.Int("axis", -1), len(t.Shape))
	if err != nil {
		return err
	}
	if scale := c.Shape(1); len(scale) == 1 && axis == len(t.Shape)-1 {
		if d := t.Shape[axis]; d.Known() && scale[0].Known() && d.Size != scale[0].Size {
			return fmt.Errorf("scale %s for the last axis of %s: %w", scale, t.Shape, ErrShape)
		}
	}
	stat, d := statistic(t, axis)
	c.SetTensor(1, d, stat)
	c.SetTensor(2, d, stat)
	return nil
}

// statistic returns the type of a mean over the axes from axis on: float unless
// the data is double.
func statistic(t onnx.Type, axis int) (onnx.Shape, onnx.DType) {
	s := t.Shape.Clone()
	for i := axis; i < len(s); i++ {
		s[i] = onnx.Fixed(1)
	}
	if t.DType == onnx.Double {
		return s, onnx.Double
	}
	return s, onnx.Float
}

// simplifiedLayerNormalization is ONNX Runtime's root-mean-square form: Y and
// InvStdDev.
func simplifiedLayerNormalization(c *Context) error {
	t := c.In(0)
	c.SetTensor(0, t.DType, t.Shape)
	if t.Shape == nil {
		return nil
	}
	axis, err := normal(c.Node.Int("axis", -1), len(t.Shape))
	if err != nil {
		return err
	}
	stat, d := statistic(t, axis)
	c.SetTensor(1, d, stat)
	return nil
}

// skipLayerNormalization gives Y, Mean, InvStdDev and the sum that was
// normalised, all over the last axis.
func skipLayerNormalization(c *Context) error {
	t := c.In(0)
	c.SetTensor(0, t.DType, t.Shape)
	c.SetTensor(3, t.DType, t.Shape)
	if len(t.Shape) == 0 {
		return nil
	}
	stat, d := statistic(t, len(t.Shape)-1)
	c.SetTensor(1, d, stat)
	c.SetTensor(2, d, stat)
	return nil
}

func dropout(c *Context) error {
	t := c.In(0)
	c.SetTensor(0, t.DType, t.Shape)
	mask := onnx.Bool
	if c.Opset < 10 {
		mask = t.DType
	}
	c.SetTensor(1, mask, t.Shape)
	return nil
}

// softmaxCrossEntropyLoss gives the loss (a scalar unless reduction is none)
// and the log-probabilities.
func softmaxCrossEntropyLoss(c *Context) error {
	scores := c.In(0)
	if to := onnx.DType(c.Node.Int("output_type", 0)); to.Valid() {
		scores.DType = to // of SoftmaxCrossEntropyLossInternal
	}
	loss := onnx.NewShape()
	if c.Node.Str("reduction", "mean") == "none" {
		loss = c.Shape(1)
	}
	c.SetTensor(0, scores.DType, loss)
	c.SetTensor(1, scores.DType, scores.Shape)
	return nil
}

var _ = registerAll("", reduce, "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp")
var _ = registerAll("", argReduce, "ArgMax", "ArgMin")
var _ = register("", "LayerNormalization", layerNormalization)
var _ = register("", "Dropout", dropout)
var _ = registerAll("", softmaxCrossEntropyLoss, "SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss")
var _ = register("", "SimplifiedLayerNormalization", simplifiedLayerNormalization)
var _ = register(onnx.DomainMicrosoft, "SkipLayerNormalization", skipLayerNormalization)

package infer

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// gatherGrad has the shape that its first input holds.
func gatherGrad(shapeInput, gradInput int) Func {
	return func(c *Context) error {
		var s onnx.Shape
		if d := c.Data(shapeInput); d != nil && !negative(d) {
			s = onnx.Shape(d).Clone()
		}
		c.SetTensor(0, c.In(gradInput).DType, s)
		return nil
	}
}

// layerNormGrad gives the gradients of X, scale and bias from (dY, X, scale, …).
func layerNormGrad(c *Context) error {
	c.SetTensor(0, c.In(1).DType, c.Shape(1))
	c.SetTensor(1, c.In(2).DType, c.Shape(2))
	c.SetTensor(2, c.In(2).DType, c.Shape(2))
	return nil
}

func divGrad(c *Context) error {
	c.SetTensor(0, c.In(1).DType, c.Shape(1))
	c.SetTensor(1, c.In(2).DType, c.Shape(2))
	return nil
}

func concatTraining(c *Context) error {
	if err := concat(c); err != nil {
		return err
	}
	c.SetTensor(1, onnx.Int64, onnx.NewShape(int64(len(c.Node.Inputs))))
	return nil
}

func accumulator(c *Context) error {
	c.SetTensor(0, onnx.Bool, onnx.NewShape(1))
	c.SetTensor(1, c.In(0).DType, c.Shape(0))
	return nil
}

// broadcastGradientArgs knows the axes when it knows both shapes, or when what
// is not known is the same symbol on both sides.
func broadcastGradientArgs(c *Context) error {
	a, b := c.Data(0), c.Data(1)
	left, right, ok := broadcastAxes(a, b)
	if a == nil || b == nil || !ok {
		c.SetTensor(0, onnx.Int64, onnx.Shape{onnx.AnyDim})
		c.SetTensor(1, onnx.Int64, onnx.Shape{onnx.AnyDim})
		return nil
	}
	for i, axes := range [][]int64{left, right} {
		c.SetTensor(i, onnx.Int64, onnx.NewShape(int64(len(axes))))
		c.SetData(i, constantDims(axes))
	}
	return nil
}

// broadcastAxes returns the axes of the broadcast result along which each side
// was stretched, from the last to the first.
func broadcastAxes(a, b []onnx.Dim) (left, right []int64, ok bool) {
	rank := max(len(a), len(b))
	at := func(d []onnx.Dim, i int) onnx.Dim {
		if k := i - (rank - len(d)); k >= 0 {
			return d[k]
		}
		return onnx.Fixed(1)
	}
	left, right = []int64{}, []int64{}
	for i := rank - 1; i >= 0; i-- {
		x, y := at(a, i), at(b, i)
		switch {
		case i < rank-len(a):
			left = append(left, int64(i))
		case i < rank-len(b):
			right = append(right, int64(i))
		case x.Equal(y):
		case x.Known() && x.Size == 1 && y.Known():
			left = append(left, int64(i))
		case y.Known() && y.Size == 1 && x.Known():
			right = append(right, int64(i))
		default:
			return nil, nil, false
		}
	}
	return left, right, true
}

// lossGrad has the type of the log-probabilities, unless output_type says
// another element type.
func lossGrad(c *Context) error {
	t := c.In(1)
	if to := onnx.DType(c.Node.Int("output_type", 0)); to.Valid() {
		t.DType = to
	}
	c.SetTensor(0, t.DType, t.Shape)
	return nil
}

var _ = registerAll(onnx.DomainMicrosoft, same, "GeluGrad", "FastGeluGrad", "QuickGeluGrad", "BiasGeluGrad_dX", "BiasFastGeluGrad_dX",
	"TanhGrad", "SigmoidGrad", "ReluGrad", "SoftmaxGrad", "SoftmaxGrad_13", "LogSoftmaxGrad", "LogSoftmaxGrad_13", "DropoutGrad", "Scale")
var _ = registerAll(onnx.DomainMicrosoft, layerNormGrad, "LayerNormalizationGrad", "SimplifiedLayerNormalizationGrad")
var _ = registerAll(onnx.DomainMicrosoft, gatherGrad(0, 2), "GatherGrad", "GatherNDGrad")
var _ = register(onnx.DomainMicrosoft, "GatherElementsGrad", gatherGrad(1, 0))
var _ = register(onnx.DomainMicrosoft, "SliceGrad", gatherGrad(1, 0))
var _ = registerAll(onnx.DomainMicrosoft, lossGrad, "SoftmaxCrossEntropyLossGrad", "SoftmaxCrossEntropyLossInternalGrad")
var _ = register(onnx.DomainMicrosoft, "SoftmaxCrossEntropyLossInternal", softmaxCrossEntropyLoss)
var _ = register(onnx.DomainMicrosoft, "ConcatTraining", concatTraining)
var _ = register(onnx.DomainMicrosoft, "SplitTraining", split)
var _ = register(onnx.DomainMicrosoft, "ReduceSumTraining", reduce)
var _ = register(onnx.DomainMicrosoft, "DivGrad", divGrad)
var _ = register(onnx.DomainMicrosoft, "InPlaceAccumulatorV2", accumulator)
var _ = register(onnx.DomainMicrosoft, "BroadcastGradientArgs", broadcastGradientArgs)
var _ = register(onnx.DomainMicrosoft, "ReduceAllL2", func(c *Context) error {
	c.SetTensor(0, c.In(0).DType, onnx.NewShape())
	return nil
})

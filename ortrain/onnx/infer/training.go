package infer

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// gatherGrad has the shape that its first input holds.
func gatherGrad(shapeInput, gradInput int) Func {
	return func(c *Context) error {
		var s onnx.Shape
		if d := c.Data(shapeInput); d != nil {
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

func broadcastGradientArgs(c *Context) error {
	c.SetTensor(0, onnx.Int64, onnx.Shape{onnx.AnyDim})
	c.SetTensor(1, onnx.Int64, onnx.Shape{onnx.AnyDim})
	return nil
}

var _ = registerAll(onnx.DomainMicrosoft, same, "GeluGrad", "FastGeluGrad", "QuickGeluGrad", "BiasGeluGrad_dX", "BiasFastGeluGrad_dX",
	"TanhGrad", "SigmoidGrad", "ReluGrad", "SoftmaxGrad", "SoftmaxGrad_13", "LogSoftmaxGrad", "LogSoftmaxGrad_13", "DropoutGrad", "Scale")
var _ = registerAll(onnx.DomainMicrosoft, layerNormGrad, "LayerNormalizationGrad", "SimplifiedLayerNormalizationGrad")
var _ = register(onnx.DomainMicrosoft, "GatherGrad", gatherGrad(0, 2))
var _ = register(onnx.DomainMicrosoft, "SliceGrad", gatherGrad(1, 0))
var _ = registerAll(onnx.DomainMicrosoft, like(1), "SoftmaxCrossEntropyLossGrad", "SoftmaxCrossEntropyLossInternalGrad")
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

package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// ReduceSum-1, -11 (attribute axes), -13 (input axes): the sum.
var _ = register("", "ReduceSum", "N int?", reduction(reduceSum))

// com.microsoft.ReduceSumTraining-1: ReduceSum-13, whatever the model's opset.
var _ = register(onnx.DomainMicrosoft, "ReduceSumTraining", "N int?", reduction(reduceSum))

var reduceSum = reducer{total[float64], total[int64]}

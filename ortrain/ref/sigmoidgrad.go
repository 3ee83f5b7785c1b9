package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.SigmoidGrad-1 of (dY, Y): dX = dY·Y·(1 − Y).
var _ = register(onnx.DomainMicrosoft, "SigmoidGrad", "F F", arithmetic(func(dy, y float64) float64 { return dy * y * (1 - y) }, nil))

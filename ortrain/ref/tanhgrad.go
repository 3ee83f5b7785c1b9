package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.TanhGrad-1 of (dY, Y): dX = dY·(1 − Y²).
var _ = register(onnx.DomainMicrosoft, "TanhGrad", "F F", arithmetic(func(dy, y float64) float64 { return dy * (1 - y*y) }, nil))

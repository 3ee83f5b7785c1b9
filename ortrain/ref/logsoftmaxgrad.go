package ref

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.LogSoftmaxGrad_13-1 and LogSoftmaxGrad-1 (the old form, over all
// axes from axis on, 1 by default) of (dY, Y), where Y is the logarithm:
// dX = dY − e^Y·Σ dY.
var (
	_ = register(onnx.DomainMicrosoft, "LogSoftmaxGrad_13", "F F", logSoftmaxGrad(true))
	_ = register(onnx.DomainMicrosoft, "LogSoftmaxGrad", "F F", logSoftmaxGrad(false))
)

func logSoftmaxGrad(oneAxis bool) Func {
	return alongLines(oneAxis, func(dy, y, dx []float64) {
		sum := total(dy)
		for i := range y {
			dx[i] = dy[i] - math.Exp(y[i])*sum
		}
	})
}

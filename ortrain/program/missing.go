package program

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// absent lists operators of com.microsoft that only a training build of ONNX
// Runtime has, as training_op_defs.cc registers them.
var absent = func() map[string]bool {
	set := make(map[string]bool)
	for _, op := range strings.Fields(`
		AdamWOptimizer BatchNormInternal BatchNormalizationGrad BiasFastGeluGrad_dX BiasGeluGrad_dX BitmaskDropoutGrad
		BroadcastGradientArgs ConcatTraining ConvGrad DivGrad DropoutGrad FakeQuant FakeQuantGrad FastGeluGrad
		GatherElementsGrad GatherGrad GatherNDGrad GeluGrad Group GRUGrad GRUTraining InPlaceAccumulator InPlaceAccumulatorV2
		InplaceClipGradNorm InvertibleLayerNormalizationGrad IsFinite LayerNormalizationGrad LeakyReluGrad LogSoftmaxGrad
		LogSoftmaxGrad_13 LSTMGrad LSTMTraining MaxPoolGrad MixedPrecisionScale PadAndUnflatten PassThrough QuickGeluGrad
		ReduceAllL2 ReduceSumTraining ReluGrad SGDOptimizerV2 Scale ScaledSum SigmoidGrad SimplifiedLayerNormalizationGrad
		SliceGrad SoftmaxCrossEntropyLossGrad SoftmaxCrossEntropyLossInternal SoftmaxCrossEntropyLossInternalGrad
		SoftmaxDropoutGrad SoftmaxGrad SoftmaxGrad_13 SplitTraining SummaryScalar TanhGrad YieldOp ZeroGradient`) {
		set[op] = true
	}
	return set
}()

// missing reports every operator that lowering left and a stock runtime lacks.
func (l *lowering) missing() error {
	var faults []error
	for _, n := range l.model.Graph.Nodes {
		if n.Domain == onnx.DomainMicrosoft && absent[n.Op] && l.model.Function(n.Domain, n.Op, n.Overload) == nil {
			faults = append(faults, fmt.Errorf("node %q: %s.%s is an operator of training builds that has no other form here: %w", n.Name, n.Domain, n.Op, ErrLower))
		}
	}
	return errors.Join(faults...)
}

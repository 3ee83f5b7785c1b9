package variant

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// objective replaces the loss by one with divergences between predictions:
//
//	CEWeight·loss + Σ_m (KLWeights[m]·KL(target_m‖model) + KLReverse[m]·KL(model‖target_m))
//	CEWeight·loss + TwinWeight·KL(row‖partner)
//
// each divergence being the mean over the rows.
func (v *maker) objective() error {
	if !v.Targets && !v.Twin {
		return nil
	}
	logits, err := v.find.logits()
	if err != nil {
		return err
	}
	t := emit.New(v.model)
	t.Scope("variant")
	scalar := onnx.TensorOf(onnx.Float, onnx.NewShape())
	outputs := v.model.Graph.Outputs
	loss := outputs[0]
	weighted := t.Mul(t.Input(CEWeight, scalar), loss)
	logp := t.LogSoftmax(logits, -1)
	var total, plain *onnx.Value
	if v.Targets {
		total, plain = targets(t, logits, logp)
	} else {
		partner := t.Input(Partner, onnx.TensorOf(onnx.Int64, logits.Type.Shape[:1].Clone()))
		plain = meanDivergence(t, logp, t.Gather(logp, partner, 0), true)
		total = t.Mul(t.Input(TwinWeight, scalar), plain)
	}
	v.model.Graph.Outputs = nil
	t.Output(Objective, t.Add(weighted, total))
	t.Output(Divergence, plain)
	v.model.Graph.Outputs = append(v.model.Graph.Outputs, outputs...)
	if err := t.Err(); err != nil {
		return fmt.Errorf("variant: %w", err)
	}
	return nil
}

// targets returns the weighted sum of the divergences and the plain one.
//
// Shapes: logp [B,C] → [], [].
func targets(t *emit.Tape, logits, logp *onnx.Value) (total, plain *onnx.Value) {
	m := onnx.Symbol("M")
	list := onnx.TensorOf(onnx.Float, onnx.Shape{m})
	target := t.Input(Targets, onnx.TensorOf(onnx.Float, append(onnx.Shape{m}, logits.Type.Shape.Clone()...)))
	forward := meanDivergence(t, target, logp, false)
	reverse := meanDivergence(t, logp, target, false)
	a := t.Mul(t.Input(KLWeights, list), forward)
	b := t.Mul(t.Input(KLReverse, list), reverse)
	return t.ReduceSum(t.Add(a, b), false, 0), t.ReduceSum(t.Add(forward, reverse), false, 0)
}

// meanDivergence is the mean over rows of Σ_c e^p·(p − q), p and q being
// logarithms of probabilities: [B,C] with [M,B,C] → [M], or [B,C] both → [].
func meanDivergence(t *emit.Tape, p, q *onnx.Value, single bool) *onnx.Value {
	rows := t.ReduceSum(t.Mul(t.Exp(p), t.Sub(p, q)), false, -1)
	if single {
		return t.ReduceMean(rows, false, 0)
	}
	return t.ReduceMean(rows, false, 1)
}

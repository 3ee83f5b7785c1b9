package variant

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// cut splits the model in front of layer 1.
func (v *maker) cut() error {
	if v.Cut == Whole {
		return nil
	}
	x, err := v.find.layer(1)
	if err != nil {
		return err
	}
	if v.Cut == Upper {
		// The gradient gets the name of an output by a copy of x that everything
		// reads.
		return v.splice(x, func(t *emit.Tape) *onnx.Value {
			y := t.Identity(x)
			t.Rename(y, cutValue)
			v.wrt = append(v.wrt, y)
			return y
		})
	}
	t := emit.New(v.model)
	t.Scope("variant")
	inner := t.ReduceSum(t.Mul(x, t.Input(CutGrad, x.Type.Clone())), false, axes(x)...)
	v.model.Graph.Outputs = nil
	t.Output(Objective, inner)
	if err := t.Err(); err != nil {
		return fmt.Errorf("variant: %w", err)
	}
	return nil
}

// cutValue is the value whose gradient autodiff calls CutGrad.
const cutValue = "cut"

func axes(x *onnx.Value) []int64 {
	all := make([]int64, len(x.Type.Shape))
	for i := range all {
		all[i] = int64(i)
	}
	return all
}

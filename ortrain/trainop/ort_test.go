package trainop_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/autodiff/gradtest"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	"github.com/ortrain/ortrain/ortrain/pass"
	"github.com/ortrain/ortrain/ortrain/ref"
	"github.com/ortrain/ortrain/ortrain/trainop"
)

// stock runs a model on a stock runtime after prepare has changed it.
func stock(t *testing.T, prepare func(m *onnx.Model) error) gradtest.Runner {
	return func(ctx context.Context, m *onnx.Model, feeds tensors) (tensors, error) {
		if err := prepare(m); err != nil {
			return nil, err
		}
		data, err := wire.Encode(m)
		if err != nil {
			return nil, err
		}
		s, err := orttest.Env(t).NewSession(data, ort.Options{Name: t.Name(), IntraOpThreads: 1})
		if err != nil {
			return nil, err
		}
		defer s.Close()
		in := make([]*ort.Tensor, len(s.Inputs()))
		out := make([]*ort.Tensor, len(s.Outputs()))
		defer func() {
			for _, v := range slices.Concat(in, out) {
				_ = v.Close()
			}
		}()
		for i, port := range s.Inputs() {
			if in[i], err = toORT(feeds[port.Name]); err != nil {
				return nil, err
			}
		}
		if err := s.Run(ctx, in, out); err != nil {
			return nil, err
		}
		results := make(tensors)
		for i, port := range s.Outputs() {
			if results[port.Name], err = fromORT(out[i]); err != nil {
				return nil, err
			}
		}
		return results, nil
	}
}

func toORT(x *ref.Tensor) (*ort.Tensor, error) {
	t, err := ort.NewTensor(x.DType, x.Dims...)
	if err != nil {
		return nil, err
	}
	c, err := x.ONNX()
	if err != nil {
		return nil, err
	}
	copy(t.Bytes(), c.Raw)
	return t, nil
}

func fromORT(t *ort.Tensor) (*ref.Tensor, error) {
	if t.DType() == onnx.Bool {
		return ref.Bools(t.Shape(), t.Bools()...), nil
	}
	return ref.FromONNX(&onnx.Tensor{DType: t.DType(), Dims: t.Shape(), Raw: t.Bytes()})
}

func expand(m *onnx.Model) error { return pass.Rewrite(m, trainop.Expand) }

func call(m *onnx.Model) error {
	fs, err := trainop.Functions(m)
	m.Functions = append(m.Functions, fs...)
	return err
}

// float32Tolerance bounds differences relative to a tensor's largest value.
const float32Tolerance = 3e-6

// TestStockRuntime compares gradients on a stock runtime, by bodies and by
// functions, with the evaluator's own operators in float64.
func TestStockRuntime(t *testing.T) {
	orttest.Env(t)
	table := rules.Standard()
	c := gradtest.NewChecker(native)
	for _, r := range table.All() {
		t.Run(fmt.Sprintf("%s.%s", r.Domain, r.Op), func(t *testing.T) {
			r.Samples = slices.DeleteFunc(slices.Clone(r.Samples), func(s autodiff.Sample) bool {
				return r.Op == "Dropout" && s.Name == "training" // the runtime draws masks of its own
			})
			if err := c.Agree(t.Context(), table, r, stock(t, expand), float32Tolerance); err != nil {
				t.Error("expanded:", err)
			}
			r.Samples = slices.DeleteFunc(r.Samples, beyondFunctions(r.Op))
			if err := c.Agree(t.Context(), table, r, stock(t, call), float32Tolerance); err != nil {
				t.Error("as functions:", err)
			}
		})
	}
}

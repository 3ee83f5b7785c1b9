package task_test

import (
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
)

// onRuntime runs a model on a stock runtime, which expands the model-local
// functions itself.
func onRuntime(t *testing.T, m *onnx.Model, feeds map[string]*onnx.Tensor) map[string][]float64 {
	t.Helper()
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	data, err := wire.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	s := orttest.Session(t, data, ort.Options{IntraOpThreads: 1})
	var in []*ort.Tensor
	for _, info := range s.Inputs() {
		in = append(in, runtimeTensor(t, feeds[info.Name]))
	}
	out := make([]*ort.Tensor, len(s.Outputs()))
	if err := s.Run(t.Context(), in, out); err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]float64)
	for i, info := range s.Outputs() {
		for _, x := range out[i].Float32s() {
			got[info.Name] = append(got[info.Name], float64(x))
		}
		if err := out[i].Close(); err != nil {
			t.Error(err)
		}
	}
	return got
}

func runtimeTensor(t *testing.T, c *onnx.Tensor) *ort.Tensor {
	t.Helper()
	if c.DType == onnx.Float {
		x, err := c.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		return orttest.Tensor(t, c.Dims, x...)
	}
	x, err := c.Int64s()
	if err != nil {
		t.Fatal(err)
	}
	return orttest.Tensor(t, c.Dims, x...)
}

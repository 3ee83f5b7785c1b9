package task_test

import (
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ref"
)

// onReference runs a model in float64.
func onReference(t *testing.T, m *onnx.Model, feeds map[string]*onnx.Tensor) map[string][]float64 {
	t.Helper()
	in := make(map[string]*ref.Tensor, len(feeds))
	for name, c := range feeds {
		x, err := ref.FromONNX(c)
		if err != nil {
			t.Fatal(err)
		}
		in[name] = x
	}
	out, err := ref.Run(t.Context(), m, in)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]float64, len(out))
	for name, x := range out {
		got[name] = x.F
	}
	return got
}

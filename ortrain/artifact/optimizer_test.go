package artifact_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/optim"
)

func TestOptimizerModel(t *testing.T) {
	clipped := artifact.Optimizer{Kind: artifact.AdamW, Alpha: 0.8, Beta: 0.95, Epsilon: 1e-7, WeightDecay: 0.1, AdamMode: 1, ClipNorm: 0.5}
	for _, want := range []artifact.Optimizer{
		artifact.DefaultAdamW(), adamw, clipped,
		{Kind: artifact.SGD}, {Kind: artifact.SGD, ClipNorm: 1},
	} {
		data, err := wire.Encode(want.Model())
		if err != nil {
			t.Fatal(err)
		}
		m, err := wire.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		got, err := artifact.ParseOptimizer(m)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

// The operator's own defaults are not those of generate_artifacts.
func TestOptimizerDefaults(t *testing.T) {
	m := artifact.DefaultAdamW().Model()
	m.Graph.Nodes[0].Attrs = nil
	got, err := artifact.ParseOptimizer(m)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(artifact.Optimizer{Kind: artifact.AdamW, Alpha: 0.9, Beta: 0.999, Epsilon: 1e-8, WeightDecay: 0.01, CorrectBias: 1}, got); d != "" {
		t.Error(d)
	}
}

func TestForeignNorm(t *testing.T) {
	m := artifact.Optimizer{Kind: artifact.SGD, ClipNorm: 1}.Model()
	m.Graph.Nodes[0].Attrs = []onnx.Attr{onnx.StringAttr("norm_type", "inf")}
	if _, err := artifact.ParseOptimizer(m); !errors.Is(err, artifact.ErrFormat) {
		t.Errorf("got %v", err)
	}
}

// Constants come back as the numbers that somebody wrote, not as what 32 bits
// made of them.
func TestMethod(t *testing.T) {
	for _, c := range []struct {
		o     artifact.Optimizer
		want  optim.Method
		decay float64
	}{
		{adamw, optim.AdamW{Mode: native.HuggingFace, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-6}, 0},
		{artifact.Optimizer{Kind: artifact.AdamW, Alpha: 0.9, Beta: 0.98, Epsilon: 1e-8, WeightDecay: 0.01}, optim.AdamW{Beta1: 0.9, Beta2: 0.98, Epsilon: 1e-8, NoBiasCorrection: true}, 0.01},
		{artifact.Optimizer{Kind: artifact.SGD}, optim.SGD{}, 0},
	} {
		if d := cmp.Diff(c.want, c.o.Method()); d != "" {
			t.Error(d)
		}
		if r := c.o.Rates()("bias"); r != (optim.Rates{WeightDecay: c.decay, LRScale: 1}) {
			t.Errorf("rates %+v; the operator knows no exceptions", r)
		}
	}
}

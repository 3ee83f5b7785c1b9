package optim_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/pipeline/random"
)

// shared is the folder of common test data: $ORTRAIN_SHARED, or "shared" beside
// some folder above the test's.
func shared(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("ORTRAIN_SHARED"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		candidate := filepath.Join(dir, "shared", "testdata")
		if _, err := os.Stat(candidate); err == nil {
			return filepath.Dir(candidate)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skip("no shared test data: set ORTRAIN_SHARED to the folder that holds testdata/")
		}
		dir = parent
	}
}

// vectors are the training trajectories of ONNX Runtime's own tests.
func vectors(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shared(t), "testdata/ort-artifacts/microsoft-onnxruntime/test_data_generation", pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no %s in the shared test data", pattern)
	}
	return files
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func newOptimizer(t *testing.T, k native.Kernels, params []optim.Parameter, method optim.Method, rule optim.Rule) *optim.Optimizer {
	t.Helper()
	o, err := optim.New(k, params, method, rule)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func normal(s *random.Stream, n int, scale float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(scale * s.Normal())
	}
	return x
}

func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s[%d] = %v, want %v", what, i, got[i], want[i])
		}
	}
}

func near(t *testing.T, what string, got []float32, want []float64, bound float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if d := math.Abs(float64(got[i]) - want[i]); !(d <= bound) {
			t.Fatalf("%s[%d] = %v, want %v: off by %.2g", what, i, got[i], want[i], d)
		}
	}
}

func clone(x []float32) []float32 { return append([]float32(nil), x...) }

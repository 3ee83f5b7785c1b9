package optim_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/optim"
)

// trajectory is a file of ONNX Runtime's optimizer tests: per name one list of
// values per state, eleven states around ten steps.
type trajectory struct {
	Parameters, Gradients, Momentum1s, Momentum2s map[string][][]float64
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// follow trains along a trajectory and compares weights and moments after every
// step.
func follow(t *testing.T, file string, method optim.Method, weightDecay float64) {
	t.Helper()
	var tr trajectory
	readJSON(t, file, &tr)
	var params []optim.Parameter
	for name, states := range tr.Parameters {
		params = append(params, optim.Parameter{Name: name, Data: narrow(states[0]), Shape: []int64{int64(len(states[0]))}, Trainable: true})
	}
	every := func(string) optim.Rates { return optim.Rates{WeightDecay: weightDecay, LRScale: 1} }
	o := newOptimizer(t, native.New(2), params, method, every)
	for step := range tr.Gradients[params[0].Name] {
		grads := make(optim.Gradients, len(params))
		for i, p := range params {
			grads[i].Dense = narrow(tr.Gradients[p.Name][step])
		}
		if _, err := o.Step(t.Context(), grads, optim.StepInfo{LR: 1e-3, Divisor: 1}); err != nil {
			t.Fatal(err)
		}
		for _, p := range params {
			near(t, p.Name, p.Data, tr.Parameters[p.Name][step+1], 1e-6)
		}
		moments := map[string]map[string][][]float64{"momentum0": tr.Momentum1s, "momentum1": tr.Momentum2s}
		for _, m := range o.State().Moments {
			near(t, m.Parameter+" "+m.Moment, m.Data, moments[m.Moment][m.Parameter][step+1], 1e-6)
		}
	}
}

func TestAdamWFollowsOfficialTrajectories(t *testing.T) {
	for _, file := range vectors(t, "adamw_test/*/*.json") {
		t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) {
			if strings.Contains(file, "mode_0") {
				follow(t, file, optim.DefaultAdamW(), 0.01)
				return
			}
			follow(t, file, optim.AdamW{Mode: native.HuggingFace, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-6}, 0)
		})
	}
}

func TestSGDFollowsOfficialTrajectories(t *testing.T) {
	for _, file := range vectors(t, "sgd_test/*/*.json") {
		t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) {
			follow(t, file, optim.SGD{}, 0)
		})
	}
}

func TestLinearScheduleFollowsOfficialVectors(t *testing.T) {
	warmups := map[string]int64{"0": 0, "30": 30, "70": 70, "200": 200}
	for _, file := range vectors(t, "lr_scheduler/*.json") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, rest, _ := strings.Cut(filepath.Base(file), "warmupstep-")
			number, _, _ := strings.Cut(strings.TrimSuffix(rest, ".json"), "_")
			warmup, known := warmups[number]
			if !known {
				t.Fatalf("no warm-up steps in %s", file)
			}
			var points [][2]any
			readJSON(t, file, &points)
			s := optim.Schedule{Kind: "linear", LR: 1e-3, Warmup: warmup, Total: 100}
			for _, p := range points {
				step, want := int64(p[0].(float64)), p[1].([]any)[0].(float64)
				near(t, "rate", []float32{float32(s.At(step))}, []float64{want}, 1e-9)
			}
		})
	}
}

package gradtest_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/autodiff/gradtest"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
	"github.com/ortrain/ortrain/ortrain/ref"
)

type tensors = map[string]*ref.Tensor

func reference(ctx context.Context, m *onnx.Model, feeds tensors) (tensors, error) {
	e, err := ref.New(m, ref.Options{Dropout: &ref.Dropout{Seed: 1}})
	if err != nil {
		return nil, err
	}
	return e.Run(ctx, feeds)
}

// changed returns the standard rule of an operator with its gradients passed
// through f.
func changed(t *testing.T, op string, f func(t *emit.Tape, dx []*onnx.Value, need []bool)) autodiff.Rule {
	t.Helper()
	found, ok := rules.Standard().Lookup("", op, 17)
	if !ok {
		t.Fatalf("no rule of %s", op)
	}
	r := *found
	r.VJP = func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, need []bool) []*onnx.Value {
		dx := found.VJP(t, n, dy, need)
		f(t, dx, need)
		return dx
	}
	return r
}

func check(t *testing.T, r autodiff.Rule) error {
	t.Helper()
	c := gradtest.NewChecker(reference)
	c.First, c.Last = 17, 17
	return c.Rule(t.Context(), rules.Standard().With(r), r)
}

// scaled multiplies the first gradient by a factor.
func scaled(factor float64) func(*emit.Tape, []*onnx.Value, []bool) {
	return func(t *emit.Tape, dx []*onnx.Value, _ []bool) { dx[0] = t.Mul(dx[0], t.Like(dx[0], factor)) }
}

// TestFivePercentIsFound changes a constant in every rule of the table.
func TestFivePercentIsFound(t *testing.T) {
	table := rules.Standard()
	for _, r := range table.All() {
		t.Run(r.Domain+r.Op, func(t *testing.T) {
			found := r.VJP
			r.VJP = func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, need []bool) []*onnx.Value {
				dx := append([]*onnx.Value{}, found(t, n, dy, need)...)
				for i, v := range dx {
					if need[i] && v != nil {
						dx[i] = t.Mul(v, t.Like(v, 1.05))
					}
				}
				return dx
			}
			c := gradtest.NewChecker(reference)
			c.First, c.Last = 20, 20
			all := r.Samples
			for _, s := range all {
				if s.Name == "all ignored" || s.Name == "same value" || s.Until != 0 {
					continue // a gradient of 0 (x − x, x/x) whatever the factor; another opset
				}
				r.Samples = []autodiff.Sample{s}
				err := c.Rule(t.Context(), table.With(r), r)
				if err == nil || !strings.Contains(err.Error(), "directional derivative") {
					t.Errorf("sample %q: error is %v; a wrong derivative is expected", s.Name, err)
				}
			}
		})
	}
}

func TestFaultsAreFound(t *testing.T) {
	softmax := changed(t, "Softmax", func(*emit.Tape, []*onnx.Value, []bool) {})
	softmax.VJP = func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, _ []bool) []*onnx.Value {
		return []*onnx.Value{t.Mul(dy[0], n.Outputs[0])} // lacks − y·Σ y·dy
	}
	greedy := changed(t, "Mul", func(t *emit.Tape, dx []*onnx.Value, need []bool) {
		if !need[1] { // wrong only when b is not wanted
			dx[0] = t.Neg(dx[0])
		}
	})
	greedy.Samples = greedy.Samples[:1]
	for name, r := range map[string]struct {
		rule autodiff.Rule
		want string
	}{
		"sign":     {changed(t, "Tanh", scaled(-1)), "directional derivative"},
		"softmax":  {softmax, "directional derivative"},
		"alone":    {greedy, "when no other is wanted"},
		"nan":      {changed(t, "Exp", scaled(math.NaN())), "directional derivative NaN"},
		"nothing":  {changed(t, "Neg", func(_ *emit.Tape, dx []*onnx.Value, _ []bool) { dx[0] = nil }), "there is no gradient of x0"},
		"printing": {changed(t, "Tanh", scaled(2)), "= TanhGrad("},
	} {
		if err := check(t, r.rule); err == nil || !strings.Contains(err.Error(), r.want) {
			t.Errorf("%s: error is %v; %q is expected", name, err, r.want)
		}
	}
}

func TestSamplesThatProveNothing(t *testing.T) {
	r := changed(t, "Neg", func(*emit.Tape, []*onnx.Value, []bool) {})
	r.Samples = r.Samples[:1]
	integers := r
	integers.Samples = []autodiff.Sample{{Name: "integers", Inputs: []autodiff.Input{{Sizes: []int64{1}, Ints: []int64{3}}},
		Make: func(t *emit.Tape, in []*onnx.Value) []*onnx.Value { return []*onnx.Value{t.Neg(in[0])} }}}
	never := r
	never.Since = 30
	for name, test := range map[string]struct {
		rule autodiff.Rule
		want string
	}{
		"integers": {integers, "nothing to differentiate"},
		"opsets":   {never, "no opset in 17 … 17"},
	} {
		if err := check(t, test.rule); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v; %q is expected", name, err, test.want)
		}
	}
}

func TestAgree(t *testing.T) {
	c := gradtest.NewChecker(reference)
	r := changed(t, "Tanh", func(*emit.Tape, []*onnx.Value, []bool) {})
	if err := c.Agree(t.Context(), rules.Standard(), r, reference, 0); err != nil {
		t.Error(err)
	}
	off := func(ctx context.Context, m *onnx.Model, feeds tensors) (tensors, error) {
		out, err := ref.Run(ctx, m, feeds)
		for _, v := range out {
			v.F[0] += 1e-3
		}
		return out, err
	}
	if err := c.Agree(t.Context(), rules.Standard(), r, off, 1e-5); err == nil || !strings.Contains(err.Error(), "differs by") {
		t.Errorf("error is %v; a difference is expected", err)
	}
	broken := errors.New("broken")
	fails := func(context.Context, *onnx.Model, tensors) (tensors, error) { return nil, broken }
	if err := c.Agree(t.Context(), rules.Standard(), r, fails, 1e-5); !errors.Is(err, broken) {
		t.Errorf("error is %v; that of the runner is expected", err)
	}
}

func TestDifference(t *testing.T) {
	a := ref.Floats([]int64{2}, 1, 4)
	for _, test := range []struct {
		got  *ref.Tensor
		want float64
	}{
		{ref.Floats([]int64{2}, 1, 4), 0},
		{ref.Floats([]int64{2}, 1, 3), 0.25},
		{ref.Floats([]int64{2}, math.NaN(), 4), math.Inf(1)},
		{ref.Floats([]int64{1}, 1), math.Inf(1)},
		{ref.Floats([]int64{1, 2}, 1, 4), math.Inf(1)},
		{nil, math.Inf(1)},
	} {
		if d := gradtest.Difference(test.got, a); d != test.want {
			t.Errorf("difference of %v is %v; %v is expected", test.got, d, test.want)
		}
	}
}

func Example() {
	// cos is a rule that the standard table lacks, with its sign forgotten.
	cos := autodiff.Rule{
		Op: "Cos", Since: 7, Doc: "y = cos x: dx = −dy·sin x",
		VJP: func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, _ []bool) []*onnx.Value {
			return []*onnx.Value{t.Mul(dy[0], t.Op("Sin", n.Inputs))}
		},
		Samples: []autodiff.Sample{{
			Name: "vector", Inputs: []autodiff.Input{{Sizes: []int64{5}, Low: -2, High: 2}},
			Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value { return []*onnx.Value{t.Op("Cos", x)} },
		}},
	}
	err := gradtest.NewChecker(reference).Rule(context.Background(), rules.Standard().With(cos), cos)
	fmt.Println(strings.Contains(err.Error(), `Cos-7, sample "vector": opset 13, sizes declared: directional derivative`))
	// Output: true
}

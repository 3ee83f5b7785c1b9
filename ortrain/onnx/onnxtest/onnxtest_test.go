package onnxtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
)

// recorder is a testing.TB that notes what is reported to it.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.said += fmt.Sprintf(format, args...)
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(r) // as runtime.Goexit would end the test
}

func TestDiff(t *testing.T) {
	const a = `g (float[2] x) => (float[2] y) <float[2] w = {1, 2}, float[2] t> { t = Mul (x, w) y = Neg (t) }`
	cases := []struct {
		name, b string
		options []onnxtest.Option
		want    []string // "" for equal
	}{
		{"equal", a, nil, nil},
		{"operator", strings.Replace(a, "Neg", "Abs", 1), nil, []string{"-   y = Neg (t)", "+   y = Abs (t)"}},
		{"data", strings.Replace(a, "{1, 2}", "{1, 3}", 1), nil, []string{"+   float[2] w = {1.0, 3.0}"}},
		{"name", strings.ReplaceAll(a, "w", "v"), nil, []string{"- ", "+ "}},
		{"ignored name", strings.ReplaceAll(a, "w", "v"), []onnxtest.Option{onnxtest.IgnoreNames}, nil},
		{"other operand", strings.Replace(a, "Neg (t)", "Neg (w)", 1), []onnxtest.Option{onnxtest.IgnoreNames}, []string{"Neg"}},
		{"type", strings.Replace(a, "float[2] t", "float[N] t", 1), nil, []string{"float[N] t"}},
		{"ignored type", strings.Replace(a, "float[2] t", "float[N] t", 1), []onnxtest.Option{onnxtest.IgnoreTypes}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := onnxtest.Diff(onnxtest.MustParse(t, a), onnxtest.MustParse(t, c.b), c.options...)
			if (got == "") != (len(c.want) == 0) {
				t.Fatalf("difference %q", got)
			}
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in the difference\n%s", want, got)
				}
			}
		})
	}
}

func TestDiffLeavesModelsAlone(t *testing.T) {
	m := onnxtest.Exotic(1)
	before := onnx.Format(m)
	onnxtest.Diff(m, onnxtest.Exotic(2), onnxtest.IgnoreNames, onnxtest.IgnoreTypes)
	if onnx.Format(m) != before {
		t.Error("Diff changed a model")
	}
}

func TestEqualReports(t *testing.T) {
	r := &recorder{TB: t}
	onnxtest.Equal(r, onnxtest.Random(1), onnxtest.Random(1))
	if r.said != "" {
		t.Errorf("equal models reported as %s", r.said)
	}
	onnxtest.Equal(r, onnxtest.Random(1), onnxtest.Random(2))
	if !strings.Contains(r.said, "models differ") {
		t.Errorf("different models reported as %q", r.said)
	}
}

func TestMustParseEndsTheTest(t *testing.T) {
	r := &recorder{TB: t}
	defer func() {
		if recover() == nil || !strings.Contains(r.said, "parsing a model") {
			t.Errorf("a text that is no model went through: %q", r.said)
		}
	}()
	onnxtest.MustParse(r, "no model")
}

func TestSeedsRepeatAndDiffer(t *testing.T) {
	seen := make(map[string]bool)
	for seed := range uint64(20) {
		for _, make := range []func(uint64) *onnx.Model{onnxtest.Random, onnxtest.Exotic} {
			text := onnx.Format(make(seed))
			if again := onnx.Format(make(seed)); again != text {
				t.Fatalf("seed %d gives two models", seed)
			}
			if seen[text] {
				t.Fatalf("seed %d gives a model again", seed)
			}
			seen[text] = true
		}
	}
}

func ExampleDiff() {
	a, _ := onnx.Parse("g (float x) => (float y) { y = Neg (x) }")
	b, _ := onnx.Parse("g (float x) => (float y) { y = Abs (x) }")
	fmt.Print(onnxtest.Diff(a, b))
	// Output:
	// from line 6 on
	// -   y = Neg (x)
	// +   y = Abs (x)
}

package trainop_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/autodiff/gradtest"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ref"
	"github.com/ortrain/ortrain/ortrain/trainop"
)

type tensors = map[string]*ref.Tensor

// native runs models on the operators that the evaluator has of its own.
func native(ctx context.Context, m *onnx.Model, feeds tensors) (tensors, error) {
	return evaluate(ctx, m, feeds, ref.Options{})
}

// evaluate runs a model with the same dropout masks every time.
func evaluate(ctx context.Context, m *onnx.Model, feeds tensors, o ref.Options) (tensors, error) {
	o.Dropout = &ref.Dropout{Seed: 1}
	e, err := ref.New(m, o)
	if err != nil {
		return nil, err
	}
	return e.Run(ctx, feeds)
}

// expanded runs models without a single operator of this package.
func expanded(ctx context.Context, m *onnx.Model, feeds tensors) (tensors, error) {
	if err := expand(m); err != nil {
		return nil, err
	}
	for _, n := range m.Graph.Nodes {
		if _, ok := trainop.Lookup(n.Domain, n.Op); ok {
			return nil, errors.New(n.Op + " is left")
		}
	}
	return evaluate(ctx, m, feeds, ref.Options{})
}

// called runs models with their operators as functions where there is a form.
func called(ctx context.Context, m *onnx.Model, feeds tensors) (tensors, error) {
	if err := call(m); err != nil {
		return nil, err
	}
	return evaluate(ctx, m, feeds, ref.Options{PreferFunctions: true})
}

// TestExpandedGradients differentiates with bodies in place of operators.
func TestExpandedGradients(t *testing.T) {
	gradtest.NewChecker(expanded).Test(t, rules.Standard())
}

// limited are samples outside of what the function form of an operator does.
var limited = map[string][]string{
	"SoftmaxCrossEntropyLoss": {"sum", "none", "none, ignored", "weighted", "weighted, ignored", "weighted sum", "axes, none"},
	"Slice":                   {"leading", "step", "backwards", "two steps"},
}

func beyondFunctions(op string) func(autodiff.Sample) bool {
	return func(s autodiff.Sample) bool { return slices.Contains(limited[op], s.Name) }
}

// TestFunctionGradients differentiates with functions in place of operators.
func TestFunctionGradients(t *testing.T) {
	table := rules.Standard()
	c := gradtest.NewChecker(called)
	for _, r := range table.All() {
		t.Run(r.Domain+"."+r.Op, func(t *testing.T) {
			r.Samples = slices.DeleteFunc(slices.Clone(r.Samples), beyondFunctions(r.Op))
			if err := c.Rule(t.Context(), table, r); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFunctionForm(t *testing.T) {
	for _, o := range trainop.All() {
		t.Run(o.Name, func(t *testing.T) {
			for opset := int64(13); opset <= 21; opset++ {
				f, err := o.Function(opset)
				if o.Variadic || o.Domain == onnx.DomainDefault {
					if !errors.Is(err, trainop.ErrNoFunction) {
						t.Fatalf("error is %v; ErrNoFunction is expected", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if f.Domain != o.Domain || f.Name != o.Name || f.Opsets[""] != opset || len(f.Outputs) != len(o.Outputs) {
					t.Fatalf("function %s.%s at %v with %d outputs", f.Domain, f.Name, f.Opsets, len(f.Outputs))
				}
				for i, v := range f.Outputs {
					if v.Name != o.Outputs[i] {
						t.Errorf("output %d is called %q; %q is expected", i, v.Name, o.Outputs[i])
					}
				}
			}
		})
	}
}

func TestEveryOpIsDescribed(t *testing.T) {
	for _, o := range trainop.All() {
		if o.Doc == "" || o.Source == "" || len(o.Inputs) == 0 || len(o.Outputs) == 0 {
			t.Errorf("%s lacks a formula, a source, inputs or outputs", o.Name)
		}
	}
}

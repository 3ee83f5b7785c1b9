package rules_test

import (
	"context"
	"testing"

	"github.com/ortrain/ortrain/ortrain/autodiff/gradtest"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ref"
)

// reference runs models on the float64 evaluator, with the same dropout masks
// every time.
func reference(ctx context.Context, m *onnx.Model, feeds map[string]*ref.Tensor) (map[string]*ref.Tensor, error) {
	e, err := ref.New(m, ref.Options{Dropout: &ref.Dropout{Seed: 1}})
	if err != nil {
		return nil, err
	}
	return e.Run(ctx, feeds)
}

// TestRules checks every rule against finite differences at opsets 13 to 21: a
// new file is tested the moment it exists.
func TestRules(t *testing.T) {
	gradtest.NewChecker(reference).Test(t, rules.Standard())
}

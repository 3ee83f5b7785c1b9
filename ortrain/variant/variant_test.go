package variant_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
	"github.com/ortrain/ortrain/ortrain/variant"
)

// classifier is a bag of words: table, sum over the tokens, linear layer, loss.
// lookups says how often input_ids are looked up.
func classifier(lookups int, norm bool) (*onnx.Model, []string) {
	m := &onnx.Model{
		IRVersion: 8, Opsets: onnx.Opsets{onnx.DomainDefault: 17, onnx.DomainMicrosoft: 1}, Graph: &onnx.Graph{Name: "bag"},
	}
	t := emit.New(m)
	float := func(dims ...onnx.Dim) onnx.Type { return onnx.TensorOf(onnx.Float, onnx.Shape(dims)) }
	ids := t.Input("input_ids", onnx.TensorOf(onnx.Int64, onnx.Shape{onnx.Symbol("B"), onnx.Symbol("S")}))
	labels := t.Input("labels", onnx.TensorOf(onnx.Int64, onnx.Shape{onnx.Symbol("B")}))
	var x *onnx.Value
	params := []string{"head.weight"}
	for i := range lookups {
		name := fmt.Sprintf("words%d", i)
		params = append(params, name)
		y := t.Gather(t.Input(name, float(onnx.Fixed(9), onnx.Fixed(4))), ids, 0)
		if i == 0 {
			x = y
		} else {
			x = t.Add(x, y)
		}
	}
	if norm {
		params = append(params, "scale", "bias")
		x, _, _ = t.LayerNormalization(x, t.Input("scale", float(onnx.Fixed(4))), t.Input("bias", float(onnx.Fixed(4))), 1e-5)
	}
	logits := t.MatMul(t.ReduceSum(x, false, 1), t.Input("head.weight", float(onnx.Fixed(4), onnx.Fixed(3))))
	t.Output("loss", t.Node(onnx.DomainDefault, "SoftmaxCrossEntropyLoss", 1, []*onnx.Value{logits, labels}, onnx.StringAttr("reduction", "mean"))[0])
	if t.Err() != nil {
		panic(t.Err())
	}
	return m, params
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		lookups int
		norm    bool
		spec    variant.Spec
		says    string
	}{
		"two lookups": {2, false, variant.Spec{Delta: variant.Lookup}, "a single embedding sum is needed"},
		"no norm":     {1, false, variant.Spec{Delta: variant.EmbeddingOutput}, "is not normalised"},
		"no layers":   {1, true, variant.Spec{Cut: variant.Upper}, "parameter of layer 1"},
		"no bias":     {1, true, variant.Spec{Mix: variant.Hidden, Layer: 1, Targets: true}, "no node reads a parameter of layer 1"},
		"odd place":   {1, true, variant.Spec{Delta: variant.Pooled}, "cannot be added at"},
	} {
		m, params := classifier(c.lookups, c.norm)
		_, err := variant.Make(m, params, rules.Standard(), c.spec)
		if !errors.Is(err, variant.ErrVariant) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
}

func TestMakeLeavesTheModelAlone(t *testing.T) {
	m, params := classifier(1, true)
	before := fmt.Sprint(len(m.Graph.Nodes), len(m.Graph.Inputs), len(m.Graph.Outputs))
	made, err := variant.Make(m, params, rules.Standard(), variant.Spec{Delta: variant.EmbeddingOutput, Targets: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Check(); err != nil {
		t.Error(err)
	}
	if after := fmt.Sprint(len(m.Graph.Nodes), len(m.Graph.Inputs), len(m.Graph.Outputs)); after != before {
		t.Errorf("the model had %s nodes, inputs, outputs and has %s", before, after)
	}
	for _, name := range []string{variant.DeltaInput, variant.Targets, variant.CEWeight, variant.KLWeights, variant.KLReverse} {
		if made.Graph.Input(name) == nil {
			t.Errorf("there is no input %s", name)
		}
	}
}

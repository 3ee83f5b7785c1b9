package autodiff_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// model returns an empty model and its tape.
func model() (*onnx.Model, *emit.Tape) {
	m := &onnx.Model{IRVersion: 8, Graph: &onnx.Graph{Name: "g"}, Opsets: onnx.Opsets{"": 17, onnx.DomainMicrosoft: 1}}
	return m, emit.New(m)
}

func float(dims ...onnx.Dim) onnx.Type {
	if dims == nil {
		dims = []onnx.Dim{}
	}
	return onnx.TensorOf(onnx.Float, dims)
}

var (
	dimB, dimH, dimC = onnx.Symbol("B"), onnx.Fixed(4), onnx.Fixed(3)
)

// classifier is y = tanh(x @ w + b), loss = Σ y·y, with parameters w and b.
func classifier(t *testing.T) (m *onnx.Model, loss *onnx.Value, params []*onnx.Value) {
	t.Helper()
	m, tape := model()
	x := tape.Input("x", float(dimB, dimH))
	w := tape.Input("w", float(dimH, dimC))
	b := tape.Input("b", float(dimC))
	tape.Scope("layer")
	y := tape.Tanh(tape.Add(tape.MatMul(x, w), b))
	tape.Scope("loss")
	loss = tape.ReduceSum(tape.Mul(y, y), false)
	tape.Output("loss", loss)
	if err := tape.Err(); err != nil {
		t.Fatal(err)
	}
	return m, loss, []*onnx.Value{w, b}
}

func names[T any](list []T, of func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = of(v)
	}
	return out
}

func nodeNames(nodes []*onnx.Node) []string {
	return names(nodes, func(n *onnx.Node) string { return n.Name })
}

func TestBuildNamesWhatOnnxRuntimeDoes(t *testing.T) {
	m, loss, params := classifier(t)
	forward := len(m.Graph.Nodes)
	res, err := autodiff.Build(m, rules.Standard(), autodiff.Options{Loss: loss, Wrt: params})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range params {
		g := res.Grads[p]
		if g == nil || g.Name != p.Name+"_grad" || !g.Type.Shape.Equal(p.Type.Shape) || g.Type.DType != onnx.Float {
			t.Errorf("gradient of %v is %v", p, g)
		}
	}
	if res.Seed == nil || res.Seed.Name != "loss_grad" || res.Seed.Init == nil || len(res.Seed.Type.Shape) != 0 {
		t.Errorf("seed is %v; the scalar initializer loss_grad is expected", res.Seed)
	}
	got := nodeNames(m.Graph.Nodes[forward:])
	want := []string{
		"loss/ReduceSum_Grad/Shape_0", "loss/ReduceSum_Grad/Expand_1",
		"loss/Mul_Grad/Mul_0", "loss/Mul_Grad/Mul_1", "AccumulateGrad_layer/Tanh_grad",
		"layer/Tanh_Grad/TanhGrad_0", "layer/Add_Grad/ReduceSum_0", "layer/MatMul_Grad/Gemm_0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("backward nodes\n got %q\nwant %q", got, want)
	}
	values := m.Graph.Values()
	for _, name := range []string{"layer/Tanh_grad", "layer/Tanh_grad_0", "layer/Tanh_grad_1", "layer/Add_grad", "b_grad"} {
		if values[name] == nil {
			t.Errorf("there is no value %q", name)
		}
	}
	if values["x_grad"] != nil {
		t.Error("a gradient that nobody wants was built: x_grad")
	}
	if err := m.Check(); err != nil {
		t.Error(err)
	}
}

func TestGradientsOfTheirOwn(t *testing.T) {
	// Both parameters get the very same gradient; each needs its own value.
	m, tape := model()
	a, b := tape.Input("a", float(dimC)), tape.Input("b", float(dimC))
	loss := tape.ReduceSum(tape.Add(a, b), false)
	res, err := autodiff.Build(m, rules.Standard(), autodiff.Options{Loss: loss, Wrt: []*onnx.Value{a, b}})
	if err != nil {
		t.Fatal(err)
	}
	if res.Grads[a] == res.Grads[b] || res.Grads[a].Name != "a_grad" || res.Grads[b].Name != "b_grad" {
		t.Errorf("gradients are %v and %v; two values named after a and b are expected", res.Grads[a], res.Grads[b])
	}
}

func TestMissingRulesAreListedTogether(t *testing.T) {
	m, tape := model()
	w := tape.Input("w", float(dimB, dimC))
	tape.Scope("first")
	s := tape.Op("Sin", []*onnx.Value{w})
	tape.Scope("second")
	y := tape.Op("Cos", []*onnx.Value{tape.Tanh(s)})
	// Not on the way to the loss, so it needs no rule.
	tape.Op("Sign", []*onnx.Value{y})
	tape.Scope("")
	loss := tape.ReduceSum(y, false)
	before := len(m.Graph.Nodes)
	_, err := autodiff.Build(m, rules.Standard(), autodiff.Options{Loss: loss, Wrt: []*onnx.Value{w}})
	var missing *autodiff.NoRuleError
	if !errors.As(err, &missing) || !errors.Is(err, autodiff.ErrNoRule) {
		t.Fatalf("error is %v; a NoRuleError is expected", err)
	}
	got := names(missing.Missing, func(m autodiff.Missing) string { return m.Op })
	if !slices.Equal(got, []string{"Sin", "Cos"}) {
		t.Errorf("missing operators are %q; Sin and Cos are", got)
	}
	if path := strings.Join(missing.Missing[0].Path, " "); path != "first/Sin second/Tanh second/Cos ReduceSum" {
		t.Errorf("path from Sin to the loss is %q", path)
	}
	for _, part := range []string{`node "first/Sin": Sin, opset 17`, `node "second/Cos": Cos, opset 17`, "second/Cos → ReduceSum"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q:\n%v", part, err)
		}
	}
	if len(m.Graph.Nodes) != before {
		t.Error("the graph was changed")
	}
}

func TestOldOpsetIsNamed(t *testing.T) {
	m, tape := model()
	m.Opsets[""] = 12
	w := tape.Input("w", float(dimB, dimC))
	y := &onnx.Value{Name: "y", Type: float(dimB, dimC)}
	m.Graph.Nodes = append(m.Graph.Nodes, onnx.NewNode("", "Softmax", []*onnx.Value{w}, []*onnx.Value{y}))
	grad := tape.Input("dy", y.Type)
	_, err := autodiff.Build(m, rules.Standard(), autodiff.Options{
		Cotangents: []autodiff.Cotangent{{Value: y, Grad: grad}}, Wrt: []*onnx.Value{w},
	})
	if !errors.Is(err, autodiff.ErrNoRule) || !strings.Contains(err.Error(), "there is a rule for opset 13") {
		t.Errorf("error is %v; a hint at opset 13 is expected", err)
	}
}

func TestStops(t *testing.T) {
	m, tape := model()
	w := tape.Input("w", float(dimB, dimC))
	tape.Scope("int")
	rounded := tape.Cast(tape.Cast(w, onnx.Int64), onnx.Float)
	tape.Scope("cond")
	sign := tape.Op("Greater", []*onnx.Value{w, tape.Float(0)})
	tape.Scope("shape")
	shape := tape.Shape(w)
	tape.Scope("")
	y := tape.ReshapeLike(tape.Where(sign, tape.Mul(w, rounded), w), shape)
	loss := tape.ReduceSum(y, false)
	res, err := autodiff.Build(m, rules.Standard(), autodiff.Options{Loss: loss, Wrt: []*onnx.Value{w}})
	if err != nil {
		t.Fatal(err)
	}
	status := make(map[string]autodiff.Status)
	for _, e := range res.Report {
		status[e.Node.Name] = e.Status
	}
	for name, want := range map[string]autodiff.Status{
		"int/Cast": autodiff.Stopped, "int/Cast_1": autodiff.Constant, "cond/Greater": autodiff.Stopped, "shape/Shape": autodiff.Stopped,
		"Mul": autodiff.Differentiated, "Where": autodiff.Differentiated, "Reshape": autodiff.Differentiated,
	} {
		if status[name] != want {
			t.Errorf("%s is %v; %v is expected", name, status[name], want)
		}
	}
	if text := res.Report.String(); !strings.Contains(text, "stopped        cond/Greater (Greater): its outputs carry no gradient") {
		t.Errorf("report:\n%s", text)
	}
}

func TestStopsOfARule(t *testing.T) {
	m, tape := model()
	w := tape.Input("w", float(dimB, dimC))
	ratio := tape.Input("ratio", float())
	y := tape.Op("Dropout", []*onnx.Value{w, ratio, tape.Const(onnx.NewTensor(nil, true))})
	loss := tape.ReduceSum(y, false)
	res, err := autodiff.Build(m, rules.Standard(), autodiff.Options{Loss: loss, Wrt: []*onnx.Value{w, ratio}})
	if err != nil {
		t.Fatal(err)
	}
	if res.Grads[w] == nil || res.Grads[ratio] != nil || !slices.Equal(res.Unused, []*onnx.Value{ratio}) {
		t.Errorf("gradients %v, unused %v; the ratio has none", res.Grads, res.Unused)
	}
}

func TestUnreachable(t *testing.T) {
	m, loss, params := classifier(t)
	tape := emit.New(m)
	apart := tape.Input("apart", float(dimC))
	if _, err := autodiff.Build(m, rules.Standard(), autodiff.Options{Loss: loss, Wrt: []*onnx.Value{apart}}); !errors.Is(err, autodiff.ErrUnreachable) {
		t.Errorf("error is %v; ErrUnreachable is expected", err)
	}
	res, err := autodiff.Build(m, rules.Standard(), autodiff.Options{Loss: loss, Wrt: append(params, apart)})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(res.Unused, []*onnx.Value{apart}) || len(res.Grads) != len(params) {
		t.Errorf("unused are %v; only %v is", res.Unused, apart)
	}
}

func TestBroadcastAtRunTime(t *testing.T) {
	for _, test := range []struct {
		name      string
		a, b      onnx.Shape
		op        string // what undoes the broadcast of b
		atRunTime bool
	}{
		{"known", onnx.Shape{dimB, dimC}, onnx.Shape{onnx.Fixed(1), dimC}, "ReduceSum", false},
		{"equal symbols", onnx.Shape{dimB, dimC}, onnx.Shape{dimB, dimC}, "", false},
		{"other symbol", onnx.Shape{dimB, dimC}, onnx.Shape{onnx.Symbol("K"), dimC}, "BroadcastGradientArgs", true},
		{"unknown size", onnx.Shape{dimB, dimC}, onnx.Shape{dimB, onnx.AnyDim}, "BroadcastGradientArgs", true},
		{"unknown rank", onnx.Shape{dimB, dimC}, nil, "BroadcastGradientArgs", true},
		{"rank", onnx.Shape{dimB, dimC}, onnx.Shape{dimC}, "ReduceSum", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, tape := model()
			a, b := tape.Input("a", float(test.a...)), tape.Input("b", onnx.TensorOf(onnx.Float, test.b))
			y := tape.Add(a, b)
			dy := tape.Input("dy", float(test.a...))
			y.Type = dy.Type
			res, err := autodiff.Build(m, rules.Standard(), autodiff.Options{
				Cotangents: []autodiff.Cotangent{{Value: y, Grad: dy}}, Wrt: []*onnx.Value{b},
			})
			if err != nil {
				t.Fatal(err)
			}
			found := slices.ContainsFunc(m.Graph.Nodes, func(n *onnx.Node) bool { return n.Op == test.op })
			if test.op != "" && !found {
				t.Errorf("no %s among %q", test.op, nodeNames(m.Graph.Nodes))
			}
			if at := res.Report[0].AtRunTime; (len(at) > 0) != test.atRunTime {
				t.Errorf("summed at run time: %v", at)
			}
			if s := res.Grads[b].Type.Shape; test.b != nil && len(s) != len(test.b) {
				t.Errorf("gradient is %v for %v", res.Grads[b], b)
			}
		})
	}
}

// grad returns a rule of Tanh that answers with f.
func grad(f func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) []*onnx.Value) autodiff.Rule {
	return autodiff.Rule{Op: "Tanh", Since: 1, VJP: func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, _ []bool) []*onnx.Value {
		return f(t, n, dy[0])
	}}
}

func TestFaultyRules(t *testing.T) {
	for _, test := range []struct {
		name, want string
		rule       autodiff.Rule
	}{
		{"count", "2 gradients for 1 inputs", grad(func(_ *emit.Tape, _ *onnx.Node, dy *onnx.Value) []*onnx.Value {
			return []*onnx.Value{dy, dy}
		})},
		{"element type", "element types must agree", grad(func(t *emit.Tape, _ *onnx.Node, dy *onnx.Value) []*onnx.Value {
			return []*onnx.Value{t.Cast(dy, onnx.Double)}
		})},
		{"rank", "not a broadcast", grad(func(t *emit.Tape, _ *onnx.Node, dy *onnx.Value) []*onnx.Value {
			return []*onnx.Value{t.ReduceSum(dy, false)}
		})},
		{"tape", "broadcast", grad(func(t *emit.Tape, _ *onnx.Node, dy *onnx.Value) []*onnx.Value {
			return []*onnx.Value{t.Add(dy, t.Const(onnx.NewTensor([]int64{2}, float32(1), 2)))}
		})},
		{"refusal", autodiff.ErrNotDifferentiable.Error(), grad(func(t *emit.Tape, _ *onnx.Node, dy *onnx.Value) []*onnx.Value {
			t.Fail(autodiff.ErrNotDifferentiable)
			return []*onnx.Value{dy}
		})},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, loss, params := classifier(t)
			_, err := autodiff.Build(m, rules.Standard().With(test.rule), autodiff.Options{Loss: loss, Wrt: params})
			var fault *autodiff.RuleError
			if !errors.As(err, &fault) {
				t.Fatalf("error is %v; a RuleError is expected", err)
			}
			if fault.Node != "layer/Tanh" || fault.Op != "Tanh" || fault.Opset != 17 || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v; node layer/Tanh and %q are expected", err, test.want)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	m, loss, params := classifier(t)
	other := m.Graph.Nodes[0].Outputs[0]
	for name, opt := range map[string]autodiff.Options{
		"matrix as loss":     {Loss: other, Wrt: params},
		"nothing to start":   {Wrt: params},
		"nil among wanted":   {Loss: loss, Wrt: []*onnx.Value{nil}},
		"loss and cotangent": {Loss: loss, Cotangents: []autodiff.Cotangent{{Value: other, Grad: other}}, Wrt: params},
		"empty cotangent":    {Cotangents: []autodiff.Cotangent{{Value: other}}, Wrt: params},
	} {
		before := len(m.Graph.Nodes)
		if _, err := autodiff.Build(m, rules.Standard(), opt); err == nil {
			t.Errorf("%s: no error", name)
		}
		if len(m.Graph.Nodes) != before {
			t.Errorf("%s: the graph was changed", name)
		}
	}
}

func TestImportsMicrosoft(t *testing.T) {
	m, loss, params := classifier(t)
	delete(m.Opsets, onnx.DomainMicrosoft)
	if _, err := autodiff.Build(m, autodiff.Table{}, autodiff.Options{Loss: loss, Wrt: params}); err == nil {
		t.Fatal("no error from an empty table")
	}
	if m.Opsets[onnx.DomainMicrosoft] != 0 {
		t.Error("the domain stays imported after an error")
	}
	if _, err := autodiff.Build(m, rules.Standard(), autodiff.Options{Loss: loss, Wrt: params}); err != nil {
		t.Fatal(err)
	}
	if m.Opsets[onnx.DomainMicrosoft] != 1 {
		t.Error("the domain of TanhGrad is not imported")
	}
}

func TestNamelessNodes(t *testing.T) {
	// Files have nodes without a name, and several of the same name.
	m, tape := model()
	x := tape.Input("x", float(dimC))
	a := tape.Tanh(x)
	b := tape.Exp(a)
	c := tape.Tanh(b)
	loss := tape.ReduceSum(c, false)
	a.Producer.Name, b.Producer.Name, c.Producer.Name = "", "same", "same"
	before := len(m.Graph.Nodes)
	if _, err := autodiff.Build(m, rules.Standard(), autodiff.Options{Loss: loss, Wrt: []*onnx.Value{x}}); err != nil {
		t.Fatal(err)
	}
	got := nodeNames(m.Graph.Nodes[before:])
	slices.Sort(got)
	if len(slices.Compact(got)) != len(m.Graph.Nodes)-before {
		t.Errorf("names are not unique: %q", nodeNames(m.Graph.Nodes))
	}
}

func TestTable(t *testing.T) {
	table := autodiff.Table{}.With(
		autodiff.Rule{Op: "A", Since: 3, Until: 5, Doc: "old"},
		autodiff.Rule{Op: "A", Since: 6, Doc: "new"},
		autodiff.Rule{Domain: "d", Op: "A", Since: 1, Doc: "other domain"},
	)
	over := table.With(autodiff.Rule{Op: "A", Since: 7, Doc: "mine"})
	for _, test := range []struct {
		table  autodiff.Table
		domain string
		opset  int64
		want   string
	}{
		{table, "", 2, ""}, {table, "", 3, "old"}, {table, "", 5, "old"}, {table, "", 6, "new"}, {table, "", 99, "new"},
		{table, "d", 1, "other domain"}, {table, "e", 1, ""}, {over, "", 7, "mine"}, {over, "", 6, "new"}, {table, "", 7, "new"},
	} {
		r, ok := test.table.Lookup(test.domain, "A", test.opset)
		if ok != (test.want != "") || ok && r.Doc != test.want {
			t.Errorf("%s.A at opset %d gives %v; %q is expected", test.domain, test.opset, r, test.want)
		}
	}
	if got := names(over.All(), func(r autodiff.Rule) string { return r.Doc }); !slices.Equal(got, []string{"old", "new", "mine", "other domain"}) {
		t.Errorf("all rules in order: %q", got)
	}
}

package ortrain_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// shared finds a folder of the shared test data: below $ORTRAIN_SHARED, or in
// shared/ beside the repository. It skips the test where there is none.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("ORTRAIN_SHARED")
	for dir, _ := os.Getwd(); root == ""; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, "shared", "testdata")); err == nil && info.IsDir() {
			root = filepath.Join(dir, "shared")
		} else if dir == filepath.Dir(dir) {
			t.Skip("no shared test data: put the folder shared/ beside the repository or set ORTRAIN_SHARED")
		}
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no shared test data at %s", filepath.Join(parts...))
	}
	return path
}

// goldenCase is case.json of a golden folder.
type goldenCase struct {
	Arch    string  `json:"arch"`
	Head    string  `json:"head"`
	Loss    float64 `json:"loss"`
	Logits  map[string][][]float64
	Batches []struct {
		InputIDs      [][]int64 `json:"input_ids"`
		AttentionMask [][]int64 `json:"attention_mask"`
		TokenTypeIDs  [][]int64 `json:"token_type_ids"`
		Labels        []int64   `json:"labels"`
	}
	Losses        []float64
	GradNorms     []float64 `json:"grad_norms"`
	LearningRates []float64 `json:"learning_rates"`
}

// batch packs rectangle i of the case.
func (c *goldenCase) batch(i int) *sample.Batch {
	g := c.Batches[i]
	b := &sample.Batch{Offsets: []int32{0}, Labels: sample.Labels{Int: g.Labels, Shape: []int64{int64(len(g.Labels))}}}
	for r, ids := range g.InputIDs {
		for s, id := range ids {
			if g.AttentionMask[r][s] == 0 {
				break
			}
			b.IDs, b.Positions = append(b.IDs, id), append(b.Positions, int64(s))
			typ := int64(0)
			if g.TokenTypeIDs != nil {
				typ = g.TokenTypeIDs[r][s]
			}
			b.TypeIDs = append(b.TypeIDs, typ)
		}
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
		b.Row, b.Copy = append(b.Row, uint64(r)), append(b.Copy, 0)
	}
	return b
}

func readCase(t *testing.T, dir string) *goldenCase {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := &goldenCase{}
	// Other heads have labels of other shapes; they are told apart first.
	if err := json.Unmarshal(data, &struct{ Arch, Head *string }{&c.Arch, &c.Head}); err != nil {
		t.Fatal(err)
	}
	if c.Head == "cls" {
		if err := json.Unmarshal(data, c); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// buildSet makes artifacts and parameters of a configuration.
func buildSet(t testing.TB, c *model.Config, form model.Form) (*artifact.Set, []model.Param) {
	t.Helper()
	set, params, err := ortrain.Blueprint{Config: c, Form: form}.Artifacts()
	if err != nil {
		t.Fatal(err)
	}
	return set, params
}

// openNetwork builds a network over a model folder.
func openNetwork(t testing.TB, dir string, form model.Form, opts ortrain.NetworkOptions) *ortrain.Network {
	t.Helper()
	config, err := model.ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	n, err := ortrain.Blueprint{Config: config, Form: form}.Network(orttest.Env(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := n.ReadPretrained(dir); err != nil {
		t.Fatal(err)
	}
	return n
}

// variant is one way of running a case; slack multiplies the bounds.
type variant struct {
	form     model.Form
	standard bool
	provider ort.Provider
	slack    float64
}

func TestGoldenCases(t *testing.T) {
	goldenCases(t, map[string]variant{
		"packed":          {form: model.Packed, slack: 1},
		"padded":          {form: model.Padded, slack: 1},
		"packed standard": {form: model.Packed, standard: true, slack: 1},
	})
}

func goldenCases(t *testing.T, variants map[string]variant) {
	root := os.Getenv("ORTRAIN_GOLDEN")
	if root == "" {
		root = shared(t, "testdata", "golden")
	}
	dirs, err := filepath.Glob(filepath.Join(root, "*", "case.json"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no cases in %s (%v)", root, err)
	}
	ran := 0
	for _, file := range dirs {
		dir := filepath.Dir(file)
		c := readCase(t, dir)
		if _, err := model.Lookup(c.Arch); err != nil || c.Head != "cls" {
			t.Logf("%s: architecture %s with head %s is not built in", filepath.Base(dir), c.Arch, c.Head)
			continue
		}
		ran++
		for name, v := range variants {
			t.Run(filepath.Base(dir)+" "+name, func(t *testing.T) { golden(t, dir, c, v) })
		}
	}
	if ran == 0 {
		t.Error("no case ran")
	}
}

// The bounds that a faithful float32 trainer holds against PyTorch's.
const (
	boundLogits   = 2e-6
	boundGrads    = 1e-5
	boundLosses   = 1e-5
	boundWeights  = 2e-5
	boundKeyBias  = 2e-4
	boundKeyGrads = 1e-4
)

func golden(t *testing.T, dir string, c *goldenCase, v variant) {
	ctx := context.Background()
	n := openNetwork(t, dir, v.form, ortrain.NetworkOptions{
		Standard: v.standard, Provider: v.provider, Rates: optim.Decay(0.01), Threads: 2,
	})
	out, err := n.Evaluate(ctx, c.batch(0))
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for r, row := range c.Logits["logits"] {
		for k, want := range row {
			worst = max(worst, math.Abs(float64(out.Logits[r*len(row)+k])-want))
		}
	}
	t.Logf("logits %.2g, loss %.2g", worst, math.Abs(out.Loss.Mean-c.Loss))
	if worst > v.slack*boundLogits || math.Abs(out.Loss.Mean-c.Loss) > v.slack*boundLogits {
		t.Errorf("logits differ by %.3g, loss by %.3g", worst, math.Abs(out.Loss.Mean-c.Loss))
	}
	var worstLoss, worstNorm float64
	for i := range c.Batches {
		loss, err := n.Accumulate(ctx, c.batch(i), i+1, 0)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			compareGradients(t, n, dir, loss.N, v.slack)
		}
		norm, err := n.Update(ctx, ortrain.Update{LearningRate: c.LearningRates[i], MaxGradNorm: 1, N: loss.N})
		if err != nil {
			t.Fatal(err)
		}
		worstLoss = max(worstLoss, math.Abs(loss.Mean-c.Losses[i])/c.Losses[i])
		worstNorm = max(worstNorm, math.Abs(norm-c.GradNorms[i])/c.GradNorms[i])
	}
	t.Logf("ten losses %.2g, norms %.2g relative", worstLoss, worstNorm)
	if worstLoss > v.slack*boundLosses || worstNorm > v.slack*boundLosses {
		t.Errorf("losses differ by %.3g, norms by %.3g relative", worstLoss, worstNorm)
	}
	if err := n.Settle(); err != nil {
		t.Fatal(err)
	}
	compareWeights(t, n, filepath.Join(dir, "final.safetensors"), v.slack)
}

func keyBias(name string) bool { return strings.HasSuffix(name, "key.bias") }

// compareGradients compares the dense gradients; those of tables show in the
// weights.
func compareGradients(t *testing.T, n *ortrain.Network, dir string, count, slack float64) {
	t.Helper()
	f, err := safetensors.Open(filepath.Join(dir, "grads.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	largest := 0.0
	values := make(map[string][]float32)
	for _, info := range f.Infos() {
		v := make([]float32, info.Len())
		if err := f.ReadFloat32(info.Name, v); err != nil {
			t.Fatal(err)
		}
		values[info.Name] = v
		for _, x := range v {
			largest = max(largest, math.Abs(float64(x)))
		}
	}
	worst := 0.0
	for name, want := range values {
		got := n.Gradient(name)
		if got == nil {
			continue
		}
		top, d := 0.0, 0.0
		for i, w := range want {
			top = max(top, math.Abs(float64(w)))
			d = max(d, math.Abs(float64(got[i])/count-float64(w)))
		}
		limit := slack * boundGrads * max(top, 1e-3*largest)
		if keyBias(name) {
			limit = slack * boundKeyGrads * largest
		}
		worst = max(worst, d/limit)
		if d > limit {
			t.Errorf("gradient of %s differs by %.3g; at most %.3g is right", name, d, limit)
		}
	}
	t.Logf("gradients at %.2g of their bounds", worst)
}

func compareWeights(t *testing.T, n *ortrain.Network, path string, slack float64) {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	worst, compared := 0.0, 0
	for _, info := range f.Infos() {
		got := n.Weight(info.Name)
		if got == nil {
			continue
		}
		compared++
		want := make([]float32, info.Len())
		if err := f.ReadFloat32(info.Name, want); err != nil {
			t.Fatal(err)
		}
		limit := slack * boundWeights
		if keyBias(info.Name) {
			limit = slack * boundKeyBias
		}
		d := 0.0
		for i, w := range want {
			d = max(d, math.Abs(float64(got[i])-float64(w)))
		}
		worst = max(worst, d/limit)
		if d > limit {
			t.Errorf("%s differs by %.3g; at most %.3g is right", info.Name, d, limit)
		}
	}
	if compared != len(n.Names()) {
		t.Error(errors.New("not every weight was compared"))
	}
	t.Logf("weights at %.2g of their bounds", worst)
}

package model_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
	"github.com/ortrain/ortrain/ortrain/task"
)

// stored is a tensor as a test writes it.
type stored = safetensors.Tensor

// folder writes a model folder of tiny's configuration, one file per shard.
func folder(t *testing.T, shards ...[]stored) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, model.ConfigName), with(nil))
	if len(shards) == 1 {
		writeTensors(t, filepath.Join(dir, safetensors.FileName), shards[0])
		return dir
	}
	where := map[string]string{}
	for i, tensors := range shards {
		name := fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, len(shards))
		for _, s := range tensors {
			where[s.Name] = name
		}
		writeTensors(t, filepath.Join(dir, name), tensors)
	}
	write(t, filepath.Join(dir, safetensors.IndexName), mustMarshal(t, map[string]any{"weight_map": where}))
	return dir
}

func writeTensors(t *testing.T, path string, tensors []stored) {
	t.Helper()
	var buf bytes.Buffer
	if err := safetensors.Write(&buf, tensors, nil); err != nil {
		t.Fatal(err)
	}
	write(t, path, buf.Bytes())
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// params returns the parameters of a classifier over tiny's configuration.
func params(t *testing.T) []model.Param {
	t.Helper()
	c, err := model.ParseConfig(with(nil))
	if err != nil {
		t.Fatal(err)
	}
	g, err := task.Build(c, task.Classification(), task.Options{Form: model.Padded, Mode: model.Infer})
	if err != nil {
		t.Fatal(err)
	}
	return g.Params
}

// drawn returns all parameters with values that no initialisation gives.
func drawn(t *testing.T) []stored {
	t.Helper()
	var out []stored
	for i, p := range params(t) {
		values := make([]float32, p.Len())
		for k := range values {
			values[k] = float32(i+1) + float32(k)/1024
		}
		out = append(out, stored{Name: p.Name, DType: safetensors.F32, Shape: p.Shape, Floats: values})
	}
	return out
}

func places(params []model.Param) [][]float32 {
	dst := make([][]float32, len(params))
	for i := range params {
		dst[i] = make([]float32, params[i].Len())
	}
	return dst
}

// read loads a folder into fresh memory.
func read(t *testing.T, dir string, o model.ReadOptions) ([][]float32, *model.Report, error) {
	t.Helper()
	p, err := model.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	dst := places(params(t))
	report, err := p.Read(params(t), o, dst)
	return dst, report, err
}

func rename(tensors []stored, name func(string) string) []stored {
	out := slices.Clone(tensors)
	for i := range out {
		out[i].Name = name(out[i].Name)
	}
	return out
}

func bare(name string) string { return strings.TrimPrefix(name, "bert.") }

func gammaBeta(name string) string {
	return strings.NewReplacer("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta").Replace(name)
}

// extras are tensors that published files hold beside the encoder.
func extras() []stored {
	return []stored{
		{Name: "bert.embeddings.position_ids", DType: safetensors.I64, Shape: []int64{1, 2}, Bytes: bytes.NewReader(make([]byte, 16))},
		{Name: "cls.predictions.bias", DType: safetensors.F32, Shape: []int64{2}, Floats: []float32{1, 2}},
		{Name: "cls.seq_relationship.weight", DType: safetensors.F32, Shape: []int64{1}, Floats: []float32{3}},
	}
}

func TestReadNamesInTheWild(t *testing.T) {
	all := drawn(t)
	half := len(all) / 2
	for _, c := range []struct {
		name    string
		shards  [][]stored
		renamed bool
		ignored []string
	}{
		{"as written", [][]stored{all}, false, nil},
		{"without the prefix", [][]stored{rename(all, bare)}, true, nil},
		{"gamma and beta", [][]stored{rename(all, gammaBeta)}, true, nil},
		{"both", [][]stored{rename(rename(all, bare), gammaBeta)}, true, nil},
		{"in two shards", [][]stored{all[:half], all[half:]}, false, nil},
		{"with extras", [][]stored{append(slices.Clone(all), extras()...)}, false,
			[]string{"bert.embeddings.position_ids", "cls.predictions.bias", "cls.seq_relationship.weight"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, report, err := read(t, folder(t, c.shards...), model.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range all {
				if diff := cmp.Diff(s.Floats, got[i]); diff != "" {
					t.Errorf("%s: %s", s.Name, diff)
				}
			}
			if len(report.Loaded) != len(all) || len(report.Initialised) != 0 || (len(report.Renamed) > 0) != c.renamed {
				t.Errorf("%+v", report)
			}
			if diff := cmp.Diff(c.ignored, report.Ignored); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadReportsRenames(t *testing.T) {
	_, report, err := read(t, folder(t, rename(drawn(t), gammaBeta)), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := model.Rename{File: "bert.embeddings.LayerNorm.gamma", Param: "bert.embeddings.LayerNorm.weight"}
	if len(report.Renamed) != 10 || !slices.Contains(report.Renamed, want) {
		t.Errorf("%v", report.Renamed)
	}
}

// A folder without a head gets one that depends on the seed and the names only.
func TestReadDrawsTheHead(t *testing.T) {
	encoder := slices.DeleteFunc(drawn(t), func(s stored) bool {
		return strings.Contains(s.Name, "pooler") || strings.Contains(s.Name, "classifier")
	})
	dir := folder(t, encoder)
	first, report, err := read(t, dir, model.ReadOptions{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"bert.pooler.dense.bias", "bert.pooler.dense.weight", "classifier.bias", "classifier.weight"}
	if diff := cmp.Diff(want, report.Initialised); diff != "" {
		t.Error(diff)
	}
	again, _, _ := read(t, dir, model.ReadOptions{Seed: 7})
	other, _, _ := read(t, dir, model.ReadOptions{Seed: 8})
	list := params(t)
	for i, p := range list {
		if !slices.Equal(first[i], again[i]) {
			t.Errorf("%s: the same seed gave other weights", p.Name)
		}
		alone := make([]float32, p.Len())
		p.Draw(7, alone)
		if p.Head && !slices.Equal(first[i], alone) {
			t.Errorf("%s depends on the other parameters", p.Name)
		}
		if strings.HasSuffix(p.Name, "classifier.weight") && slices.Equal(first[i], other[i]) {
			t.Errorf("%s does not depend on the seed", p.Name)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	all := drawn(t)
	without := func(name string) []stored {
		return slices.DeleteFunc(slices.Clone(all), func(s stored) bool { return s.Name == name })
	}
	replaced := func(s stored) []stored { return append(without(s.Name), s) }
	const query = "bert.encoder.layer.1.attention.self.query.weight"
	for _, c := range []struct {
		name    string
		tensors []stored
		names   []string
	}{
		{"missing", without(query), []string{query, "1 of the encoder's"}},
		{"two missing", without(query)[1:], []string{query, all[0].Name}},
		{"shape", replaced(stored{Name: query, DType: safetensors.F32, Shape: []int64{8, 4}, Floats: make([]float32, 32)}), []string{query, "[8 4]", "[8 8]"}},
		{"rank", replaced(stored{Name: query, DType: safetensors.F32, Shape: []int64{64}, Floats: make([]float32, 64)}), []string{query, "[64]"}},
		{"head's shape", replaced(stored{Name: "classifier.bias", DType: safetensors.F32, Shape: []int64{5}, Floats: make([]float32, 5)}), []string{"classifier.bias", "ignore_mismatched_sizes"}},
		{"integers", replaced(stored{Name: "classifier.bias", DType: safetensors.I64, Shape: []int64{2}, Bytes: bytes.NewReader(make([]byte, 16))}), []string{"classifier.bias", "I64"}},
		{"twice", append(slices.Clone(all), stored{Name: bare(query), DType: safetensors.F32, Shape: []int64{8, 8}, Floats: make([]float32, 64)}), []string{`"` + query + `"`, `"` + bare(query) + `"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dst, _, err := read(t, folder(t, c.tensors), model.ReadOptions{})
			if !errors.Is(err, model.ErrWeights) {
				t.Fatalf("got %v", err)
			}
			for _, name := range c.names {
				if !strings.Contains(err.Error(), name) {
					t.Errorf("%q does not name %s", err, name)
				}
			}
			for _, place := range dst {
				if slices.Max(place) != 0 {
					t.Fatal("something was read before the fault was found")
				}
			}
		})
	}
}

func TestIgnoreMismatchedSizes(t *testing.T) {
	tensors := drawn(t)
	k := slices.IndexFunc(tensors, func(s stored) bool { return s.Name == "classifier.weight" })
	tensors[k].Shape, tensors[k].Floats = []int64{3, 8}, make([]float32, 24)
	_, report, err := read(t, folder(t, tensors), model.ReadOptions{IgnoreMismatchedSizes: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"classifier.weight"}, report.Initialised); diff != "" {
		t.Error(diff)
	}
	// The encoder is not drawn anew, whatever the option says.
	tensors[0].Shape, tensors[0].Floats = []int64{10, 8}, make([]float32, 80)
	if _, _, err := read(t, folder(t, tensors), model.ReadOptions{IgnoreMismatchedSizes: true}); !errors.Is(err, model.ErrWeights) {
		t.Errorf("got %v", err)
	}
}

// bfloat16 is the upper half of a float32, so these values survive it.
func TestReadWidens(t *testing.T) {
	tensors := drawn(t)
	k := slices.IndexFunc(tensors, func(s stored) bool { return s.Name == "classifier.bias" })
	tensors[k] = stored{Name: "classifier.bias", DType: safetensors.BF16, Shape: []int64{2}, Bytes: bytes.NewReader([]byte{0x80, 0x3f, 0x20, 0xc0})}
	got, _, err := read(t, folder(t, tensors), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{1, -2.5}, got[k]); diff != "" {
		t.Error(diff)
	}
}

func TestReadChecksItsPlaces(t *testing.T) {
	p, err := model.Load(folder(t, drawn(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	list := params(t)
	short := places(list)
	short[3] = short[3][:1]
	for name, dst := range map[string][][]float32{"too few places": short[:2], "too small a place": short} {
		if _, err := p.Read(list, model.ReadOptions{}, dst); !errors.Is(err, model.ErrWeights) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoadWithoutWeights(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, model.ConfigName), with(nil))
	if _, err := model.Load(dir); !errors.Is(err, safetensors.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// Draws follow Hugging Face: weights normal with initializer_range, the padding
// token's row zero, norms one, biases zero.
func TestDraw(t *testing.T) {
	text := with(map[string]any{"vocab_size": 4000, "pad_token_id": 5, "initializer_range": 0.5})
	c, err := model.ParseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	g, err := task.Build(c, task.Classification(), task.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range g.Params {
		values := make([]float32, p.Len())
		p.Draw(1, values)
		switch {
		case strings.HasSuffix(p.Name, "LayerNorm.weight"):
			expectAll(t, p.Name, values, 1)
		case strings.HasSuffix(p.Name, "bias"):
			expectAll(t, p.Name, values, 0)
		case strings.Contains(p.Name, "word_embeddings"):
			expectAll(t, "the padding row", values[5*8:6*8], 0)
			if values[4*8] == 0 || values[6*8] == 0 {
				t.Error("a neighbour of the padding row is zero")
			}
			mean, deviation := moments(values)
			if math.Abs(mean) > 0.01 || math.Abs(deviation-0.5) > 0.01 {
				t.Errorf("mean %g, deviation %g; want 0 and 0.5", mean, deviation)
			}
		}
		if wants := !strings.HasSuffix(p.Name, "bias") && !strings.Contains(p.Name, "LayerNorm"); p.Decay != wants {
			t.Errorf("%s: weight decay %v", p.Name, p.Decay)
		}
	}
}

func expectAll(t *testing.T, name string, values []float32, want float32) {
	t.Helper()
	if slices.Min(values) != want || slices.Max(values) != want {
		t.Errorf("%s lies in [%g, %g], want %g", name, slices.Min(values), slices.Max(values), want)
	}
}

func moments(values []float32) (mean, deviation float64) {
	var sum, squares float64
	for _, v := range values {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(values))
	return sum / n, math.Sqrt(squares/n - sum*sum/n/n)
}

// The order, depth and head mark of a classifier's parameters.
func TestParams(t *testing.T) {
	list := params(t)
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
		depth := 0
		switch {
		case strings.Contains(p.Name, "layer.0."):
			depth = 1
		case strings.Contains(p.Name, "layer.1."):
			depth = 2
		case p.Head:
			depth = 3
		}
		if p.Depth != depth {
			t.Errorf("%s has depth %d, want %d", p.Name, p.Depth, depth)
		}
		if head := strings.Contains(p.Name, "pooler") || strings.HasPrefix(p.Name, "classifier"); p.Head != head {
			t.Errorf("%s: head %v", p.Name, p.Head)
		}
	}
	if len(names) != 5+2*16+4 || names[0] != "bert.embeddings.word_embeddings.weight" || names[len(names)-1] != "classifier.bias" {
		t.Errorf("%d parameters: %v", len(names), names)
	}
}

package ablate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/ablate"
	"github.com/ortrain/ortrain/pipeline/random"
)

// world is a fast stand-in for a model and its data. A row is right if the skill
// of the run is above the row's difficulty; the skill grows with the training
// rows, a recipe adds its gain, and every run has luck of its own.
type world struct {
	seed       uint64
	rows       int
	gain       map[string]float64
	luck       float64 // standard deviation over runs
	noise      float64 // standard deviation over a run's rows
	trials     int
	fail       int // the number of the trial that fails; 0: none
	unequal    bool
	oneMore    bool
	nothing    bool
	preserving int
}

var errBroken = errors.New("the machine broke")

func (w *world) Trial(_ context.Context, s ablate.Setting) (ablate.Outcome, error) {
	w.trials++
	if w.trials == w.fail {
		return ablate.Outcome{}, errBroken
	}
	o := ablate.Outcome{Steps: s.Size / 8, Seconds: 0.5}
	if w.oneMore && s.Recipe != ablate.Plain {
		o.Steps++
	}
	part, run := uint64(1), uint64(len(s.Recipe))
	for _, c := range s.Recipe {
		run = run*131 + uint64(c)
	}
	if s.Part == ablate.Test {
		part = 2
	}
	draw := random.New(w.seed^s.Seed<<20^run<<40, random.Generate, uint32(s.Size), part, 0)
	skill := math.Log(float64(s.Size))/8 + w.gain[s.Recipe] + w.luck*draw.Normal()
	rows := random.New(w.seed, random.Generate, 0, part, 1)
	n := w.rows
	if w.unequal && s.Recipe != ablate.Plain {
		n++
	}
	if w.nothing {
		n = 0
	}
	for range n {
		o.Right = append(o.Right, skill+w.noise*draw.Normal() > rows.Normal())
	}
	return o, nil
}

func (w *world) Preserve(_ context.Context, s ablate.Setting) (ablate.Share, error) {
	w.preserving++
	return ablate.Share{Kept: 90 + len(s.Recipe), Of: 100}, nil
}

func plan(recipes ...string) ablate.Plan {
	p := ablate.DefaultPlan()
	p.Sizes, p.Resampling.Samples = []int{500}, 500
	for _, name := range recipes {
		p.Recipes = append(p.Recipes, ablate.Recipe{Name: name, Identity: "does " + name})
	}
	return p
}

func run(t *testing.T, p ablate.Plan, w *world, o ablate.Options) *ablate.Result {
	t.Helper()
	r, err := ablate.Run(t.Context(), p, w, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A recipe that does nothing is kept in at most 1 of 20 ablations, whatever the
// number of recipes, seeds and sizes. (Over 6,000 ablations: 296 with one recipe
// and five seeds, 182 with two seeds.) The count here may be above its mean by
// 3.2 standard deviations, which a sound test exceeds once in a thousand times.
func TestNoGainIsNotKept(t *testing.T) {
	const ablations = 200
	for _, c := range []struct {
		name    string
		recipes []string
		seeds   int
		sizes   []int
	}{
		{"one recipe", []string{"identity"}, 5, []int{500}},
		{"two seeds", []string{"identity"}, 2, []int{500}},
		{"five recipes", []string{"a", "b", "c", "d", "e"}, 3, []int{500}},
		{"two sizes", []string{"a", "b"}, 5, []int{500, 2000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			kept := 0
			for k := range ablations {
				p := plan(c.recipes...)
				p.Seeds, p.Fresh = ablate.Seeds(uint64(100*k), c.seeds)
				p.Sizes, p.Resampling.Samples = c.sizes, 200
				r := run(t, p, &world{seed: uint64(k), rows: 200, luck: 0.1, noise: 0.5}, ablate.Options{})
				if slices.ContainsFunc(r.Final, func(f ablate.Final) bool { return f.Reported.Recipe != ablate.Plain }) {
					kept++
				}
			}
			t.Logf("kept in %d of %d", kept, ablations)
			if most := ablations/20 + 3.2*math.Sqrt(ablations*0.05*0.95); float64(kept) > most {
				t.Errorf("something that does nothing was kept in %d of %d ablations; at most %.0f are allowed", kept, ablations, most)
			}
		})
	}
}

// A recipe that helps is kept, among others that do not, and confirmed by rows
// and seeds that had no part in the choice.
func TestGainIsKept(t *testing.T) {
	const ablations = 20
	confirmed := 0
	for k := range uint64(ablations) {
		w := &world{seed: k, rows: 1000, luck: 0.05, noise: 0.5, gain: map[string]float64{"helps": 0.5, "harms": -0.5}}
		p := plan("identity", "helps", "harms")
		p.Seeds, p.Fresh = ablate.Seeds(100*k, 5)
		r := run(t, p, w, ablate.Options{})
		f := r.Final[0]
		if f.Reported.Recipe != "helps" {
			t.Fatalf("ablation %d reports %q\n%s", k, f.Reported.Recipe, r.Markdown())
		}
		if f.Reported.Gain.Value < 0.05 || f.Reported.Mean != f.Plain.Mean+f.Reported.Gain.Value && math.Abs(f.Reported.Mean-f.Plain.Mean-f.Reported.Gain.Value) > 1e-12 {
			t.Errorf("ablation %d: plain %g, with the recipe %g, gain %v", k, f.Plain.Mean, f.Reported.Mean, f.Reported.Gain)
		}
		if f.Reported.P < 0.05 {
			confirmed++
		}
		for _, c := range r.Cells {
			if c.Recipe != "helps" && c.Kept {
				t.Errorf("ablation %d keeps %q", k, c.Recipe)
			}
		}
	}
	if confirmed != ablations {
		t.Errorf("the test rows confirm %d of %d", confirmed, ablations)
	}
}

// Recipes without any effect at all, row by row, have p 1 and no gain.
func TestIdentity(t *testing.T) {
	w := &world{rows: 50}
	r := run(t, plan("identity"), w, ablate.Options{})
	c := r.Cells[1]
	if c.Gain != (ablate.Interval{}) || c.P < 0.5 || c.McNemar != 1 || c.Kept {
		t.Errorf("%+v %+v", c, *c.Comparison)
	}
}

// The test rows are seen with the fresh seeds only, and by plain training and the
// chosen recipe only.
func TestTestRowsAreUntouched(t *testing.T) {
	p := plan("helps", "identity")
	seen := make(map[ablate.Setting]int)
	run(t, p, &world{rows: 1000, luck: 0.01, gain: map[string]float64{"helps": 0.5}}, ablate.Options{
		Done: func(d ablate.Progress) { seen[d.Setting]++ },
	})
	tests := 0
	for s, n := range seen {
		if s.Part != ablate.Test {
			continue
		}
		tests++
		if n != 1 || s.Seed < 47 || s.Seed > 51 || s.Recipe == "identity" {
			t.Errorf("%v: %d times", s, n)
		}
	}
	if tests != 10 {
		t.Errorf("%d runs on the test rows; 5 plain and 5 with the recipe are expected", tests)
	}
}

// An ablation that was killed at any run goes on: no run is done twice, and the
// result is that of an uninterrupted one. A changed recipe is done again, and
// nothing else.
func TestResume(t *testing.T) {
	p := plan("helps", "identity")
	fresh := func() *world {
		return &world{rows: 100, luck: 0.1, noise: 0.3, gain: map[string]float64{"helps": 1}}
	}
	whole := fresh()
	want := run(t, p, whole, ablate.Options{}).Markdown()
	for kill := 1; kill <= whole.trials; kill++ {
		store := ablate.Folder(filepath.Join(t.TempDir(), "runs"))
		first, second := fresh(), fresh()
		first.fail = kill
		if _, err := ablate.Run(t.Context(), p, first, ablate.Options{Store: store}); !errors.Is(err, errBroken) {
			t.Fatalf("killed at %d: %v", kill, err)
		}
		got := run(t, p, second, ablate.Options{Store: store})
		if got.Markdown() != want {
			t.Fatalf("killed at %d:\n%s\nwant\n%s", kill, got.Markdown(), want)
		}
		if n := first.trials - 1 + second.trials; n != whole.trials {
			t.Fatalf("killed at %d: %d trials in all, %d are enough", kill, n, whole.trials)
		}
		if kill != whole.trials {
			continue
		}
		third := fresh()
		p.Recipes[1].Identity = "does something else"
		run(t, p, third, ablate.Options{Store: store})
		if third.trials != 5 || third.preserving != 1 {
			t.Errorf("a changed recipe cost %d trials and %d judgements; 5 and 1 are expected", third.trials, third.preserving)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := &world{rows: 10}
	if _, err := ablate.Run(ctx, plan("a"), w, ablate.Options{}); !errors.Is(err, context.Canceled) || w.trials != 0 {
		t.Errorf("%v after %d trials", err, w.trials)
	}
}

func TestBadPlans(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ablate.Plan)
		want   string
	}{
		"no recipe":    {func(p *ablate.Plan) { p.Recipes = nil }, "no recipe"},
		"no name":      {func(p *ablate.Plan) { p.Recipes[0].Name = "" }, "no name"},
		"twice":        {func(p *ablate.Plan) { p.Recipes = append(p.Recipes, p.Recipes[0]) }, "a is there twice"},
		"no size":      {func(p *ablate.Plan) { p.Sizes = nil }, "no number of training rows"},
		"size 0":       {func(p *ablate.Plan) { p.Sizes = []int{0} }, "0 training rows"},
		"order":        {func(p *ablate.Plan) { p.Sizes = []int{5, 5} }, "5 stands after 5"},
		"one seed":     {func(p *ablate.Plan) { p.Seeds = p.Seeds[:1] }, "too few seeds, 1"},
		"one fresh":    {func(p *ablate.Plan) { p.Fresh = p.Fresh[:1] }, "too few fresh seeds, 1"},
		"not fresh":    {func(p *ablate.Plan) { p.Fresh = p.Seeds }, "seed 42 is there twice"},
		"alpha":        {func(p *ablate.Plan) { p.Alpha = 1 }, "alpha is 1"},
		"alpha is NaN": {func(p *ablate.Plan) { p.Alpha = math.NaN() }, "alpha is NaN"},
		"samples":      {func(p *ablate.Plan) { p.Resampling.Samples = 0 }, "0 samples"},
	} {
		p := plan("a")
		c.change(&p)
		w := &world{rows: 10}
		_, err := ablate.Run(t.Context(), p, w, ablate.Options{})
		if !errors.Is(err, ablate.ErrPlan) || !strings.Contains(fmt.Sprint(err), c.want) || w.trials != 0 {
			t.Errorf("%s: got %v after %d trials, want %q", name, err, w.trials, c.want)
		}
	}
}

// Outcomes that cannot be compared are an error, not a figure.
func TestBadOutcomes(t *testing.T) {
	for name, w := range map[string]*world{
		"rows": {rows: 10, unequal: true}, "steps": {rows: 10, oneMore: true}, "none": {nothing: true},
	} {
		if r, err := ablate.Run(t.Context(), plan("a"), w, ablate.Options{}); !errors.Is(err, ablate.ErrOutcome) {
			t.Errorf("%s: got %v and %v", name, r, err)
		}
	}
}

// A damaged or foreign result is named, not used.
func TestDamagedStore(t *testing.T) {
	for name, text := range map[string]string{
		"cut":     `{"setting": {"recipe"`,
		"marks":   `{"setting": {"size": 500, "seed": 42, "part": "validation"}, "value": {"right": "012"}}`,
		"foreign": `{"setting": {"size": 501, "seed": 42, "part": "validation"}, "value": {"right": "01"}}`,
	} {
		dir := t.TempDir()
		store := ablate.Folder(dir)
		w := &world{rows: 10, fail: 2}
		_, _ = ablate.Run(t.Context(), plan("a"), w, ablate.Options{Store: store})
		files, err := filepath.Glob(filepath.Join(dir, "trial-*.json"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%v %v", files, err)
		}
		if err := os.WriteFile(files[0], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ablate.Run(t.Context(), plan("a"), &world{rows: 10}, ablate.Options{Store: store}); !errors.Is(err, ablate.ErrStored) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// The page, the figure and the JSON say the same.
func TestReport(t *testing.T) {
	p := plan("helps", "identity")
	p.Sizes = []int{100, 1000}
	w := &world{rows: 400, luck: 0.02, gain: map[string]float64{"helps": 0.4}}
	r := run(t, p, w, ablate.Options{})
	text := r.Markdown()
	for _, want := range []string{
		"1000 training rows: helps is kept: ", "over all 4 comparisons", "| 100 | identity |", "95.0 % of 100", "Fresh seeds 47 48 49 50 51",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	svg, err := r.SVG()
	if err != nil || !strings.Contains(svg, "helps") {
		t.Errorf("%v %s", err, svg)
	}
	data, err := json.Marshal(r)
	if err != nil || strings.Count(string(data), `"p_holm"`) != 6 {
		t.Errorf("%v: %s", err, data)
	}
	none := run(t, plan("identity"), &world{rows: 400, luck: 0.02}, ablate.Options{})
	if got := none.Summary()[0]; !strings.Contains(got, "no recipe is kept; plain training is reported: 0.") {
		t.Error(got)
	}
	if svg, err := none.SVG(); err != nil || !strings.Contains(svg, "identity") {
		t.Errorf("%v %s", err, svg)
	}
}

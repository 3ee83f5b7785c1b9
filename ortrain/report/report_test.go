package report_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ortrain/ortrain/ortrain/report"
)

// whole is a report with every part.
func whole() report.Report {
	r := report.Report{
		Title: "Intents <of> customers", Made: time.Unix(1_700_000_000, 0),
		Facts:  []report.Fact{{Name: "data", Value: `train.parquet "x"`}, {Name: "model", Value: "all-MiniLM-L6-v2"}},
		HardBy: "linear probe", Hard: []int{0, 3, 5, 7},
		Robustness: []report.Curve{{Name: "PGD", Epsilon: []float64{0, .5, 1}, Accuracy: []float64{.9, .6, .2}}, {Name: "FGSM", Epsilon: []float64{0, .5, 1}, Accuracy: []float64{.9, .7, .4}}},
		Cleaning:   []report.Cleaned{{Step: "html", Changed: 12, Removed: 340}, {Step: "duplicates", Dropped: 3}},
		Augmented:  []report.Pair{{Before: "my card is <lost>", After: "my old card was <lost>", How: "insert, replace"}},
		Config:     "learning_rate: 3.0e-4\n",
		Parts:      []report.Part{{Name: "test", Note: "unseen", Rows: 16, Accuracy: .8125, MacroF1: .81, Loss: .6}, {Name: "train", Note: "seen in training", Rows: 40, Accuracy: 1, MacroF1: 1, Loss: .01}},
		Test:       &report.Answers{Labels: []string{"yes", "no", "<script>alert(1)</script>"}},
	}
	for i := range 16 {
		a := report.Answer{Row: uint64(i), Text: fmt.Sprintf("text & number %d", i), Actual: i % 3, Predicted: i % 3, Probability: 0.5 + float64(i)/40}
		if i%5 == 4 {
			a.Predicted = (i + 1) % 3
		}
		r.Test.Rows = append(r.Test.Rows, a)
		r.Log = append(r.Log, report.Logged{Step: 10 * (i + 1), Values: map[string]float64{
			"loss": 3 / float64(i+1), "learning_rate": 3e-4 * (1 - float64(i)/16), "grad_norm": 1, "examples_per_s": 180, "padding": .02, "data_wait": .001, "rss_bytes": 5e8,
		}})
	}
	r.Log = append(r.Log, report.Logged{Step: 160, Values: map[string]float64{"eval_loss": .4, "eval_accuracy": .91, "eval_f1_macro": .9}})
	for _, name := range []string{"majority class", "linear probe", "plain fine-tuning", "full recipe"} {
		s := report.System{Name: name}
		for i := range 16 {
			s.Right = append(s.Right, (i+len(name))%4 != 0)
		}
		r.Systems = append(r.Systems, s)
	}
	return r
}

func write(t *testing.T, r report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// keep writes a page to the file that ORTRAIN_REPORT names, for people and for
// interop/html.sh to look at.
func keep(t *testing.T, page string) {
	t.Helper()
	if path := os.Getenv("ORTRAIN_REPORT"); path != "" {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The page is well-formed, has every part, loads nothing, and shows data as
// text whatever the data say.
func TestPage(t *testing.T) {
	page := write(t, whole())
	keep(t, page)
	for _, id := range []string{"comparison", "parts", "curves", "classes", "calibration", "robustness", "errors", "cleaning", "augmentation", "config"} {
		if !strings.Contains(page, `<section id="`+id+`"`) {
			t.Errorf("no section %s", id)
		}
	}
	for _, bad := range []string{"<script>alert", "http://", "https://", "<lost>", "NaN", "ZgotmplZ"} {
		text := strings.ReplaceAll(page, `xmlns="http://www.w3.org/2000/svg"`, "")
		if strings.Contains(text, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, want := range []string{"<ins>old</ins>", "<del>is</del> <ins>was</ins>", "&lt;lost&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	if n := strings.Count(page, "<svg "); n != 11 {
		t.Errorf("%d figures, want 11", n)
	}
	valid(t, page)
	if len(page) > 300_000 {
		t.Errorf("%d bytes", len(page))
	}
}

func TestPartsMayBeAbsent(t *testing.T) {
	page := write(t, report.Report{Title: "Nothing yet"})
	if strings.Contains(page, "<section") || !strings.Contains(page, "Nothing yet") {
		t.Errorf("an empty report: %.300s", page)
	}
	valid(t, page)
}

// manyClasses is a report with more classes than fit a screen.
func manyClasses() report.Report {
	r := report.Report{Title: "Many", Test: &report.Answers{}}
	for i := range 77 {
		r.Test.Labels = append(r.Test.Labels, fmt.Sprintf("intent %d", i))
		for k := range 40 {
			r.Test.Rows = append(r.Test.Rows, report.Answer{Row: uint64(40*i + k), Actual: i, Predicted: (i + k/36) % 77, Probability: .8})
		}
	}
	return r
}

func TestManyClasses(t *testing.T) {
	page := write(t, manyClasses())
	keep(t, page)
	if len(page) > largest {
		t.Errorf("%d bytes; %d are allowed", len(page), largest)
	}
	valid(t, page)
}

// largest is what a page may have. Units: bytes.
const largest = 3_000_000

// A long run with very many classes does not fill the page: what is left out is
// said.
func TestLargeRunsStaySmall(t *testing.T) {
	r := report.Report{Test: &report.Answers{}}
	const classes = 5000
	for i := range classes {
		r.Test.Labels = append(r.Test.Labels, fmt.Sprintf("a label with a long name, number %d", i))
		for k := range 4 {
			r.Test.Rows = append(r.Test.Rows, report.Answer{Row: uint64(4*i + k), Text: strings.Repeat("long text ", 500), Actual: i, Predicted: (i + k*k) % classes, Probability: .5})
		}
	}
	for step := range 200_000 {
		r.Log = append(r.Log, report.Logged{Step: step, Values: map[string]float64{"loss": 1 / float64(step+1), "grad_norm": 1, "examples_per_s": float64(step % 7), "rss_bytes": 1e9}})
	}
	page := write(t, r)
	if len(page) > largest {
		t.Errorf("%d bytes; %d are allowed", len(page), largest)
	}
	for _, want := range []string{"500 of 5000 labels", "100 of 5000 labels"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	valid(t, page)
}

func TestWhatDoesNotFit(t *testing.T) {
	short := whole()
	short.Systems[1].Right = short.Systems[1].Right[1:]
	wrong := whole()
	wrong.Test.Rows[3].Predicted = 9
	for name, r := range map[string]report.Report{"systems": short, "class": wrong} {
		if err := report.Write(io.Discard, r); err == nil || !strings.HasPrefix(err.Error(), "report: ") {
			t.Errorf("%s: got %v, want an error of this package", name, err)
		}
	}
}

func TestHardest(t *testing.T) {
	got := report.Hardest([]float64{.9, .2, .5, .2, .8})
	if !slices.Equal(got, []int{1, 3}) {
		t.Errorf("got %v, want [1 3]", got)
	}
}

func Example() {
	var page bytes.Buffer
	err := report.Write(&page, report.Report{
		Title: "My run", Facts: []report.Fact{{Name: "model", Value: "all-MiniLM-L6-v2"}},
	})
	fmt.Println(strings.HasPrefix(page.String(), "<!DOCTYPE html>"), err)
	// Output: true <nil>
}

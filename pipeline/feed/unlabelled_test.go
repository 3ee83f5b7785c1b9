package feed_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// partly writes so many rows, of which every third has a label.
func partly(t *testing.T, rows int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("text,label\n")
	for i := range rows {
		label := ""
		if i%3 == 0 {
			label = []string{"a", "b"}[i/3%2]
		}
		fmt.Fprintf(&b, "my card %d,%s\n", i, label)
	}
	return file(t, "partly.csv", b.String())
}

// labelsByRow gathers the labels of batches by row.
func labelsByRow(batches []*sample.Batch) map[uint64]int64 {
	out := make(map[uint64]int64)
	for _, b := range batches {
		for i, row := range b.Row {
			out[row] = b.Labels.Int[i]
		}
	}
	return out
}

// Rows without a label are trained on and not validated on, and which they are
// does not depend on the memory budget or on an index.
func TestRowsWithoutALabel(t *testing.T) {
	const rows = 300
	cfg := config(t, partly(t, rows))
	cfg.Optional, cfg.Taught, cfg.HeldOut = true, true, 0.3
	cfg.IndexDir = filepath.Join(t.TempDir(), "cache")
	var want map[uint64]int64
	for i, budget := range []int64{1 << 20, 0, 0} { // the third time from the index
		cfg.CacheBytes = budget
		f := open(t, cfg)
		if f.Labelled().Rows() != rows/3 || f.Rows() != rows {
			t.Errorf("budget %d: %d of %d rows have a label", budget, f.Labelled().Rows(), f.Rows())
		}
		train, held, err := f.Split()
		if err != nil {
			t.Fatal(err)
		}
		got := labelsByRow(epoch(t, train, sample.Cursor{}))
		bare := 0
		for row, label := range got {
			class := sample.Ignore
			if row%3 == 0 {
				class = int(row / 3 % 2)
			} else {
				bare++
			}
			if label != int64(class) {
				t.Errorf("row %d has the label %d, %d is right", row, label, class)
			}
		}
		for row, label := range labelsByRow(epoch(t, held, sample.Cursor{})) {
			if _, both := got[row]; both || label == sample.Ignore {
				t.Errorf("row %d with the label %d is held out", row, label)
			}
		}
		if bare != rows-rows/3 || held.Rows() < rows/20 {
			t.Errorf("%d of %d rows without a label to train on, %d rows held out", bare, rows-rows/3, held.Rows())
		}
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pass %d: %s", i, diff)
		}
	}
}

// Of the rows without a label those are left out of training whose text is held
// out with a label, and no other ones, whether they come before that row or after.
func TestTextsWithAndWithoutALabel(t *testing.T) {
	var labelled, texts strings.Builder
	row := func(text, class string) {
		fmt.Fprintf(&labelled, "%s,\n%s,%s\n%s,\n", text, text, class, text)
	}
	labelled.WriteString("text,label\n")
	for i := range 200 {
		row(fmt.Sprintf("my card %d", i), []string{"a", "b"}[i%2])
	}
	// Classes of one text and of two, for which not the hash alone decides.
	for i := range 30 {
		row(fmt.Sprintf("single %d", i), fmt.Sprint("single", i))
		row(fmt.Sprintf("one %d", i), fmt.Sprint("two", i))
		row(fmt.Sprintf("other %d", i), fmt.Sprint("two", i))
	}
	texts.WriteString("text\n")
	for i := range 400 {
		fmt.Fprintf(&texts, "my card %d\n", i) // half of them in no labelled row
	}
	cfg := config(t, "")
	cfg.Files, cfg.Mix = nil, []feed.Dataset{
		{Files: []string{file(t, "texts.csv", texts.String())}, Unlabelled: true},
		{Files: []string{file(t, "labelled.csv", labelled.String())}},
	}
	cfg.Optional, cfg.Taught, cfg.HeldOut, cfg.IndexDir = true, true, 0.3, filepath.Join(t.TempDir(), "cache")
	var want []*sample.Batch
	for i, budget := range []int64{1 << 20, 0, 0} { // the third time from the index
		cfg.CacheBytes, cfg.Workers = budget, 1+3*i
		train, held, err := open(t, cfg).Split()
		if err != nil {
			t.Fatal(err)
		}
		holds, trained := textsOf(t, held), textsOf(t, train)
		if len(holds) != held.Rows() || len(holds) < 60 {
			t.Errorf("%d rows with %d texts are held out", held.Rows(), len(holds))
		}
		for text := range holds {
			if trained[text] > 0 {
				t.Errorf("%q is on both sides", text)
			}
			delete(trained, text)
		}
		if len(holds)+len(trained) != 400+90 {
			t.Errorf("%d of 490 texts are on no side", 490-len(holds)-len(trained))
		}
		for text, n := range trained {
			if n < 3 && !strings.HasPrefix(text, "my card ") {
				t.Errorf("%q is trained on %d times of 3", text, n)
			}
		}
		got := epoch(t, train, sample.Cursor{Epoch: 1})
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pass %d: %s", i, diff)
		}
	}
}

// textsOf counts the texts of a feed.
func textsOf(t *testing.T, f *feed.Feed) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, b := range epoch(t, f, sample.Cursor{}) {
		for _, row := range b.Row {
			ex, err := f.Example(t.Context(), row)
			if err != nil {
				t.Fatal(err)
			}
			out[ex.Text]++
		}
	}
	return out
}

// The labels of a data set of texts are not read, and its rows come as often as
// its weight says.
func TestUnlabelledDataSet(t *testing.T) {
	labelled := file(t, "labelled.csv", "text,label\nmy card,a\nmy pin,b\n")
	texts := file(t, "texts.csv", "text,label\nit is,never seen\nit comes,\nlost,\nis it,\n")
	cfg := config(t, "")
	cfg.Files, cfg.Mix = nil, []feed.Dataset{{Files: []string{labelled}}, {Files: []string{texts}, Unlabelled: true}}
	cfg.Optional, cfg.Taught = true, true
	f := open(t, cfg)
	const none = sample.Ignore
	if diff := cmp.Diff(map[uint64]int64{0: 0, 1: 1, 2: none, 3: none, 4: none, 5: none}, labelsByRow(epoch(t, f, sample.Cursor{}))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a", "b"}, f.Names()); diff != "" {
		t.Error(diff)
	}
	cfg.Mix[0].Weight, cfg.Mix[1].Weight = 2, 1
	bare := 0
	for _, b := range epoch(t, open(t, cfg), sample.Cursor{}) {
		for _, label := range b.Labels.Int {
			if label == none {
				bare++
			}
		}
	}
	if bare != 2 {
		t.Errorf("%d of 6 rows have no label; 2 are right", bare)
	}
}

// Kind and classes are those of the data set that has labels, wherever it stands.
func TestMixThatBeginsWithTexts(t *testing.T) {
	labelled := file(t, "labelled.csv", "text,label\nmy card,a\nmy pin,b\n")
	texts := file(t, "texts.csv", "text\nit is\nit comes\n")
	cfg := config(t, "")
	cfg.Files, cfg.Mix = nil, []feed.Dataset{{Files: []string{texts}, Unlabelled: true}, {Files: []string{labelled}}}
	cfg.Optional, cfg.Taught = true, true
	f := open(t, cfg)
	const none = sample.Ignore
	if diff := cmp.Diff(map[uint64]int64{0: none, 1: none, 2: 0, 3: 1}, labelsByRow(epoch(t, f, sample.Cursor{}))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a", "b"}, f.Names()); diff != "" {
		t.Error(diff)
	}
	for _, mix := range [][]feed.Dataset{
		{{Files: []string{texts}}, {Files: []string{labelled}}},
		{{Files: []string{labelled}}, {Files: []string{texts}}},
	} {
		cfg.Mix = mix
		var where *source.Error
		if _, err := feed.Open(t.Context(), cfg); !errors.Is(err, source.ErrNoColumn) || !errors.As(err, &where) ||
			where.Path != texts || where.Column != "label" || !strings.Contains(err.Error(), "unlabeled_file") {
			t.Errorf("a set without a column of labels: %v", err)
		}
	}
	cfg.Mix = []feed.Dataset{}
	if _, err := feed.Open(t.Context(), cfg); !errors.Is(err, feed.ErrConfig) {
		t.Errorf("no set: %v", err)
	}
}

func TestClassesWithoutALabelledRow(t *testing.T) {
	for content, want := range map[string]string{
		"text,label\nmy card,a\nmy pin,b\nit is,\n": `of 3 classes no row has the label "c"`,
		"text\nmy card\n":             "no column of labels",
		"text,label\nmy card,\nit,\n": "no row has a label",
	} {
		cfg := config(t, file(t, "a.csv", content))
		cfg.Optional, cfg.Taught = true, true
		if strings.Contains(want, "3 classes") {
			cfg.Names = []string{"a", "b", "c"}
		}
		if _, err := feed.Open(t.Context(), cfg); !errors.Is(err, source.ErrFewClasses) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	// Without rows that lack a label nobody asks for every class.
	cfg := config(t, file(t, "a.csv", "text,label\nmy card,a\nmy pin,b\n"))
	cfg.Optional, cfg.Taught, cfg.Names = true, true, []string{"a", "b", "c"}
	open(t, cfg)
}

// What a run asked nothing of is not an index for one that does.
func TestIndexOfClassesWithoutALabelledRow(t *testing.T) {
	cfg := config(t, file(t, "a.csv", "text,label\nmy card,a\nmy pin,b\nit is,\n"))
	cfg.Optional, cfg.Names, cfg.CacheBytes, cfg.IndexDir = true, []string{"a", "b", "c"}, 0, filepath.Join(t.TempDir(), "cache")
	open(t, cfg)
	cfg.Taught = true
	if _, err := feed.Open(t.Context(), cfg); !errors.Is(err, source.ErrFewClasses) {
		t.Errorf("got %v", err)
	}
}

// Values and several classes have nothing that stands for a label that is
// missing, which is said before training begins.
func TestValuesNeedALabelInEveryRow(t *testing.T) {
	for kind, label := range map[sample.LabelKind]string{sample.ValueLabel: "0.5", sample.MultiLabel: "[\"a\"]"} {
		content := fmt.Sprintf("{\"text\":\"my card\",\"label\":%s}\n{\"text\":\"my pin\"}\n", label)
		cfg := config(t, file(t, "a.jsonl", content))
		cfg.Kind, cfg.Optional = kind, true
		var where *source.Error
		if _, err := feed.Open(t.Context(), cfg); !errors.Is(err, source.ErrMissing) || !errors.As(err, &where) || where.Row != 2 || where.Path != cfg.Files[0] {
			t.Errorf("%d: %v", kind, err)
		}
		cfg.Mix = []feed.Dataset{{Files: cfg.Files}, {Files: cfg.Files, Unlabelled: true}}
		if err := cfg.Validate(); !errors.Is(err, feed.ErrConfig) {
			t.Errorf("%d: a data set of texts: %v", kind, err)
		}
	}
}

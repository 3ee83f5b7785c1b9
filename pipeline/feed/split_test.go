package feed_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// split returns on which side each row's text falls.
func split(t *testing.T, rows []string, fraction float64, budget int64) map[string]bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte("text,label\n"+strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config(t, path)
	cfg.HeldOut, cfg.CacheBytes = fraction, budget
	f := open(t, cfg)
	train, held, err := f.Split()
	if err != nil {
		t.Fatal(err)
	}
	if train.Rows()+held.Rows() != len(rows) {
		t.Fatalf("%d and %d rows of %d", train.Rows(), held.Rows(), len(rows))
	}
	isHeld := map[string]bool{}
	for part, side := range map[*feed.Feed]bool{train: false, held: true} {
		for _, b := range epoch(t, part, sample.Cursor{}) {
			for _, row := range b.Row {
				ex, err := part.Example(t.Context(), row)
				if err != nil {
					t.Fatal(err)
				}
				if before, seen := isHeld[ex.Text]; seen && before != side {
					t.Errorf("%q falls on both sides", ex.Text)
				}
				isHeld[ex.Text] = side
			}
		}
	}
	return isHeld
}

func TestSplit(t *testing.T) {
	var rows []string
	for i := range 3000 {
		rows = append(rows, fmt.Sprintf("text %d,class%d", i%1000, i%3)) // every text three times
	}
	rows = append(rows, "alone,single", "one,two", "other,two")
	before := split(t, rows, 0.3, 1<<20)
	share := 0
	for _, held := range before {
		if held {
			share++
		}
	}
	if got := float64(share) / float64(len(before)); math.Abs(got-0.3) > 0.05 {
		t.Errorf("%.3f of the texts are held out, want about 0.3", got)
	}
	if before["alone"] {
		t.Error("the only text of a class is held out")
	}
	if before["one"] == before["other"] {
		t.Error("both texts of a class are on one side")
	}
	for i := range 500 {
		rows = append(rows, fmt.Sprintf("new %d,class%d", i, i%3))
	}
	after := split(t, rows, 0.3, 1<<20)
	for text, held := range before {
		if after[text] != held {
			t.Errorf("%q changed its side when rows were appended", text)
		}
	}
}

func TestSplitFaults(t *testing.T) {
	cfg := config(t, writeCSV(t, 5))
	for _, fraction := range []float64{1, -1, 2, math.NaN()} {
		cfg.HeldOut = fraction
		if _, err := feed.Open(t.Context(), cfg); !errors.Is(err, feed.ErrSplit) {
			t.Errorf("%g: %v", fraction, err)
		}
	}
	cfg.HeldOut = 0
	if _, _, err := open(t, cfg).Split(); !errors.Is(err, feed.ErrSplit) {
		t.Errorf("nothing held out: %v", err)
	}
	cfg.HeldOut = 0.5
	if _, _, err := open(t, cfg).Limit(1).Split(); !errors.Is(err, feed.ErrSplit) {
		t.Errorf("one row: %v", err)
	}
}

// Data without any labels are split by their texts alone.
func TestSplitWithoutLabels(t *testing.T) {
	cfg := config(t, writeCSV(t, 200))
	cfg.Kind, cfg.HeldOut, cfg.IndexDir = sample.NoLabel, 0.3, filepath.Join(t.TempDir(), "cache")
	for i, budget := range []int64{1 << 20, 0, 0} { // the third time from the index
		cfg.CacheBytes = budget
		f := open(t, cfg)
		train, held, err := f.Split()
		if err != nil {
			t.Fatalf("pass %d: %v", i, err)
		}
		if train.Rows()+held.Rows() != 200 || held.Rows() < 30 || f.Labelled().Rows() != 200 {
			t.Errorf("pass %d: %d rows to train on, %d held out", i, train.Rows(), held.Rows())
		}
	}
}

func TestLimit(t *testing.T) {
	f := open(t, config(t, writeCSV(t, 50)))
	for n, want := range map[int]int{0: 50, 7: 7, 50: 50, 99: 50} {
		if got := f.Limit(n).Rows(); got != want {
			t.Errorf("limit %d: %d rows, want %d", n, got, want)
		}
	}
	for _, b := range epoch(t, f.Limit(7), sample.Cursor{}) {
		for _, row := range b.Row {
			if row >= 7 {
				t.Errorf("row %d is beyond the limit", row)
			}
		}
	}
}

// A Splitter has the sides of Split; Without is what is left beside a part.
func TestSplitter(t *testing.T) {
	var rows []string
	for i := range 400 {
		rows = append(rows, fmt.Sprintf("text %d,class%d", i%150, i%3))
	}
	rows = append(rows, "alone,single", "one,two", "other,two")
	want := split(t, rows, 0.3, 1<<20)
	s, err := feed.NewSplitter(0.3, 5)
	if err != nil {
		t.Fatal(err)
	}
	classes := map[string]int64{"class0": 0, "class1": 1, "class2": 2, "single": 3, "two": 4}
	var all []sample.Example
	for _, row := range rows {
		text, class, _ := strings.Cut(row, ",")
		all = append(all, sample.Example{Text: text, Label: sample.Class(classes[class])})
		s.See(all[len(all)-1])
	}
	s.Settle()
	for _, ex := range all {
		if got := s.HeldOut(ex); got != want[ex.Text] {
			t.Errorf("%q is held out: %v; Split says %v", ex.Text, got, want[ex.Text])
		}
	}
	for _, share := range []float64{0, 1, -1, math.NaN()} {
		if _, err := feed.NewSplitter(share, 2); !errors.Is(err, feed.ErrSplit) {
			t.Errorf("a share of %g: %v", share, err)
		}
	}
}

func TestWithout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte("text,label\na,x\nb,y\nc,x\nd,y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := open(t, config(t, path))
	rest := f.Without(f.Limit(3))
	if ex, err := rest.Example(t.Context(), 3); rest.Rows() != 1 || err != nil || ex.Text != "d" {
		t.Errorf("%d rows, %q, %v", rest.Rows(), ex.Text, err)
	}
	if n := f.Without(f).Rows(); n != 0 {
		t.Errorf("%d rows are left of all", n)
	}
}

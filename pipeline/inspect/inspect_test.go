package inspect_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/inspect"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// data is a set of examples, whose rows are numbered, in batches of a size.
func data(t testing.TB, name string, names []string, size int, rows ...sample.Example) inspect.Set {
	t.Helper()
	kind := sample.NoLabel
	for i := range rows {
		rows[i].Row = uint64(i)
		kind = max(kind, rows[i].Label.Kind)
	}
	memory := new(record.Allocator)
	t.Cleanup(func() {
		if n := memory.Bytes(); n != 0 {
			t.Errorf("%s: %d bytes are still in use", name, n)
		}
	})
	return inspect.Set{Name: name, Kind: kind, Names: names, Rows: func() pipeline.Source[*record.Batch] {
		left := rows
		return pipeline.New(func(context.Context) (*record.Batch, error) {
			if len(left) == 0 {
				return nil, io.EOF
			}
			b := record.NewBuilder(memory, kind)
			defer b.Release()
			for _, ex := range left[:min(size, len(left))] {
				if err := b.Append(ex); err != nil {
					return nil, err
				}
			}
			left = left[min(size, len(left)):]
			return b.Batch(), nil
		}, nil)
	}}
}

// classes makes examples of texts with class numbers, -1 for none.
func classes(rows ...any) []sample.Example {
	var out []sample.Example
	for i := 0; i < len(rows); i += 2 {
		ex := sample.Example{Text: rows[i].(string)}
		if c := rows[i+1].(int); c >= 0 {
			ex.Label = sample.Class(int64(c))
		}
		out = append(out, ex)
	}
	return out
}

func look(t testing.TB, o inspect.Options, sets ...inspect.Set) *inspect.Report {
	t.Helper()
	r, err := inspect.Look(t.Context(), o, sets...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rowsOf lists the ids of rows.
func rowsOf(rows []inspect.Row) []uint64 {
	var out []uint64
	for _, r := range rows {
		out = append(out, r.Row)
	}
	return out
}

func TestReport(t *testing.T) {
	train := data(t, "train", []string{"a", "b", "c"}, 2, classes(
		"one", 0, "two", 1, "one", 0, "One", 1, " one\t", 0, "two", 1, "", 0, " ", 1, "two", -1, "three  four", 0)...)
	test := data(t, "test", train.Names, 3, classes("TWO", 1, "five", 0, "one", 1, "Three Four", 0, "", 1)...)
	r := look(t, inspect.Default(), train, test)

	got := r.Sets[0]
	if got.Rows != 10 || got.Compared != 1 || got.Labels.Unlabelled != 1 {
		t.Errorf("%d rows, %g compared, %d without a label", got.Rows, got.Compared, got.Labels.Unlabelled)
	}
	if diff := cmp.Diff([]inspect.Class{{"a", 5, 5. / 9}, {"b", 4, 4. / 9}, {"c", 0, 0}}, got.Labels.Classes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]inspect.Row{{Row: 0, Text: "one", Label: "a"}, {Row: 1, Text: "two", Label: "b"}, {Row: 2, Text: "one", Label: "a"}}, got.First); diff != "" {
		t.Error(diff)
	}
	// Equal: one twice, two three times. Folded: one four times.
	exact, folded := got.Duplicates.Exact, got.Duplicates.Folded
	if exact.Rows != 3 || exact.Texts != 2 || folded.Rows != 5 || folded.Texts != 2 {
		t.Errorf("%+v\n%+v", exact, folded)
	}
	if !slices.Equal(exact.List, []uint64{2, 5, 8}) || !slices.Equal(folded.List, []uint64{2, 3, 4, 5, 8}) {
		t.Errorf("rows %v and %v", exact.List, folded.List)
	}
	if g := folded.Groups; len(g) != 2 || g[0].Count != 4 || !slices.Equal(rowsOf(g[0].Rows), []uint64{0, 2, 3, 4}) || g[0].Rows[3].Text != " one\t" {
		t.Errorf("groups %+v", g)
	}
	// The second "two" without a label contradicts nothing.
	c := got.Conflicts
	if c.Exact.Texts != 0 || c.Folded.Texts != 1 || c.Folded.Rows != 4 || !slices.Equal(rowsOf(c.Folded.Groups[0].Rows), []uint64{0, 3}) {
		t.Errorf("conflicts %+v", c)
	}
	if o := got.Texts[0]; o.Name != "empty" || o.Rows != 2 || !slices.Equal(o.List, []uint64{6, 7}) {
		t.Errorf("%+v", o)
	}

	want := inspect.Leak{Set: "test", From: "train", Compared: 1, Exact: 1, Folded: 3, Relabelled: 1, List: []uint64{0, 2, 3}, Pairs: []inspect.Pair{
		{Row: inspect.Row{Row: 0, Text: "TWO", Label: "b"}, Of: inspect.Row{Row: 1, Text: "two", Label: "b"}},
		{Row: inspect.Row{Row: 2, Text: "one", Label: "b"}, Of: inspect.Row{Row: 0, Text: "one", Label: "a"}, Exact: true},
		{Row: inspect.Row{Row: 3, Text: "Three Four", Label: "a"}, Of: inspect.Row{Row: 9, Text: "three  four", Label: "a"}},
	}}
	if diff := cmp.Diff([]inspect.Leak{want}, r.Leaks); diff != "" {
		t.Error(diff)
	}
}

// Pairs are compared as pairs.
func TestPairs(t *testing.T) {
	pair := func(a, b string) sample.Example { return sample.Example{Text: a, Pair: b, HasPair: true} }
	r := look(t, inspect.Default(), data(t, "x", nil, 10, pair("a b", "c"), pair("a", "b c"), pair("A  B", "C"), pair("a b", ""), pair("", ""), pair("a b", "c")))
	d, s := r.Sets[0].Duplicates, r.Sets[0]
	if d.Exact.Rows != 1 || d.Folded.Rows != 2 || s.Texts[0].Rows != 2 || s.Characters.Most != 5 || s.First[1].Pair != "b c" {
		t.Errorf("%+v %+v", d, s)
	}
}

// naive does what Look does, with maps over texts.
type naive struct{ exact, folded map[string][]sample.Example }

func naively(rows []sample.Example) naive {
	n := naive{map[string][]sample.Example{}, map[string][]sample.Example{}}
	for _, ex := range rows {
		if f := foldNaively(ex.Text); f != "" {
			n.exact[ex.Text] = append(n.exact[ex.Text], ex)
			n.folded[f] = append(n.folded[f], ex)
		}
	}
	return n
}

func foldNaively(text string) string { return strings.Join(strings.Fields(strings.ToLower(text)), " ") }

func repeated(m map[string][]sample.Example) (rows, texts int64, list []uint64) {
	for _, all := range m {
		if len(all) > 1 {
			rows, texts = rows+int64(len(all)-1), texts+1
			for _, ex := range all[1:] {
				list = append(list, ex.Row)
			}
		}
	}
	slices.Sort(list)
	return rows, texts, list
}

func conflicting(m map[string][]sample.Example) (rows, texts int64) {
	for _, all := range m {
		labels := map[int64]int64{}
		for _, ex := range all {
			if ex.Label.Kind != sample.NoLabel {
				labels[ex.Label.Int[0]]++
			}
		}
		if len(labels) > 1 {
			texts++
			for _, n := range labels {
				rows += n
			}
		}
	}
	return rows, texts
}

// Random sets are reported as a naive program over texts would, and for any
// number of workers the same.
func TestAgainstNaive(t *testing.T) {
	words := []string{"a", "A", "b", "  ", "\t", "Ä", "ä", "北", "\u3000", "."}
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) (out []sample.Example) {
		for i := range n {
			var b strings.Builder
			for range r.IntN(6) {
				b.WriteString(words[r.IntN(len(words))])
			}
			ex := sample.Example{Row: uint64(i), Text: b.String()}
			if r.IntN(8) > 0 {
				ex.Label = sample.Class(int64(r.IntN(3)))
			}
			out = append(out, ex)
		}
		return out
	}
	for range 8 {
		a, b := random(1+r.IntN(2000)), random(1+r.IntN(500))
		o := inspect.Default()
		o.List, o.Workers = 1<<20, 1
		names := []string{"x", "y", "z"}
		got := look(t, o, data(t, "train", names, 100, a...), data(t, "test", names, 7, b...))
		for _, workers := range []int{2, 7} {
			o.Workers = workers
			if diff := cmp.Diff(got, look(t, o, data(t, "train", names, 100, a...), data(t, "test", names, 7, b...))); diff != "" {
				t.Fatalf("%d workers: %s", workers, diff)
			}
		}
		n, s := naively(a), got.Sets[0]
		for _, c := range []struct {
			m   map[string][]sample.Example
			got inspect.Repeats
			con inspect.Conflict
		}{{n.exact, s.Duplicates.Exact, s.Conflicts.Exact}, {n.folded, s.Duplicates.Folded, s.Conflicts.Folded}} {
			rows, texts, list := repeated(c.m)
			if rows != c.got.Rows || texts != c.got.Texts || !slices.Equal(list, c.got.List) {
				t.Fatalf("%d rows of %d texts repeat; got %d of %d", rows, texts, c.got.Rows, c.got.Texts)
			}
			if rows, texts = conflicting(c.m); rows != c.con.Rows || texts != c.con.Texts {
				t.Fatalf("%d rows of %d texts conflict; got %d of %d", rows, texts, c.con.Rows, c.con.Texts)
			}
		}
		checkLeak(t, n, b, got.Leaks[0])
	}
}

func checkLeak(t *testing.T, from naive, rows []sample.Example, got inspect.Leak) {
	t.Helper()
	want := inspect.Leak{}
	for _, ex := range rows {
		of := from.folded[foldNaively(ex.Text)]
		if len(of) == 0 {
			continue
		}
		want.Folded++
		want.List = append(want.List, ex.Row)
		if equal := from.exact[ex.Text]; len(equal) > 0 {
			want.Exact++
			of = equal
		}
		labelled, same := false, false
		for _, other := range of {
			if other.Label.Kind != sample.NoLabel && ex.Label.Kind != sample.NoLabel {
				labelled = true
				same = same || other.Label.Int[0] == ex.Label.Int[0]
			}
		}
		if labelled && !same {
			want.Relabelled++
		}
	}
	if want.Exact != got.Exact || want.Folded != got.Folded || want.Relabelled != got.Relabelled || !slices.Equal(want.List, got.List) {
		t.Fatalf("leak: want %+v, got %+v", want, got)
	}
}

// Beyond what may be compared, counts are estimates, and a text that comes very
// often takes no room.
func TestBoundedMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var rows []sample.Example
	for i := range 40_000 {
		switch {
		case i%2 == 0:
			rows = append(rows, sample.Example{Text: "N/A"})
		default: // every text twice, on the average, with two labels
			rows = append(rows, sample.Example{Text: fmt.Sprint("text ", r.IntN(10_000)), Label: sample.Class(int64(r.IntN(2)))})
		}
	}
	o := inspect.Default()
	whole := look(t, o, data(t, "x", []string{"0", "1"}, 1000, rows...)).Sets[0]
	o.Compare = 4096
	part := look(t, o, data(t, "x", []string{"0", "1"}, 1000, rows...), data(t, "y", []string{"0", "1"}, 1000, rows...))
	got := part.Sets[0]
	if whole.Compared != 1 || got.Compared >= 1 || got.Compared < 1./32 {
		t.Fatalf("%g and %g of the texts are compared", whole.Compared, got.Compared)
	}
	near := func(what string, want, got int64) {
		if math.Abs(float64(got-want)) > 0.2*float64(want) {
			t.Errorf("%s: %d are estimated, there are %d", what, got, want)
		}
	}
	near("conflicts", whole.Conflicts.Exact.Texts, got.Conflicts.Exact.Texts)
	near("rows that repeat", whole.Duplicates.Exact.Rows, got.Duplicates.Exact.Rows)
	near("texts that repeat", whole.Duplicates.Exact.Texts, got.Duplicates.Exact.Texts)
	// A leak is found in the part of both: every row that the part has.
	near("leakage", 40_000, part.Leaks[0].Exact)
	if g := got.Duplicates.Exact.Groups[0]; g.Count != 20_000 || g.Rows[0].Text != "N/A" {
		t.Errorf("the text that comes most often: %+v", g)
	}
	if l := part.Leaks[0]; l.Exact != l.Folded || l.Exact == 0 || l.Compared != got.Compared {
		t.Errorf("%+v", l)
	}
	// With room for all different texts, every row counts, however many repeat.
	o.Compare = 16 << 10
	if got := look(t, o, data(t, "x", []string{"0", "1"}, 1000, rows...)).Sets[0]; got.Compared != 1 || got.Duplicates.Exact.Rows != whole.Duplicates.Exact.Rows || got.Conflicts.Exact.Rows != whole.Conflicts.Exact.Rows {
		t.Errorf("%g compared, %d rows repeat; %d do", got.Compared, got.Duplicates.Exact.Rows, whole.Duplicates.Exact.Rows)
	}
}

func TestLabelKinds(t *testing.T) {
	label := func(kind sample.LabelKind, ints []int64, floats []float32) sample.Example {
		return sample.Example{Text: "two words", Words: []sample.Range{{Start: 0, End: 3}, {Start: 4, End: 9}}, Label: sample.Label{Kind: kind, Int: ints, Float: floats}}
	}
	for _, c := range []struct {
		names []string
		rows  []sample.Example
		want  inspect.Labels
		shown string
	}{
		{[]string{"a", "b"}, []sample.Example{label(sample.MultiLabel, nil, []float32{1, 1}), label(sample.MultiLabel, nil, []float32{0, 1}), {Text: "x"}},
			inspect.Labels{Kind: "multi", Unlabelled: 1, Classes: []inspect.Class{{"a", 1, .5}, {"b", 2, 1}}}, "a, b"},
		{[]string{"O", "B"}, []sample.Example{label(sample.TagLabel, []int64{1, -100}, nil), label(sample.TagLabel, []int64{0, 1}, nil)},
			inspect.Labels{Kind: "tags", Classes: []inspect.Class{{"O", 1, 1. / 3}, {"B", 2, 2. / 3}}}, "B -"},
		{nil, []sample.Example{label(sample.SpanLabel, []int64{4, 9}, nil), label(sample.SpanLabel, []int64{-1, -1}, nil)},
			inspect.Labels{Kind: "span", Classes: []inspect.Class{{"answer", 1, .5}, {"no answer", 1, .5}}}, "words"},
		{nil, []sample.Example{label(sample.ValueLabel, nil, []float32{1}), label(sample.ValueLabel, nil, []float32{4}), label(sample.ValueLabel, nil, []float32{1})},
			inspect.Labels{Kind: "value", Values: &inspect.Values{Least: 1, Mean: 2, Most: 4, Deviation: math.Sqrt2}}, "1"},
		{nil, []sample.Example{{Text: "x"}}, inspect.Labels{Kind: "none", Unlabelled: 1}, ""},
	} {
		for _, size := range []int{1, 10} {
			got := look(t, inspect.Default(), data(t, "x", c.names, size, c.rows...)).Sets[0]
			if v := got.Labels.Values; v != nil {
				v.Deviation = math.Round(v.Deviation*1e9) / 1e9
				c.want.Values.Deviation = math.Round(c.want.Values.Deviation*1e9) / 1e9
			}
			if diff := cmp.Diff(c.want, got.Labels); diff != "" {
				t.Error(diff)
			}
			if got.First[0].Label != c.shown {
				t.Errorf("%s: the label is shown as %q; %q is expected", c.want.Kind, got.First[0].Label, c.shown)
			}
		}
	}
}

func TestTokens(t *testing.T) {
	o := inspect.Default()
	o.MaxLength = 3
	o.Tokens = func(ex *sample.Example) (int, error) { return len(strings.Fields(ex.Text)), nil }
	r := look(t, o, data(t, "a", nil, 2, classes("a b c d", -1, "a", -1, "a b c", -1)...), data(t, "b", nil, 2, classes("a b c d e f", -1)...))
	got := *r.Sets[0].Tokens
	if got.Least != 1 || got.Most != 4 || got.Median != 3 || got.Limit != 3 || got.Longer != 1 || r.Sets[1].Tokens.Longer != 1 {
		t.Errorf("%+v", got)
	}
	if a, b := got.Bins, r.Sets[1].Tokens.Bins; len(a) != len(b) || a[0].From != b[0].From || a[len(a)-1].To != -1 {
		t.Errorf("bins %v and %v", a, b)
	}
	broken := errors.New("broken")
	o.Tokens = func(*sample.Example) (int, error) { return 0, broken }
	if _, err := inspect.Look(t.Context(), o, data(t, "a", nil, 2, classes("a", -1)...)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestNear(t *testing.T) {
	o := inspect.Default()
	o.Near = 0.8
	long := "I would like to know when my new card will arrive at my home address"
	got := look(t, o, data(t, "x", []string{"a", "b"}, 2, classes(long, 0, long, 1, long+"!", 1, "Why was I charged a fee for this?", 0, long+"!?", 0)...)).Sets[0].Duplicates
	if got.Near == nil || got.Near.Rows != 2 || !slices.Equal(got.Near.List, []uint64{2, 4}) || got.Near.Texts[0].Text != long+"!" {
		t.Errorf("%+v", got.Near)
	}
}

// Nothing is left behind when reading ends early.
func TestErrorsEndEverything(t *testing.T) {
	broken := errors.New("broken")
	synctest.Test(t, func(t *testing.T) {
		good := data(t, "good", nil, 1, classes("a", -1, "b", -1)...)
		for after := range 4 {
			bad := inspect.Set{Name: "bad", Rows: func() pipeline.Source[*record.Batch] {
				rows, n := good.Rows(), 0
				return pipeline.New(func(ctx context.Context) (*record.Batch, error) {
					if n++; n > after {
						return nil, broken
					}
					return rows.Next(ctx)
				}, rows.Close)
			}}
			_, err := inspect.Look(t.Context(), inspect.Default(), good, bad)
			if after < 3 && !errors.Is(err, broken) || after == 3 && err != nil {
				t.Errorf("after %d: %v", after, err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := inspect.Look(ctx, inspect.Default(), good); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	for want, spoil := range map[string]func(*inspect.Options){
		"texts to show":    func(o *inspect.Options) { o.Texts = -1 },
		"rows to list":     func(o *inspect.Options) { o.List = -1 },
		"at least 1024":    func(o *inspect.Options) { o.Compare = 10 },
		"longest sequence": func(o *inspect.Options) { o.MaxLength = -1 },
		"0.3 to 1":         func(o *inspect.Options) { o.Near = 0.1 },
	} {
		o := inspect.Default()
		spoil(&o)
		if _, err := inspect.Look(t.Context(), o, data(t, "x", nil, 1, classes("a", -1)...)); !errors.Is(err, inspect.ErrOptions) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if _, err := inspect.Look(t.Context(), inspect.Default()); !errors.Is(err, inspect.ErrOptions) {
		t.Errorf("no sets: %v", err)
	}
	// Without samples nothing is read a second time.
	o := inspect.Default()
	o.Texts, o.List = 0, 0
	passes := 0
	set := data(t, "x", nil, 1, classes("a", -1, "a", -1)...)
	rows := set.Rows
	set.Rows = func() pipeline.Source[*record.Batch] { passes++; return rows() }
	if r := look(t, o, set); passes != 1 || r.Sets[0].Duplicates.Exact.Rows != 1 || r.Sets[0].First != nil {
		t.Errorf("%d passes, %+v", passes, r.Sets[0])
	}
}

package augment_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rivo/uniseg"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/ops"
	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// policy parses YAML or fails.
func policy(tb testing.TB, text string) augment.Policy {
	tb.Helper()
	p, err := augment.ParsePolicy([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func runner(tb testing.TB, p augment.Policy, o augment.Options) *augment.Runner {
	tb.Helper()
	if len(o.Table.Names()) == 0 {
		o.Table = ops.Standard()
	}
	r, err := augment.New(p, o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// examples are made-up sentences of twenty words.
func examples(n int) []sample.Example {
	out := make([]sample.Example, n)
	for i := range out {
		var words []string
		for w := range 20 {
			words = append(words, fmt.Sprintf("w%c%c", 'a'+i%26, 'a'+w))
		}
		out[i] = sample.Example{Row: uint64(i), Text: strings.Join(words, " "), Label: sample.Class(int64(i % 3))}
	}
	return out
}

// rows runs all examples through Rows on some goroutines and prints what comes
// out.
func rows(t *testing.T, r *augment.Runner, all []sample.Example, workers, size int) string {
	t.Helper()
	memory := new(record.Allocator)
	var batches []*record.Batch
	for at := 0; at < len(all); at += size {
		b, err := record.Of(memory, all[at:min(at+size, len(all))])
		if err != nil {
			t.Fatal(err)
		}
		batches = append(batches, b)
	}
	src := pipeline.Map(pipeline.FromSlice(batches), workers, r.Rows)
	out, err := pipeline.Collect(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, batch := range out {
		for _, ex := range batch.Examples() {
			fmt.Fprintf(&b, "%d %d %q %v %q\n", ex.Row, ex.Copy, ex.Text, ex.Label, ex.Audit)
		}
		batch.Release()
	}
	if memory.Bytes() != 0 {
		t.Errorf("%d bytes of Arrow memory are still in use", memory.Bytes())
	}
	return b.String()
}

const noisy = `
copies: 5
choose: balanced
audit: true
before: [{name: case, probability: 0.5}]
operators: [swap, delete, aeda, typo]
`

func TestSameBytesForAnyNumberOfWorkers(t *testing.T) {
	all := examples(300)
	p := policy(t, noisy)
	want := rows(t, runner(t, p, augment.Options{Seed: 9}), all, 1, 64)
	for _, workers := range []int{2, 7, 64} {
		if rows(t, runner(t, p, augment.Options{Seed: 9}), all, workers, 3*workers) != want {
			t.Errorf("%d workers give other bytes", workers)
		}
	}
	if rows(t, runner(t, p, augment.Options{Seed: 10}), all, 1, 64) == want {
		t.Error("another seed gives the same bytes")
	}
	if rows(t, runner(t, p, augment.Options{Seed: 9, Epoch: 1}), all, 1, 64) == want {
		t.Error("another epoch gives the same bytes")
	}
}

// What training draws are the copies that Rows makes in that epoch.
func TestDrawIsACopyOfRows(t *testing.T) {
	all := examples(200)
	p := policy(t, noisy)
	p.Filters.Duplicates = false
	out := rows(t, runner(t, p, augment.Options{Seed: 9, Epoch: 4}), all, 2, 10)
	counts := make(map[uint16]int)
	r := runner(t, p, augment.Options{Seed: 9})
	for _, ex := range all {
		got, err := r.Draw(ex, 4)
		if err != nil {
			t.Fatal(err)
		}
		counts[got.Copy]++
		if !strings.Contains(out, fmt.Sprintf("%d %d %q ", got.Row, got.Copy, got.Text)) {
			t.Fatalf("row %d, copy %d: %q is none of the copies", got.Row, got.Copy, got.Text)
		}
	}
	if len(counts) != p.Copies+1 {
		t.Errorf("copies drawn: %v; all of 0 to %d are expected", counts, p.Copies)
	}
}

// balanced: each operator makes as many copies as any other, but for one.
func TestBalanced(t *testing.T) {
	p := policy(t, "copies: 9\nchoose: balanced\naudit: true\nfilters: {duplicates: false}\noperators: [swap, delete, aeda, typo]\n")
	r := runner(t, p, augment.Options{Seed: 1})
	for _, ex := range examples(50) {
		counts := make(map[string]int)
		for k := range 9 {
			got, _, err := r.Copy(ex, 0, uint16(k+1))
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(got.Audit, ":")
			counts[name]++
		}
		for name, n := range counts {
			if name != "" && n > 3 {
				t.Errorf("row %d: %s made %d of 9 copies; at most 3 are dealt", ex.Row, name, n)
			}
		}
	}
}

func TestValidateReturnsAllFaults(t *testing.T) {
	p := policy(t, "copies: -1\nlanguage: en\ntask: acceptability\noperators: [{name: swop}, {name: delete, probability: 1.5}, {name: homophone}, {name: aeda, params: {rate: 2}}, {name: typo, params: {rates: 1}}]\n")
	err := p.Validate(ops.Standard())
	for _, want := range []string{"copies is -1", "no operator swop; did you mean swap?", "probability 1.5", "homophone works in zh, not in en", "rate is 2", "no parameter rates",
		"delete with the task acceptability"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if !errors.Is(err, augment.ErrPolicy) || !errors.Is(err, augment.ErrHarm) {
		t.Errorf("the error does not wrap its sentinels: %v", err)
	}
}

func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		policy string
		want   error
		text   string
	}{
		"pack":      {"operators: [synonym]", augment.ErrPack, "pack wordnet"},
		"segmenter": {"language: th\nsegment: word\noperators: [swap]", augment.ErrPolicy, "cuts th into words"},
		"filter":    {"filters: {keep_label: true}\noperators: [swap]", augment.ErrPolicy, "need a model"},
	} {
		_, err := augment.New(policy(t, c.policy), augment.Options{Table: ops.Standard()})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := augment.ParsePolicy([]byte("operators: [{name: swap, probabilty: 1}]")); err == nil || !strings.Contains(err.Error(), "did you mean probability") {
		t.Errorf("got %v", err)
	}
	if _, err := augment.Preset("ead"); err == nil || !strings.Contains(err.Error(), "eda") {
		t.Errorf("got %v", err)
	}
	p := policy(t, "max_bytes: 10\noperators: [swap]")
	_, _, err := runner(t, p, augment.Options{}).Copy(sample.Example{Row: 7, Text: "longer than ten bytes"}, 0, 1)
	if !errors.Is(err, augment.ErrTooLong) || !strings.Contains(err.Error(), "row 7") {
		t.Errorf("got %v", err)
	}
}

func TestPresetsAreValid(t *testing.T) {
	if len(augment.Presets()) != 7 {
		t.Errorf("presets: %v", augment.Presets())
	}
	for _, name := range augment.Presets() {
		p, err := augment.Preset(name)
		if err == nil {
			err = p.Validate(ops.Standard())
		}
		if err != nil || p.Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// shout stands for an operator with a model.
type shout struct{}

func (shout) AugmentBatch(_ context.Context, b *record.Batch, draw func(int) *random.Stream) (*record.Batch, error) {
	all := b.Examples()
	for i := range all {
		all[i].Text = strings.ToUpper(all[i].Text) + strings.Repeat("!", 1+draw(i).IntN(3))
	}
	return record.Of(new(record.Allocator), all)
}

// even keeps copies of rows with even numbers.
type even struct{}

func (even) Keep(_ context.Context, originals, copies *record.Batch) ([]bool, error) {
	keep := make([]bool, copies.Len())
	for i, ex := range copies.Examples() {
		keep[i] = ex.Row%2 == 0 && originals.Examples()[i].Row == ex.Row
	}
	return keep, nil
}

func TestBatchOperatorsAndFilters(t *testing.T) {
	table := ops.Standard().With(augment.Spec{
		Name: "shout", Doc: "shouts", Languages: []string{"any"}, Samples: []augment.Sample{{Text: "a"}},
		NewBatch: func(augment.Settings) (augment.BatchAugmenter, error) { return shout{}, nil },
	})
	p := policy(t, "copies: 2\noperators: [swap, shout]\n")
	r := runner(t, p, augment.Options{Table: table, Seed: 3, Filters: []augment.Filter{even{}}})
	out := strings.Split(strings.TrimSpace(rows(t, r, examples(4), 1, 4)), "\n")
	if len(out) != 4+2*2 {
		t.Fatalf("%d rows; 4 and two copies of two are expected:\n%s", len(out), strings.Join(out, "\n"))
	}
	for _, line := range out {
		if fields := strings.Fields(line); fields[1] != "0" && (!strings.Contains(line, "!") || strings.Contains(line, "wa")) {
			t.Errorf("not shouted: %s", line)
		}
	}
}

func TestSides(t *testing.T) {
	ex := sample.Example{Row: 1, Text: "one two three", Pair: "four five six", HasPair: true}
	for side, want := range map[string][2]bool{"text": {true, false}, "pair": {false, true}, "both": {true, true}} {
		p := policy(t, "operators: [{name: case, params: {rate: 1, mode: upper}}]")
		p.Side = side
		got, _, err := runner(t, p, augment.Options{}).Copy(ex, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if (got.Text != ex.Text) != want[0] || (got.Pair != ex.Pair) != want[1] {
			t.Errorf("%s: %q %q", side, got.Text, got.Pair)
		}
	}
}

// The audit names whole words.
func TestAudit(t *testing.T) {
	for _, c := range []struct{ operator, text, want string }{
		{"{name: split, params: {rate: 1}}", "abcd", "split: abcd→"},
		{"{name: transpose, params: {rate: 1}}", "ab", "transpose: ab→ba"},
		{"{name: merge, params: {rate: 1}}", "a b", "merge: ‘ ’→‘’"},
		{"{name: case, params: {rate: 1, mode: upper}}", "ab cd", "case: ab→AB, cd→CD"},
		{"{name: delete, params: {rate: 1}}", "ab not", "delete: -ab"},
		{"{name: aeda, params: {rate: 0.1}}", "ab", "aeda: +"},
	} {
		got, _, err := runner(t, policy(t, "audit: true\noperators: ["+c.operator+"]"), augment.Options{}).Copy(sample.Example{Text: c.text}, 0, 1)
		if err != nil || !strings.HasPrefix(got.Audit, c.want) {
			t.Errorf("%q: %q (%v)", c.want, got.Audit, err)
		}
	}
}

// The quick walk over ASCII cuts as uniseg does.
func TestUnicodeWords(t *testing.T) {
	draw := random.New(1, random.Generate, 0, 0, 0)
	const letters = "ab1_'.,;: -\"\n@9Z"
	for range 20_000 {
		var b strings.Builder
		for range draw.IntN(14) {
			b.WriteByte(letters[draw.IntN(len(letters))])
		}
		s := b.String()
		var want []string
		state := -1
		for rest := s; rest != ""; {
			var w string
			w, rest, state = uniseg.FirstWordInString(rest, state)
			if strings.ContainsAny(w, "abZ19") {
				want = append(want, w)
			}
		}
		var got []string
		for _, r := range augment.Unicode().Cut(s, nil) {
			got = append(got, s[r.Start:r.End])
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Fatalf("%q is cut into %q, want %q", s, got, want)
		}
	}
}

func Example() {
	policy, err := augment.ParsePolicy([]byte(`
copies: 2
operators:
  - {name: swap, params: {rate: 0.2}}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	runner, err := augment.New(policy, augment.Options{Table: ops.Standard(), Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	tagged := sample.Example{
		Text: "my flight to Oslo was late", Words: []sample.Range{{End: 2}, {Start: 3, End: 9}, {Start: 10, End: 12}, {Start: 13, End: 17}, {Start: 18, End: 21}, {Start: 22, End: 26}},
		Label: sample.Label{Kind: sample.TagLabel, Int: []int64{0, 0, 0, 1, 0, 0}},
	}
	copied, _, err := runner.Copy(tagged, 0, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	city := copied.Words[3]
	fmt.Println(copied.Text[city.Start:city.End], copied.Label.Int)
	// Output: Oslo [0 0 0 1 0 0]
}

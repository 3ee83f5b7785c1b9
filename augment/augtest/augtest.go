// Package augtest checks that operators keep what they promise.
//
// Path: Run(t, table, packs) makes every operator of a table and checks exactly
// the laws that its Spec declares, on its samples and on random and hostile
// texts. A new operator is tested the moment it is registered.
//
// It is imported by tests only.
package augtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Texts is how many texts each operator is tried on.
const Texts = 10_000

// Run checks all row operators of a table. An operator whose pack packs lack is
// a failure, not a skip.
func Run(t *testing.T, table augment.Table, packs augment.Packs) {
	for _, spec := range table.Specs() {
		if spec.New == nil {
			continue
		}
		t.Run(spec.Name, func(t *testing.T) {
			t.Parallel()
			for _, language := range spec.Languages {
				if language == "any" {
					language = "en"
				}
				check(t, table, spec, language, packs)
			}
			samples(t, table, spec, packs)
		})
	}
}

// runner makes a policy of one operator.
func runner(t *testing.T, table augment.Table, packs augment.Packs, name, language string, params map[string]any, protect []string) *augment.Runner {
	t.Helper()
	p := augment.DefaultPolicy()
	p.Language, p.Force, p.Tries, p.Filters, p.Protect = language, true, 1, augment.Filters{}, protect
	p.Operators = []augment.Step{{Name: name, Probability: 1, Weight: 1, Params: params}}
	r, err := augment.New(p, augment.Options{Table: table, Packs: packs, Seed: 7, Outside: 0})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// high returns parameters that make an operator change as much as it can.
func high(spec augment.Spec, rate float64) map[string]any {
	if hasRate(spec) {
		return map[string]any{"rate": rate}
	}
	return nil
}

func hasRate(spec augment.Spec) bool {
	return slices.ContainsFunc(spec.Params, func(p augment.Param) bool { return p.Name == "rate" })
}

// samples checks that a sample shows something: that the operator changes it for
// some of a hundred draws.
func samples(t *testing.T, table augment.Table, spec augment.Spec, packs augment.Packs) {
	for _, s := range spec.Samples {
		language := spec.Languages[0]
		if language == "any" {
			language = "en"
		}
		r := runner(t, table, packs, spec.Name, language, s.Params, nil)
		changed := false
		for row := range uint64(100) {
			got, _, err := r.Copy(sample.Example{Row: row, Text: s.Text}, 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			changed = changed || got.Text != s.Text
		}
		if !changed && spec.Name != "identity" {
			t.Errorf("the sample %q is never changed", s.Text)
		}
	}
}

// check tries an operator in one language on many texts.
func check(t *testing.T, table augment.Table, spec augment.Spec, language string, packs augment.Packs) {
	strong := runner(t, table, packs, spec.Name, language, high(spec, 0.9), nil)
	weak := runner(t, table, packs, spec.Name, language, nil, nil)
	spare := runner(t, table, packs, spec.Name, language, high(spec, 0.9), []string{"alpha", "beta", "gamma"})
	var none *augment.Runner
	if spec.Laws.Has(augment.Identity) && hasRate(spec) {
		none = runner(t, table, packs, spec.Name, language, high(spec, 0), nil)
	}
	words := vocabulary(spec)
	for row := range uint64(Texts) {
		draw := random.New(11, random.Generate, 0, row, 0)
		ex := Example(draw, row, words)
		for _, r := range []*augment.Runner{strong, weak} {
			got, _, err := r.Copy(ex, 3, 1)
			if err == nil {
				err = laws(spec.Laws, ex, got)
			}
			if err != nil {
				t.Fatalf("row %d, language %s: %v\n  before %q %v %v\n  after  %q %v %v", row, language, err, ex.Text, ex.Words, ex.Label, got.Text, got.Words, got.Label)
			}
			again, _, err := r.Copy(ex, 3, 1)
			if err != nil || again.Text != got.Text {
				t.Fatalf("row %d: the same draw gives %q and %q (%v)", row, got.Text, again.Text, err)
			}
		}
		if none != nil {
			if got, _, err := none.Copy(ex, 3, 1); err != nil || got.Text != ex.Text {
				t.Fatalf("row %d: at rate 0 %q becomes %q (%v)", row, ex.Text, got.Text, err)
			}
		}
		if err := protected(spare, draw, row, words, spec.Laws); err != nil {
			t.Fatalf("row %d, language %s: %v", row, language, err)
		}
	}
}

// laws checks one result.
func laws(l augment.Law, before, after sample.Example) error {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(l.Has(augment.ValidUTF8) && !utf8.ValidString(after.Text), "invalid UTF-8")
	fault(l.Has(augment.Bounded) && len(after.Text) > 4*len(before.Text)+64, "%d bytes become %d", len(before.Text), len(after.Text))
	fault(l.Has(augment.NeverEmpty) && worded(before.Text) && !worded(after.Text), "no word is left")
	fault(l.Has(augment.KeepsWords) && len(strings.Fields(before.Text)) > len(strings.Fields(after.Text)), "fields go from %d to %d", len(strings.Fields(before.Text)), len(strings.Fields(after.Text)))
	if before.Label.Kind == sample.ClassLabel {
		fault(after.Label.Kind != sample.ClassLabel || after.Label.Int[0] != before.Label.Int[0], "the label changes")
	}
	if l.Has(augment.KeepsSpans) {
		faults = append(faults, spans(before, after))
	}
	return errors.Join(faults...)
}

// spans checks that labelled words and answers are still there.
func spans(before, after sample.Example) error {
	switch before.Label.Kind {
	case sample.TagLabel:
		if len(after.Words) != len(after.Label.Int) {
			return fmt.Errorf("%d words for %d tags", len(after.Words), len(after.Label.Int))
		}
		var was, is []int64
		for i, w := range before.Words {
			if before.Label.Int[i] != 0 && w.Len() > 0 {
				was = append(was, before.Label.Int[i])
			}
		}
		last := 0
		for i, w := range after.Words {
			if w.Start < last || w.End < w.Start || w.End > len(after.Text) {
				return fmt.Errorf("word %d is %v after %d in %d bytes", i, w, last, len(after.Text))
			}
			last = w.End
			if after.Label.Int[i] != 0 && w.Len() > 0 {
				is = append(is, after.Label.Int[i])
			}
		}
		if !slices.Equal(was, is) {
			return fmt.Errorf("tags %v become %v", was, is)
		}
	case sample.SpanLabel:
		start, end := after.Label.Int[0], after.Label.Int[1]
		if before.Label.Int[0] >= 0 && !(0 <= start && start < end && int(end) <= len(after.Text)) {
			return fmt.Errorf("the answer %v becomes %v", before.Label.Int, after.Label.Int)
		}
	}
	return nil
}

// protected checks that protected words, templates and addresses stay, and that
// labels on protected words still cover these words.
func protected(r *augment.Runner, draw *random.Stream, row uint64, words []string, l augment.Law) error {
	marks := []string{"alpha", "beta", "gamma"}
	fixed := []string{"{{name one}}", "https://example.org/a?b=not", "@some_user", "me@example.org"}
	ex := sample.Example{Row: row, Label: sample.Label{Kind: sample.TagLabel}}
	var b strings.Builder
	add := func(w string, tag int64) {
		ex.Words = append(ex.Words, sample.Range{Start: b.Len(), End: b.Len() + len(w)})
		ex.Label.Int = append(ex.Label.Int, tag)
		b.WriteString(w + " ")
	}
	for i, m := range marks {
		for range draw.IntN(4) {
			add(words[draw.IntN(len(words))], 0)
		}
		add(m, int64(i+1))
		add(fixed[draw.IntN(len(fixed))], 0)
	}
	ex.Text = strings.TrimSpace(b.String())
	got, _, err := r.Copy(ex, 0, 2)
	if err != nil {
		return err
	}
	for _, f := range fixed {
		if strings.Count(ex.Text, f) != strings.Count(got.Text, f) {
			return fmt.Errorf("%q: %s is protected, but comes out as %q", ex.Text, f, got.Text)
		}
	}
	if !l.Has(augment.KeepsSpans) {
		return nil
	}
	for i, tag := range got.Label.Int {
		if w := got.Words[i]; tag > 0 && got.Text[w.Start:w.End] != marks[tag-1] {
			return fmt.Errorf("%q becomes %q, where %q has the tag of %s", ex.Text, got.Text, got.Text[w.Start:w.End], marks[tag-1])
		}
	}
	return nil
}

// worded reports whether a text has a letter or digit.
func worded(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) })
}

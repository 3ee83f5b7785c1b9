package pii_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/clean/pii"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// FuzzScrub holds for any text: no panic, matches in order and in bounds that
// cut no character, valid UTF-8 stays valid, words stay in order and in bounds,
// and a mask keeps the number of characters.
func FuzzScrub(f *testing.F) {
	for _, r := range pii.Standard() {
		for _, text := range append(r.Samples.Find, r.Samples.Miss...) {
			f.Add(strings.NewReplacer("«", "", "»", "").Replace(text), uint16(3))
		}
	}
	f.Add("\xff+1 555\xfe@", uint16(0))
	names := smallNames(f)
	s := scrubber(f, func(c *pii.Config) { c.Names = names })
	mask := scrubber(f, func(c *pii.Config) { c.Names, c.Replace, c.Keep = names, pii.Mask, 2 })
	f.Fuzz(func(t *testing.T, text string, cut uint16) {
		matches := s.Find(text)
		checkMatches(t, text, matches)
		if !utf8.ValidString(text) {
			return
		}
		at := min(int(cut), len(text))
		ex := sample.Example{Text: text, Words: []sample.Range{{Start: 0, End: at}, {Start: at, End: len(text)}}}
		counts, err := s.Scrub(&ex)
		if err != nil || counts.Total() != len(matches) {
			t.Fatalf("%q: %d matches, counts %v, error %v", text, len(matches), counts, err)
		}
		if !utf8.ValidString(ex.Text) {
			t.Fatalf("%q became %q, which is not UTF-8", text, ex.Text)
		}
		a, b := ex.Words[0], ex.Words[1]
		if a.Start != 0 || a.End < 0 || b.Start < a.Start || b.End < b.Start || b.End != len(ex.Text) {
			t.Fatalf("%q: words became %v of %q", text, ex.Words, ex.Text)
		}
		if masked := mask.Edits(text).Text(text); utf8.RuneCountInString(masked) != utf8.RuneCountInString(text) {
			t.Fatalf("%q masked is %q", text, masked)
		}
	})
}

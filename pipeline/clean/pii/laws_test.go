package pii_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/clean/pii"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// smallNames writes name lists that the samples of the name recogniser need.
func smallNames(t testing.TB) pii.Names {
	t.Helper()
	given := filepath.Join(t.TempDir(), "given.txt")
	text := "# given names\nMary\nJohn\nVirginia\nMay\nÅsa\n"
	if err := os.WriteFile(given, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return pii.Names{Given: []string{given}}
}

func scrubber(t testing.TB, change func(*pii.Config)) *pii.Scrubber {
	t.Helper()
	cfg := pii.Default()
	if change != nil {
		change(&cfg)
	}
	s, err := pii.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// unmark cuts « and » out of a sample and returns the range between them.
func unmark(t *testing.T, sampleText string) (string, sample.Range) {
	t.Helper()
	head, rest, ok := strings.Cut(sampleText, "«")
	value, tail, closed := strings.Cut(rest, "»")
	if !ok || !closed || value == "" {
		t.Fatalf("sample %q marks nothing between « and »", sampleText)
	}
	return head + value + tail, sample.Range{Start: len(head), End: len(head) + len(value)}
}

// Every recogniser alone finds what its samples mark, no more and no less, and
// nothing where they say so; among all others its samples are found as well.
func TestSamples(t *testing.T) {
	everything := scrubber(t, func(c *pii.Config) { c.Names = smallNames(t) })
	for _, r := range pii.Standard() {
		t.Run(r.Name, func(t *testing.T) {
			alone := only(t, r)
			for _, marked := range r.Samples.Find {
				text, want := unmark(t, marked)
				if got := alone.Find(text); len(got) != 1 || got[0].Range != want || got[0].Type != "ALONE" || got[0].By != r.Name {
					t.Errorf("%q: found %s", marked, show(text, got))
				}
				if got := everything.Find(text); !slices.ContainsFunc(got, func(m pii.Match) bool {
					return m.Start <= want.Start && m.End >= want.End
				}) {
					t.Errorf("%q: all recognisers together leave it, found %s", marked, show(text, got))
				}
			}
			for _, text := range r.Samples.Miss {
				if got := alone.Find(text); len(got) > 0 {
					t.Errorf("%q: found %s, which it must miss", text, show(text, got))
				}
			}
		})
	}
}

// only makes a Scrubber of one recogniser, under a type of its own.
func only(t *testing.T, r pii.Recogniser) *pii.Scrubber {
	t.Helper()
	r.Type = "ALONE"
	return scrubber(t, func(c *pii.Config) {
		c.Names = smallNames(t)
		c.Extra = []pii.Recogniser{r}
		c.Types = []string{r.Type}
	})
}

func show(text string, matches []pii.Match) string {
	var out []string
	for _, m := range matches {
		out = append(out, m.By+" "+text[m.Start:m.End])
	}
	return "[" + strings.Join(out, " | ") + "]"
}

// checkMatches states what holds for the matches of any text.
func checkMatches(t *testing.T, text string, matches []pii.Match) {
	t.Helper()
	last := 0
	for _, m := range matches {
		if m.Start < last || m.End <= m.Start || m.End > len(text) {
			t.Fatalf("%q: match [%d,%d) of %s after %d", text, m.Start, m.End, m.By, last)
		}
		if utf8.ValidString(text) && !utf8.ValidString(text[m.Start:m.End]) {
			t.Fatalf("%q: match %q of %s cuts a character", text, text[m.Start:m.End], m.By)
		}
		last = m.End
	}
}

// What stands in place of a match is not found again, and a second pass changes
// nothing.
func TestScrubbingTwiceChangesNothing(t *testing.T) {
	for _, how := range []pii.Replacement{pii.Placeholder, pii.Mask, pii.Pseudonym} {
		s := scrubber(t, func(c *pii.Config) {
			c.Replace, c.Names, c.Key = how, smallNames(t), []byte("0123456789abcdef")
		})
		for _, r := range pii.Standard() {
			for _, marked := range r.Samples.Find {
				text, _ := unmark(t, marked)
				once := s.Edits(text).Text(text)
				if again := s.Edits(once).Text(once); again != once {
					t.Errorf("%s: %q became %q, then %q", how, text, once, again)
				}
			}
		}
	}
}

// A sample between other texts is still found: what surrounds it does not hide
// it.
func TestSamplesInContext(t *testing.T) {
	s := scrubber(t, func(c *pii.Config) { c.Names = smallNames(t) })
	for _, r := range pii.Standard() {
		for _, marked := range r.Samples.Find {
			bare, want := unmark(t, marked)
			for _, around := range [][2]string{{"", ""}, {"Well.\n", "\nBye."}, {"你好。", "。"}, {"{ \"text\": \"", "\" }"}} {
				text := around[0] + bare + around[1]
				at := sample.Range{Start: want.Start + len(around[0]), End: want.End + len(around[0])}
				got := s.Find(text)
				checkMatches(t, text, got)
				if !slices.ContainsFunc(got, func(m pii.Match) bool { return m.Start <= at.Start && m.End >= at.End }) {
					t.Errorf("%s in %q: found %s", r.Name, text, show(text, got))
				}
			}
		}
	}
}

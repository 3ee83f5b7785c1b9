package pii_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/clean/pii"
)

const shared = "../../../../shared/data"

// labelled is one text of presidio-research's generated data set.
type labelled struct {
	FullText string `json:"full_text"`
	Spans    []struct {
		Type  string `json:"entity_type"`
		Value string `json:"entity_value"`
		Start int    `json:"start_position"`
		End   int    `json:"end_position"`
	} `json:"spans"`
	Template int `json:"template_id"`
}

func presidio(t testing.TB) []labelled {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(shared, "pii-presidio", "synth_dataset_v2.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the data set pii-presidio is not here: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []labelled
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func sharedNames(t testing.TB) pii.Names {
	t.Helper()
	dir := filepath.Join(shared, "lexicons", "names")
	n := pii.Names{Given: []string{filepath.Join(dir, "male.txt"), filepath.Join(dir, "female.txt")}}
	if _, err := os.Stat(n.Given[0]); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the name lists are not here: ", err)
	}
	return n
}

// span is a labelled stretch. Units: bytes.
type span struct {
	start, end int
	typ, value string
}

// bytes turns the data set's code points into bytes and checks the values.
func (l labelled) bytes(t testing.TB) []span {
	t.Helper()
	offsets := make([]int, 0, len(l.FullText)+1)
	for i := range l.FullText {
		offsets = append(offsets, i)
	}
	offsets = append(offsets, len(l.FullText))
	var out []span
	for _, s := range l.Spans {
		r := span{offsets[s.Start], offsets[s.End], s.Type, s.Value}
		if l.FullText[r.start:r.end] != s.Value {
			t.Fatalf("span %q is not at its place in %q", s.Value, l.FullText)
		}
		out = append(out, r)
	}
	return out
}

// ours says which of our types stand for one of the data set's.
var ours = map[string][]string{
	"CREDIT_CARD": {"CARD"}, "EMAIL_ADDRESS": {"EMAIL"}, "IBAN_CODE": {"IBAN"}, "IP_ADDRESS": {"IP"},
	"PHONE_NUMBER": {"PHONE", "CN_MOBILE"}, "US_SSN": {"SSN"}, "PERSON": {"PERSON"}, "STREET_ADDRESS": {"ADDRESS"},
}

// bounded are the types whose figures have a bound: patterns and checksums.
var bounded = []string{"CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "PHONE_NUMBER", "US_SSN"}

// score counts by the data set's type. Exact matches cover the same bytes,
// others at least half of the union.
// Alone counts values that are found as a text of their own, without a word
// beside them.
type score struct{ labelled, found, hit, exact, right, alone int }

// add counts a labelled stretch and reports whether one of the matches is it.
func (s *score) add(sp span, matches []pii.Match) bool {
	i := slices.IndexFunc(matches, func(m pii.Match) bool { return slices.Contains(ours[sp.typ], m.Type) && same(sp, m) })
	if i < 0 {
		return false
	}
	s.hit++
	if matches[i].Start == sp.start && matches[i].End == sp.end {
		s.exact++
	}
	return true
}

func (s score) recall() float64    { return ratio(s.hit, s.labelled) }
func (s score) precision() float64 { return ratio(s.right, s.found) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// same reports whether two stretches share half of what they cover together.
func same(a span, m pii.Match) bool {
	shared := min(a.end, m.End) - max(a.start, m.Start)
	union := max(a.end, m.End) - min(a.start, m.Start)
	return 2*shared >= union
}

// TestPresidio measures recall and precision on presidio-research's generated
// sentences; -v prints every type.
func TestPresidio(t *testing.T) {
	all, names := presidio(t), sharedNames(t)
	s := scrubber(t, func(c *pii.Config) { c.Names = names })
	scores := make(map[string]*score)
	unasked := make(map[string]int)
	for theirs := range ours {
		scores[theirs] = new(score)
	}
	for _, text := range all {
		spans, matches := text.bytes(t), s.Find(text.FullText)
		checkMatches(t, text.FullText, matches)
		for _, sp := range spans {
			if sc := scores[sp.typ]; sc != nil {
				sc.labelled++
				if slices.ContainsFunc(s.Find(sp.value), func(m pii.Match) bool { return slices.Contains(ours[sp.typ], m.Type) }) {
					sc.alone++
				}
				if !sc.add(sp, matches) && slices.Contains(bounded, sp.typ) {
					t.Logf("missed %s %q in %q", sp.typ, sp.value, text.FullText)
				}
			} else {
				unasked[sp.typ]++
			}
		}
		for _, m := range matches {
			theirs := theirType(m.Type)
			if theirs == "" {
				unasked["found "+m.Type]++
				continue
			}
			scores[theirs].found++
			if slices.ContainsFunc(spans, func(sp span) bool { return sp.typ == theirs && same(sp, m) }) {
				scores[theirs].right++
			} else if slices.Contains(bounded, theirs) {
				t.Logf("wrong %s %q in %q", m.Type, text.FullText[m.Start:m.End], text.FullText)
			}
		}
	}
	t.Log("\n" + table(scores, unasked))
	checkBounds(t, scores)
}

func checkBounds(t *testing.T, scores map[string]*score) {
	t.Helper()
	for _, typ := range bounded {
		if sc := scores[typ]; sc.recall() < 0.95 || sc.precision() < 0.90 {
			t.Errorf("%s: recall %.3f, precision %.3f; at least 0.95 and 0.90 are wanted", typ, sc.recall(), sc.precision())
		}
	}
}

func theirType(our string) string {
	for theirs, list := range ours {
		if slices.Contains(list, our) {
			return theirs
		}
	}
	return ""
}

// table is the report for docs/PRIVACY.md.
func table(scores map[string]*score, unasked map[string]int) string {
	var b strings.Builder
	b.WriteString("| type | labelled | recall | exact | alone | found | precision |\n|---|---:|---:|---:|---:|---:|---:|\n")
	for _, typ := range sorted(scores) {
		sc := scores[typ]
		fmt.Fprintf(&b, "| %s | %d | %.3f | %.3f | %.3f | %d | %.3f |\n", typ, sc.labelled, sc.recall(), ratio(sc.exact, sc.labelled), ratio(sc.alone, sc.labelled), sc.found, sc.precision())
	}
	for _, typ := range sorted(unasked) {
		fmt.Fprintf(&b, "not compared: %s %d\n", typ, unasked[typ])
	}
	return b.String()
}

func sorted[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

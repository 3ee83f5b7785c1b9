package edit_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/edit"
	"github.com/ortrain/ortrain/pipeline/sample"
)

func at(start, end int, with string) edit.Edit {
	return edit.Edit{Range: sample.Range{Start: start, End: end}, With: with}
}

// ranges makes ranges of starts and ends.
func ranges(borders ...int) []sample.Range {
	out := make([]sample.Range, len(borders)/2)
	for i := range out {
		out[i] = sample.Range{Start: borders[2*i], End: borders[2*i+1]}
	}
	return out
}

func TestMove(t *testing.T) {
	const text = "my old card is lost"
	words := ranges(0, 2, 3, 6, 7, 11, 12, 14, 15, 19)
	for _, c := range []struct {
		name  string
		edits edit.List
		text  string
		words string
	}{
		{"nothing", nil, text, "my|old|card|is|lost"},
		{"replace a word", edit.List{at(3, 6, "ancient")}, "my ancient card is lost", "my|ancient|card|is|lost"},
		{"delete a word", edit.List{at(3, 7, "")}, "my card is lost", "my||card|is|lost"},
		{"delete the first word", edit.List{at(0, 3, "")}, "old card is lost", "|old|card|is|lost"},
		{"delete the last word", edit.List{at(14, 19, "")}, "my old card is", "my|old|card|is|"},
		{"insert before a word", edit.List{at(3, 3, "very ")}, "my very old card is lost", "my|old|card|is|lost"},
		{"insert after a word", edit.List{at(6, 6, "ish")}, "my oldish card is lost", "my|old|card|is|lost"},
		{"insert inside a word", edit.List{at(4, 4, "-")}, "my o-ld card is lost", "my|o-ld|card|is|lost"},
		{"over a border", edit.List{at(5, 8, "X")}, "my olXard is lost", "my|olX|Xard|is|lost"},
		{"two words into one", edit.List{at(3, 11, "thing")}, "my thing is lost", "my|thing|thing|is|lost"},
		{"at both ends", edit.List{at(0, 0, "<"), at(19, 19, ">")}, "<my old card is lost>", "my|old|card|is|lost"},
		{"several", edit.List{at(0, 2, "our"), at(3, 7, ""), at(12, 14, "was")}, "our card was lost", "our||card|was|lost"},
	} {
		moved := slices.Clone(words)
		c.edits.Move(moved)
		got := c.edits.Text(text)
		var parts []string
		for _, w := range moved {
			parts = append(parts, got[w.Start:w.End])
		}
		if got != c.text || strings.Join(parts, "|") != c.words {
			t.Errorf("%s: %q with words %q; want %q with %q", c.name, got, strings.Join(parts, "|"), c.text, c.words)
		}
	}
}

// Any edits leave ranges inside the text and in order, and a range that no edit
// touches keeps its bytes.
func TestMoveLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := strings.Repeat("abcdefghij", 1+r.IntN(3))
		cuts := func(n int) []int {
			out := make([]int, 2*n)
			for i := range out {
				out[i] = r.IntN(len(text) + 1)
			}
			slices.Sort(out)
			return out
		}
		var edits edit.List
		for c := cuts(r.IntN(4)); len(c) > 0; c = c[2:] {
			edits = append(edits, at(c[0], c[1], strings.Repeat("X", r.IntN(4))))
		}
		var words []sample.Range
		for c := cuts(r.IntN(5)); len(c) > 0; c = c[2:] {
			words = append(words, sample.Range{Start: c[0], End: c[1]})
		}
		moved := slices.Clone(words)
		edits.Move(moved)
		got := edits.Text(text)
		for i, w := range moved {
			if w.Start < 0 || w.End < w.Start || w.End > len(got) {
				t.Fatalf("%q %v: word %v became %v of %q", text, edits, words[i], w, got)
			}
			touched := false
			for _, e := range edits {
				touched = touched || e.Start < words[i].End && e.End > words[i].Start
			}
			if words[i].Len() > 0 && !touched && got[w.Start:w.End] != text[words[i].Start:words[i].End] {
				t.Fatalf("%q %v: untouched word %v became %v of %q", text, edits, words[i], w, got)
			}
			if i > 0 && w.Start < moved[i-1].Start {
				t.Fatalf("%q %v: words %v became %v", text, edits, words, moved)
			}
		}
	}
}

func TestApplyLeavesSharedMemoryAlone(t *testing.T) {
	words, span := ranges(0, 1, 2, 3), []int64{2, 3}
	ex := sample.Example{Text: "a b", Words: words, Label: sample.Label{Kind: sample.SpanLabel, Int: span}}
	if err := (edit.List{at(0, 1, "long")}).Apply(&ex); err != nil {
		t.Fatal(err)
	}
	if ex.Text != "long b" || ex.Words[1].Start != 5 || ex.Label.Int[0] != 5 {
		t.Errorf("got %+v", ex)
	}
	if words[1].Start != 2 || span[0] != 2 {
		t.Error("the caller's slices were changed")
	}
	pair := sample.Example{Text: "q", Pair: "a b", HasPair: true, Label: sample.Label{Kind: sample.SpanLabel, Int: span}}
	if err := (edit.List{at(0, 1, "")}).Apply(&pair); err != nil || pair.Label.Int[0] != 2 {
		t.Errorf("an edit of Text moved the span in Pair: %+v, %v", pair, err)
	}
	if err := (edit.List{at(0, 2, "")}).ApplyPair(&pair); err != nil || pair.Pair != "b" || pair.Label.Int[0] != 0 {
		t.Errorf("got %+v, %v", pair, err)
	}
}

func TestCheck(t *testing.T) {
	for _, bad := range []edit.List{{at(2, 1, "")}, {at(0, 9, "")}, {at(0, 2, ""), at(1, 3, "")}, {at(-1, 0, "")}} {
		if err := bad.Check(3); !errors.Is(err, edit.ErrOrder) {
			t.Errorf("%v: got %v, want ErrOrder", bad, err)
		}
	}
}

func Example() {
	ex := sample.Example{Text: "call 555-0100 now", Words: ranges(0, 4, 5, 13, 14, 17)}
	edits := edit.List{{Range: sample.Range{Start: 5, End: 13}, With: "[PHONE]"}}
	if err := edits.Apply(&ex); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ex.Text, ex.Words)
	// Output: call [PHONE] now [{0 4} {5 12} {13 16}]
}

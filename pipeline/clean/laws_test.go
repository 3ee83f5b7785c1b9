package clean_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/ortrain/ortrain/pipeline/clean"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// pieces are what hostile texts are made of.
var pieces = []string{
	"a", "B", " ", "  ", "\n", "\t", "word", "The", "not", "don't", "’", "'", ".", ",", "!!!!", "....", "-", "_", "#", "@", "#tag", "@user",
	"http://", "https://a.b/c?d=e", "www.", "WWW.x.y", "://", "a@b.cc", "<", ">", "<b>", "</b>", "<br/>", "<script>", "</script>", "<!--", "-->",
	"&", "&amp;", "&lt;", "&#65;", "&nGt;", "&#x10FFFF;", ";", "=\"", "\"", "1", "23", "1,000.5", "½", "①", "٣", "é", "e\u0301", "\u0301", "\u0300\u0323", "İ", "ẞ",
	"Ⱥ", "ﬁ", "\ufdfa", "Ａ", "１", "！", "　", "＠", "＃", "你好", "世界", "的", "。", "，", "「", "ガ", "ｶﾞ", "ไทย", "हिन्दी", "한글", "각", "👩\u200d👧", "🏴",
	"\u0000", "\u0085", "\u00a0", "\u00ad", "\u200b", "\u200c", "\u200d", "\u202e", "\u2028", "\ufeff", "\ufffd", "\U000e0041", "\U00010400", "\U0001d15e", "\u0f73", "\u0344",
}

// hostile makes a text of pieces and random characters.
func hostile(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(20) {
		if r.IntN(12) == 0 {
			b.WriteRune(rune(r.IntN(0x3000)))
		}
		b.WriteString(pieces[r.IntN(len(pieces))])
		if r.IntN(3) == 0 {
			b.WriteByte(' ')
		}
	}
	return strings.ToValidUTF8(b.String(), "")
}

// wordsOf returns what white space separates.
func wordsOf(text string) []sample.Range {
	var out []sample.Range
	at := 0
	for word := range strings.FieldsSeq(text) {
		start := at + strings.Index(text[at:], word)
		at = start + len(word)
		out = append(out, sample.Range{Start: start, End: at})
	}
	return out
}

// variants are the parameters with which the laws of a step are checked: the
// defaults, and every value of every choice and switch.
func variants(s clean.Step) []params {
	all := []params{nil}
	for _, p := range s.Params {
		for _, choice := range p.Choices {
			if choice == "pseudonym" {
				continue // needs a key: TestPrivateRecipesKeepNoSamples has one
			}
			all = append(all, params{p.Name: choice})
		}
		if on, ok := p.Default.(bool); ok {
			all = append(all, params{p.Name: !on})
		}
	}
	return all
}

// bound is the longest text that a step may make.
func bound(s clean.Step, text string) int {
	factor := max(1, s.Laws.Growth)
	for _, p := range s.Params {
		if with, ok := p.Default.(string); ok && p.Choices == nil {
			factor = max(factor, len(with))
		}
	}
	return factor * len(text)
}

func TestLaws(t *testing.T) {
	for _, s := range clean.Steps() {
		for _, p := range variants(s) {
			c := cleaner(t, s.Name, p)
			r := rand.New(rand.NewPCG(1, 2))
			all := make([]string, 1500)
			for i := range all {
				all[i] = hostile(r)
				if checkText(t, s, p, c, all[i]); t.Failed() {
					return
				}
			}
			if checkWords(t, s, p, c, all); t.Failed() {
				return
			}
		}
	}
}

// checkText holds a step to what it promises about one text.
func checkText(t *testing.T, s clean.Step, p params, c *clean.Cleaner, text string) {
	t.Helper()
	got, err := c.Text(text)
	if err != nil {
		t.Errorf("%s %v: %q: %v", s.Name, p, text, err)
		return
	}
	if !utf8.ValidString(got) {
		t.Errorf("%s %v: %q becomes %q, which is not UTF-8", s.Name, p, text, got)
	}
	if limit := bound(s, text); len(got) > limit {
		t.Errorf("%s %v: %q grows from %d to %d bytes; at most %d are declared", s.Name, p, text, len(text), len(got), limit)
	}
	if again, _ := c.Text(got); s.Laws.Idempotent && again != got {
		t.Errorf("%s %v: %q becomes %q and then %q", s.Name, p, text, got, again)
	}
	if s.Name == "unicode" {
		form := map[any]norm.Form{nil: norm.NFC, "NFC": norm.NFC, "NFD": norm.NFD, "NFKC": norm.NFKC, "NFKD": norm.NFKD}[p["form"]]
		if want := form.String(text); got != want {
			t.Errorf("unicode %v: %q becomes %q, want %q", p, text, got, want)
		}
	}
}

// checkWords checks that words and the spans of answers follow the texts, and
// the pairs.
func checkWords(t *testing.T, s clean.Step, p params, c *clean.Cleaner, all []string) {
	t.Helper()
	var tagged, answered []sample.Example
	for i, text := range all {
		words := wordsOf(text)
		label := sample.Label{Kind: sample.TagLabel, Int: make([]int64, len(words))}
		tagged = append(tagged, sample.Example{Row: uint64(i), Text: text, Words: words, Label: label})
		span := sample.Label{Kind: sample.SpanLabel, Int: []int64{-1, -1}}
		if len(words) > 0 {
			w := words[len(words)/2]
			span.Int = []int64{int64(w.Start), int64(w.End)}
		}
		answered = append(answered, sample.Example{Row: uint64(i), Text: text, Label: span})
		answered = append(answered, sample.Example{Row: uint64(i), Text: "which?", Pair: text, HasPair: true, Label: span})
	}
	for _, ex := range run(t, c, tagged, 1000, 1) {
		text, words := all[ex.Row], tagged[ex.Row].Words
		checkOrder(t, s, ex.Text, ex.Words)
		if len(ex.Words) != len(words) {
			t.Errorf("%s %v: %d words of %q became %d", s.Name, p, len(words), text, len(ex.Words))
			return
		}
		for i, w := range ex.Words {
			word := text[words[i].Start:words[i].End]
			first, _ := utf8.DecodeRuneInString(word)
			if want, _ := c.Text(word); s.Laws.Local && !unicode.IsMark(first) && ex.Text[w.Start:w.End] != want {
				t.Errorf("%s %v: word %q of %q became %q in %q, alone %q", s.Name, p, word, text, ex.Text[w.Start:w.End], ex.Text, want)
				return
			}
		}
	}
	for _, ex := range run(t, c, answered, 1000, 1) {
		where := ex.Text
		if ex.HasPair {
			where = ex.Pair
		}
		if ex.Label.Int[0] >= 0 {
			checkOrder(t, s, where, []sample.Range{{Start: int(ex.Label.Int[0]), End: int(ex.Label.Int[1])}})
		}
	}
}

// checkOrder checks that ranges lie in the text, in order, between characters.
func checkOrder(t *testing.T, s clean.Step, text string, ranges []sample.Range) {
	t.Helper()
	for i, w := range ranges {
		if w.Start < 0 || w.End < w.Start || w.End > len(text) || i > 0 && w.Start < ranges[i-1].Start {
			t.Errorf("%s: ranges %v of %q", s.Name, ranges, text)
			return
		}
		if !utf8.ValidString(text[w.Start:w.End]) {
			t.Errorf("%s: range %v of %q cuts a character", s.Name, w, text)
		}
	}
}

// every is a recipe of all steps.
func every() clean.Recipe {
	var r clean.Recipe
	for _, s := range clean.Steps() {
		p := params{}
		switch s.Name {
		case "near_duplicates":
			p = params{"threshold": 0.5, "rows": 50}
		case "duplicates", "conflicts":
			p = params{"rows": 40}
		case "language":
			p = params{"keep": []any{"en", "zh"}}
		}
		r.Steps = append(r.Steps, clean.Use{Step: s.Name, Params: p})
	}
	return r
}

// Any number of workers gives the same rows and the same report, samples
// included.
func TestWorkersDoNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var rows []sample.Example
	for i := range 2000 {
		text := hostile(r)
		if i > 0 && r.IntN(4) == 0 { // repeat one
			text = rows[r.IntN(i)].Text
		}
		words := wordsOf(text)
		label := sample.Label{Kind: sample.TagLabel, Int: make([]int64, len(words))}
		rows = append(rows, sample.Example{Row: uint64(i), Text: text, Words: words, Label: label})
	}
	var want []sample.Example
	var report string
	for _, workers := range []int{1, 2, 7} {
		for _, batch := range []int{64, 1000} {
			c, err := clean.New(clean.Config{Recipe: every(), Samples: 3})
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, c, rows, batch, workers)
			text, err := json.Marshal(c.Report())
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want, report = got, string(text)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%d workers, batches of %d: %d rows, not the %d of one worker", workers, batch, len(got), len(want))
			}
			if string(text) != report {
				t.Errorf("%d workers, batches of %d: report %s, want %s", workers, batch, text, report)
			}
		}
	}
	if len(want) < 100 || len(want) > 1900 {
		t.Errorf("%d of 2000 rows are left: the test shows nothing", len(want))
	}
}

// An Edit and a Keep leave the memory of their input alone: a batch that others
// hold as well must not change.
func TestRepeatedTextsAgree(t *testing.T) {
	c, err := clean.New(clean.Config{Recipe: every()})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		text := hostile(r)
		kept := strings.Clone(text)
		one, err := c.Text(text)
		if err != nil {
			t.Fatal(err)
		}
		if two, _ := c.Text(kept); one != two || text != kept {
			t.Errorf("%q became %q, then %q", kept, one, two)
		}
	}
}

func FuzzSteps(f *testing.F) {
	for _, p := range pieces {
		f.Add(p+" "+p, uint8(0))
	}
	steps := clean.Steps()
	var all [][]*clean.Cleaner
	for _, s := range steps {
		var of []*clean.Cleaner
		for _, p := range variants(s) {
			of = append(of, cleaner(f, s.Name, p))
		}
		all = append(all, of)
	}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		if !utf8.ValidString(text) {
			return
		}
		i := int(which) % len(steps)
		for v, p := range variants(steps[i]) {
			checkText(t, steps[i], p, all[i][v], text)
			checkWords(t, steps[i], p, all[i][v], []string{text})
		}
	})
}

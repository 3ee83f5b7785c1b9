package clean

import (
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/edit"
)

var _ = register(Step{
	Name: "punctuation",
	Doc:  "removes the punctuation of all scripts, or writes it in ASCII",
	Params: []Param{
		{Name: "action", Default: "strip", Choices: []string{"strip", "normalize"}, Doc: "strip removes it, normalize writes full-width and typographic marks in ASCII"},
		{Name: "replace", Default: " ", Doc: "what strip puts in place of a run of marks; an apostrophe inside a word always goes without"},
		{Name: "keep", Default: "", Doc: "characters that stay"},
		{Name: "symbols", Default: true, Doc: "strip currency signs, modifiers and mathematical signs too"},
	},
	Laws: Laws{Idempotent: true, Local: true},
	New: func(a Args) (Op, error) {
		if a.String("action") == "normalize" {
			keep := a.String("keep")
			return Op{Needs: Beyond, Edit: func(list edit.List, in Input) edit.List { return normalizeMarks(list, in.Text, keep) }}, nil
		}
		s := stripper{what: punct, with: a.String("replace"), keep: a.String("keep")}
		if a.Bool("symbols") {
			s.what |= symbol
		}
		for b := range s.ascii {
			s.ascii[b] = b >= utf8.RuneSelf || s.strips(rune(b))
		}
		return Op{Needs: asciiMarks + Beyond, Edit: func(list edit.List, in Input) edit.List { return s.edit(list, in.Text) }}, nil
	},
})

// marks are punctuation marks and what to write for them. Full-width ones are
// those of ASCII at another place and need no entry.
var marks = map[rune]string{
	'。': ".", '、': ",", '．': ".", '…': "...", '⋯': "...", '‥': "..",
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '′': "'", '‹': "'", '›': "'",
	'“': `"`, '”': `"`, '„': `"`, '‟': `"`, '″': `"`, '«': `"`, '»': `"`,
	'「': `"`, '」': `"`, '『': `"`, '』': `"`, '《': `"`, '》': `"`, '〈': `"`, '〉': `"`, '〝': `"`, '〞': `"`, '〟': `"`,
	'【': "[", '】': "]", '〔': "[", '〕': "]", '〖': "[", '〗': "]",
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '〜': "~", '〰': "~",
	'｡': ".", '､': ",", '｢': `"`, '｣': `"`, '․': ".", '⁄': "/", '¿': "?", '¡': "!",
	'،': ",", '؛': ";", '؟': "?", '٪': "%", '۔': ".", '।': ".", '॥': ".",
}

func normalizeMarks(list edit.List, text, keep string) edit.List {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		with, ok := "", false
		if r >= wideFirst && r <= wideLast {
			with = single[r-wideFirst+'!']
			ok = classes[with[0]]&(punct|symbol) != 0
		} else if classOf(r)&(punct|symbol) != 0 {
			with, ok = marks[r]
		}
		if ok && (keep == "" || !strings.ContainsRune(keep, r)) {
			list = cut(list, i, i+n, with)
		}
		i += n
	}
	return list
}

// stripper removes marks.
type stripper struct {
	what       class
	with, keep string
	ascii      [256]bool // bytes that go or need a closer look
}

func (s *stripper) strips(r rune) bool {
	return classOf(r)&s.what != 0 && (s.keep == "" || !strings.ContainsRune(s.keep, r))
}

func (s *stripper) edit(list edit.List, text string) edit.List {
	for i := 0; i < len(text); {
		if !s.ascii[text[i]] {
			i++
			continue
		}
		end, marks := s.run(text, i)
		if marks == 0 { // it only needed a closer look
			_, n := at(text, i)
			i += n
			continue
		}
		with := s.with
		if marks == 1 && isApostrophe(text[i:end]) && classBefore(text, i)&inWord != 0 && classAt(text, end)&inWord != 0 {
			with = ""
		}
		if text[i:end] != with {
			list = cut(list, i, end, with)
		}
		i = end
	}
	return list
}

// run returns the end of the run of marks that begins at i, and their number.
func (s *stripper) run(text string, i int) (end, marks int) {
	if text[i] < utf8.RuneSelf && i+1 < len(text) && !s.ascii[text[i+1]] { // most marks are alone
		return i + 1, 1
	}
	for end = i; end < len(text); marks++ {
		r, n := at(text, end)
		if !s.strips(r) {
			break
		}
		end += n
	}
	return end, marks
}

func isApostrophe(s string) bool { return s == "'" || s == "’" || s == "＇" }

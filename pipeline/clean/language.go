package clean

import (
	"fmt"
	"unicode"

	"github.com/abadojack/whatlanggo"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// The languages are told by their trigrams (Cavnar and Trenkle, "N-Gram-Based
// Text Categorization", 1994) or by a script of their own.
var _ = register(Step{
	Name: "language",
	Doc:  "drops rows whose text is surely in another language than those wanted",
	Params: []Param{
		{Name: "keep", Default: []string{"en"}, Doc: "ISO 639-1 or 639-3 codes of the languages wanted"},
		{Name: "confidence", Default: 0.8, Min: 0.0, Doc: "how sure one must be, from 0 to 1, to drop a row"},
		{Name: "min", Default: 20, Min: 0, Doc: "letters that a text needs to be judged; shorter ones stay"},
	},
	New: func(a Args) (Op, error) {
		keep, scripts := map[whatlanggo.Lang]bool{}, map[*unicode.RangeTable]bool{}
		for _, code := range a.Strings("keep") {
			lang, ok := languageOf(code)
			if !ok {
				return Op{}, fmt.Errorf("keep: there is no language %q; a code of ISO 639-1 or 639-3 is expected, such as en or eng: %w", code, ErrRecipe)
			}
			keep[lang] = true
			addScripts(scripts, lang)
		}
		confidence, least := a.Float("confidence"), a.Int("min")
		return Op{Keep: func(ex *sample.Example) bool {
			if countLetters(ex.Text, least) < least {
				return true
			}
			info := whatlanggo.Detect(ex.Text)
			if info.Lang == whatlanggo.Cmn && hasKana(ex.Text) {
				info.Lang, info.Script = whatlanggo.Jpn, nil // no Chinese text has one
			}
			if whatlanggo.Scripts[info.Script] != "" && !scripts[info.Script] {
				return false // whichever of its languages it is
			}
			// Of equally near languages the library takes any, with confidence 0.
			return info.Confidence == 0 || info.Confidence < confidence || keep[info.Lang]
		}}, nil
	},
})

func languageOf(code string) (whatlanggo.Lang, bool) {
	if lang := whatlanggo.CodeToLang(code); lang >= 0 {
		return lang, true
	}
	for lang := range whatlanggo.Langs {
		if lang.Iso6391() == code && code != "" {
			return lang, true
		}
	}
	return -1, false
}

// addScripts adds the scripts of a language: those a letter of which the
// library takes for the language when it may choose no other.
func addScripts(scripts map[*unicode.RangeTable]bool, lang whatlanggo.Lang) {
	only := whatlanggo.Options{Whitelist: map[whatlanggo.Lang]bool{lang: true}}
	for table := range whatlanggo.Scripts {
		for _, r := range table.R16 {
			if classes[r.Lo]&letter == 0 {
				continue
			}
			if info := whatlanggo.DetectWithOptions(string(rune(r.Lo)), only); info.Lang == lang {
				scripts[info.Script] = true
			}
			break
		}
	}
}

func hasKana(text string) bool {
	for _, r := range text {
		if unicode.In(r, unicode.Hiragana, unicode.Katakana) {
			return true
		}
	}
	return false
}

// countLetters counts letters up to a number; one of a script without spaces
// says as much as several others.
func countLetters(text string, most int) int {
	n := 0
	for _, r := range text {
		switch c := classOf(r); {
		case c&unspaced != 0:
			n += 4
		case c&letter != 0:
			n++
		}
		if n >= most {
			break
		}
	}
	return n
}

package clean

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/clean/segment"
	"github.com/ortrain/ortrain/pipeline/clean/stopword"
	"github.com/ortrain/ortrain/pipeline/edit"
	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Step{
	Name: "stopwords",
	Doc:  "removes words that carry grammar rather than meaning, with the space behind them",
	Params: []Param{
		{Name: "language", Default: "en", Doc: "ISO 639-1 code, of 58 languages (stopwords-iso)"},
		{Name: "file", Default: "", Doc: "a list of one's own: one word a line, or JSON in the form of stopwords-iso"},
		{Name: "keep", Default: []string{}, Doc: "words that stay, such as not"},
		{Name: "dictionary", Default: "", Doc: "for zh: a file of words and frequencies by which to find words"},
	},
	Laws: Laws{},
	New: func(a Args) (Op, error) {
		s := stopper{}
		language := a.String("language")
		var err error
		if s.words, err = loadStopWords(language, a.String("file")); err != nil {
			return Op{}, err
		}
		for _, word := range a.Strings("keep") {
			delete(s.words, strings.ToLower(word))
			delete(s.words, strings.ToLower(strings.ReplaceAll(word, "'", "’")))
		}
		switch language {
		case "zh":
			s.segment, err = loadSegmenter(a.String("dictionary"))
		case "ja", "th":
			err = fmt.Errorf("language %s is written without spaces, and there is no dictionary to find its words by: %w", language, ErrRecipe)
		}
		return Op{Edit: s.edit}, err
	},
})

func loadStopWords(language, path string) (stopword.Set, error) {
	if path == "" {
		set, err := stopword.Load(language)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrRecipe, err)
		}
		return set, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	set, err := stopword.Read(file, language)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return set, nil
}

func loadSegmenter(path string) (*segment.Segmenter, error) {
	if path == "" {
		return segment.Chinese()
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	seg, err := segment.Load(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return seg, nil
}

// stopper removes words.
type stopper struct {
	words   stopword.Set
	segment *segment.Segmenter // for text without spaces
}

// longestWord bounds the words that are looked up. Units: bytes.
const longestWord = 64

func (s *stopper) edit(list edit.List, in Input) edit.List {
	text := in.Text
	for i := 0; i < len(text); {
		c := classAt(text, i)
		if c&inWord == 0 {
			_, n := at(text, i)
			i += n
			continue
		}
		if s.segment != nil && c&unspaced != 0 {
			end := skip(text, i, unspaced)
			list = s.unspaced(list, text, i, end)
			i = end
			continue
		}
		end := s.wordEnd(text, i)
		if s.stops(text[i:end]) {
			next := skip(text, end, space)
			list = cut(list, i, next, "")
			end = next
		}
		i = end
	}
	return list
}

// unspaced removes the stop words of a run of Chinese.
func (s *stopper) unspaced(list edit.List, text string, start, end int) edit.List {
	var room [64]sample.Range
	for _, word := range s.segment.Cut(room[:0], text[start:end]) {
		if s.stops(text[start+word.Start : start+word.End]) {
			list = cut(list, start+word.Start, start+word.End, "")
		}
	}
	return list
}

// wordEnd returns the end of the word that begins at i. Apostrophes between
// letters belong to it.
func (s *stopper) wordEnd(text string, i int) int {
	for i < len(text) {
		b := text[i]
		if b < utf8.RuneSelf && classes[b]&inWord != 0 {
			i++
			continue
		}
		r, n := at(text, i)
		c := classOf(r)
		switch {
		case c&unspaced != 0 && s.segment != nil:
			return i
		case c&inWord == 0 && !(r == '\'' || r == '’') || c&inWord == 0 && classAt(text, i+n)&letter == 0:
			return i
		}
		i += n
	}
	return i
}

// stops reports whether a word is a stop word, in whatever case.
func (s *stopper) stops(word string) bool {
	if len(word) > longestWord {
		return false
	}
	var buf [longestWord]byte
	for i := range len(word) {
		b := word[i]
		if b >= utf8.RuneSelf {
			return s.words.Has([]byte(strings.ToLower(word)))
		}
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		buf[i] = b
	}
	return s.words.Has(buf[:len(word)])
}

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
		{Name: "file", Default: "", File: true, Doc: "a list of one's own: one word a line, or JSON in the form of stopwords-iso"},
		{Name: "keep", Default: []string{}, Doc: "words that stay, such as not"},
		{Name: "dictionary", Default: "", File: true, Doc: "for zh: a file of words and frequencies by which to find words"},
	},
	Laws: Laws{},
	New: func(a Args) (Op, error) {
		s := &stopper{}
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
		s.short = newShortWords(s.words)
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
	short   shortWords
	segment *segment.Segmenter // for text without spaces
}

// longestWord bounds the words that are looked up. Units: bytes.
const longestWord = 64

func (s *stopper) edit(list edit.List, in Input) edit.List {
	text := in.Text
	for i := 0; i < len(text); {
		// Words of ASCII end at what is neither ASCII nor an apostrophe.
		end, key := i, uint64(0)
		for end < len(text) && folded[text[end]] != 0 {
			key = key<<8 | uint64(folded[text[end]])
			end++
		}
		stops := false
		switch {
		case end == len(text) || text[end] < utf8.RuneSelf && text[end] != '\'':
			if end == i {
				i++
				continue
			}
			stops = end-i <= shortWord && s.short.has(key) || end-i > shortWord && s.stops(text[i:end])
		default:
			if end = s.wordEnd(text, i); end == i {
				list, i = s.other(list, text, i)
				continue
			}
			stops = s.stops(text[i:end])
		}
		if stops {
			from := i
			if end < len(text) {
				end = skip(text, end, space)
			}
			list = cut(list, from, end, "")
		}
		i = end
	}
	return list
}

// other goes past what is no word of letters.
func (s *stopper) other(list edit.List, text string, i int) (edit.List, int) {
	if end := skip(text, i, unspaced); end > i && s.segment != nil {
		return s.unspaced(list, text, i, end), end
	}
	_, n := at(text, i)
	return list, i + n
}

// folded holds the lower case of ASCII letters and digits, and 0 elsewhere.
var folded = func() (all [256]byte) {
	for b := range byte(utf8.RuneSelf) {
		if classes[b]&inWord != 0 {
			all[b] = b
			if b >= 'A' && b <= 'Z' {
				all[b] += 'a' - 'A'
			}
		}
	}
	return all
}()

// shortWord is the length up to which a word fits a number. Units: bytes.
const shortWord = 8

// shortWords is a hash table, with open addresses, of words as numbers.
type shortWords []uint64

func newShortWords(words stopword.Set) shortWords {
	size := 16
	for size < len(words)*3/2 { // as small as the processor's nearest cache likes it
		size *= 2
	}
	t := make(shortWords, size)
	for word := range words {
		if len(word) > shortWord {
			continue
		}
		key := uint64(0)
		for i := range len(word) {
			key = key<<8 | uint64(word[i])
		}
		at := slot(key) % uint64(size)
		for t[at] != 0 {
			at = (at + 1) % uint64(size)
		}
		t[at] = key
	}
	return t
}

// slot hashes a word: Fibonacci's multiplication, of which the high bits are good.
func slot(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> 40 }

func (t shortWords) has(key uint64) bool {
	last := uint64(len(t) - 1) // the size is a power of two
	for at := slot(key) & last; t[at] != 0; at = (at + 1) & last {
		if t[at] == key {
			return true
		}
	}
	return false
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

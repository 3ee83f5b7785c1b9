package pii

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// wordSet makes a set of words separated by spaces.
func wordSet(list string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// word is a stretch of letters, with full stops, apostrophes and hyphens
// inside, and digits after the first place.
type word struct {
	start, end int
	capital    bool
}

// wordAt reads a word.
func wordAt(s string, at int) (word, bool) {
	w := word{start: at, end: at}
	for w.end < len(s) && w.end-at < 40 {
		r, size := utf8.DecodeRuneInString(s[w.end:])
		switch {
		case r == utf8.RuneError:
			return w, w.end > at
		case unicode.IsLetter(r) && r < firstCJK:
			w.capital = w.capital || w.end == at && unicode.IsUpper(r)
		case unicode.IsDigit(r), w.end > at && (r == '\'' || r == '’' || r == '-'):
		case w.end > at && r == '/' && w.end == at+1: // C/
			return word{at, w.end + 1, w.capital}, true
		default:
			return w, w.end > at
		}
		w.end += size
	}
	return w, w.end > at
}

// is reports whether the word, in whatever case, is in a set. It needs no
// memory of its own for ASCII words.
func (w word) is(s string, set map[string]bool) bool {
	var buf [16]byte
	text := s[w.start:w.end]
	if len(text) > len(buf) || !isASCII(text) {
		return set[w.plain(s)]
	}
	n := 0
	for i := range len(text) {
		buf[i] = lower(text[i])
		if b := text[i]; b != '/' && b != '\'' && b != '-' {
			n = i + 1
		}
	}
	return set[string(buf[:n])]
}

// plain is the word in lower case without what is not a letter at its end.
func (w word) plain(s string) string {
	return strings.TrimRight(strings.ToLower(s[w.start:w.end]), "/'-’")
}

// next is where the word behind another one of the same line begins, over the
// full stop of a short word.
func next(s string, w word) int {
	at := w.end
	if byteAt(s, at) == '.' && at-w.start <= 4 {
		at++
	}
	if byteAt(s, at) == ' ' {
		at++
	}
	return at
}

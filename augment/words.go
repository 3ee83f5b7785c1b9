package augment

import (
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Unicode returns the Segmenter for any script: the words of Unicode Standard
// Annex #29 that hold a letter or a digit. Ideographs are words of one
// character each.
func Unicode() Segmenter { return unicodeWords{} }

// Characters returns the Segmenter that takes each character with a letter or
// digit (a grapheme cluster) for a word, but keeps runs of ASCII together.
func Characters() Segmenter { return characters{} }

// Dictionary returns a Segmenter over a function that cuts a text by a dictionary
// and appends the pieces to dst; pieces without a letter or digit are left out.
// The function must be safe for concurrent use.
func Dictionary(cut func(dst []sample.Range, text string) []sample.Range) Segmenter {
	return dictionary(cut)
}

type dictionary func(dst []sample.Range, text string) []sample.Range

// Cut implements Segmenter.
func (d dictionary) Cut(s string, out []sample.Range) []sample.Range {
	from := len(out)
	out = d(out, s)
	kept := out[:from]
	for _, r := range out[from:] {
		if wordly(s[r.Start:r.End]) {
			kept = append(kept, r)
		}
	}
	return kept
}

type unicodeWords struct{}

// class of a byte in the ASCII walk.
type class uint8

const (
	other  class = iota
	letter       // A-Z a-z
	digit
	under   // _ joins letters and digits
	quote   // ' and . join letters, and digits
	comma   // , and ; join digits
	colon   // joins letters
	foreign // the lead byte of a character beyond ASCII
)

var classes = func() (t [256]class) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			t[c] = letter
		case c >= '0' && c <= '9':
			t[c] = digit
		case c == '_':
			t[c] = under
		case c == '\'' || c == '.':
			t[c] = quote
		case c == ',' || c == ';':
			t[c] = comma
		case c == ':':
			t[c] = colon
		case c >= utf8.RuneSelf:
			t[c] = foreign
		}
	}
	return t
}()

// Cut implements Segmenter. Text in ASCII is walked by bytes; the first word
// that is not sends the rest of the text the long way.
func (unicodeWords) Cut(s string, out []sample.Range) []sample.Range {
	for i := 0; i < len(s); {
		switch classes[s[i]] {
		case letter, digit, under:
			plain := i + 1
			for plain < len(s) && (s[plain]|0x20)-'a' < 26 { // a letter
				plain++
			}
			if classes[s[i]] == letter && (plain == len(s) || classes[s[plain]] == other) {
				out = append(out, sample.Range{Start: i, End: plain}) // what most words are
				i = plain + 1
				continue
			}
			end, pure := asciiWord(s, i)
			if !pure {
				return long(s, i, out)
			}
			if end > i {
				out = append(out, sample.Range{Start: i, End: end})
			}
			i = max(end, i+1)
			for i < len(s) && s[i] == '_' { // underscores alone
				i++
			}
		case foreign:
			return long(s, i, out)
		default:
			i++
		}
	}
	return out
}

// asciiWord returns the end of the word that begins at i by rules WB5 to WB13b,
// or not pure if a character beyond ASCII takes part. A run without letters and
// digits ends where it begins.
func asciiWord(s string, i int) (end int, pure bool) {
	last, seen, start := other, false, i
	for i < len(s) {
		switch c := classes[s[i]]; c {
		case letter, digit, under:
			last, seen = c, seen || c != under
			i++
			continue
		case foreign:
			return i, false
		case quote, comma, colon:
			if i+1 >= len(s) {
				break
			}
			next := classes[s[i+1]]
			if next == foreign {
				return i, false
			}
			if next == last && (c == quote && (last == letter || last == digit) || c == comma && last == digit || c == colon && last == letter) {
				i += 2
				continue
			}
		}
		break
	}
	if !seen {
		return start, true
	}
	return i, true
}

// long cuts s from i by uniseg.
func long(s string, i int, out []sample.Range) []sample.Range {
	state := -1
	for rest := s[i:]; rest != ""; {
		var w string
		w, rest, state = uniseg.FirstWordInString(rest, state)
		if wordly(w) {
			out = append(out, sample.Range{Start: i, End: i + len(w)})
		}
		i += len(w)
	}
	return out
}

// wordly reports whether a segment holds a letter or digit.
func wordly(w string) bool {
	for _, r := range w {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return true
		}
	}
	return false
}

type characters struct{}

// Cut implements Segmenter.
func (characters) Cut(s string, out []sample.Range) []sample.Range {
	state, i := -1, 0
	run := false // the last word is a run of ASCII that ends at i
	for rest := s; rest != ""; {
		var c string
		c, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if ascii := len(c) == 1; wordly(c) {
			if ascii && run {
				out[len(out)-1].End++
			} else {
				out = append(out, sample.Range{Start: i, End: i + len(c)})
			}
			run = ascii
		} else {
			run = false
		}
		i += len(c)
	}
	return out
}

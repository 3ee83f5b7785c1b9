package pii

import (
	"unicode"
	"unicode/utf8"
)

// Text is a text under search, with what recognisers share while they search.
type Text struct {
	// String is the text.
	String string

	names  *lists // nil without name lists
	number number // the digits parsed last
}

// class sorts bytes for the dispatcher and the recognisers.
type class uint8

const (
	other class = iota
	letter
	digit
)

// classes gives the class of ASCII bytes; the underscore counts as a letter and
// everything above ASCII as other.
var classes = func() (c [256]class) {
	for b := range c {
		switch {
		case b >= '0' && b <= '9':
			c[b] = digit
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_':
			c[b] = letter
		}
	}
	return c
}()

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func isHex(b byte) bool {
	return isDigit(b) || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}

func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }

func isAlnum(b byte) bool { return classes[b] != other && b != '_' }

func lower(b byte) byte {
	if isUpper(b) {
		return b + 'a' - 'A'
	}
	return b
}

// firstCJK is where scripts without spaces between words begin: their letters
// may touch a number or an address, others may not.
const firstCJK = 0x2E80

// joins reports whether a rune continues a word or number that it touches.
func joins(r rune) bool {
	return r == '_' || r < firstCJK && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// free reports whether a match may begin at a place: no word touches it from
// the left.
func free(s string, at int) bool {
	if at == 0 {
		return true
	}
	if b := s[at-1]; b < utf8.RuneSelf {
		return classes[b] == other
	}
	r, _ := utf8.DecodeLastRuneInString(s[:at])
	return !joins(r)
}

// ends reports whether a match may end at a place: no word touches it from the
// right.
func ends(s string, at int) bool {
	if at >= len(s) {
		return true
	}
	if b := s[at]; b < utf8.RuneSelf {
		return classes[b] == other
	}
	r, _ := utf8.DecodeRuneInString(s[at:])
	return !joins(r)
}

// run is where the bytes that fit, at most limit of them, end.
func run(s string, at, limit int, fits func(byte) bool) int {
	for from := at; at < len(s) && at-from < limit && fits(s[at]); {
		at++
	}
	return at
}

// runBack is where the bytes that fit and end at a place, at most limit of
// them, begin.
func runBack(s string, at, limit int, fits func(byte) bool) int {
	for from := at; at > 0 && from-at < limit && fits(s[at-1]); {
		at--
	}
	return at
}

// byteAt returns the byte at a place, 0 outside the text.
func byteAt(s string, at int) byte {
	if at < 0 || at >= len(s) {
		return 0
	}
	return s[at]
}

// floor moves a place down to the border of a character.
func floor(s string, at int) int {
	for at > 0 && at < len(s) && !utf8.RuneStart(s[at]) {
		at--
	}
	return at
}

// before returns up to n bytes that end at a place, cut at a character.
func before(s string, at, n int) string {
	from := max(0, at-n)
	for from < at && !utf8.RuneStart(s[from]) {
		from++
	}
	return s[from:at]
}

// after returns up to n bytes that begin at a place, cut at a character.
func after(s string, at, n int) string {
	return s[at:max(at, floor(s, min(len(s), at+n)))]
}

// onlyDigits is the Normal of numbers whose grouping means nothing.
func onlyDigits(value string) string {
	out := make([]byte, 0, len(value))
	for i := range len(value) {
		if isDigit(value[i]) {
			out = append(out, value[i])
		}
	}
	return string(out)
}

// alnumUpper is the Normal of codes whose case and grouping mean nothing.
func alnumUpper(value string) string {
	out := make([]byte, 0, len(value))
	for i := range len(value) {
		switch b := value[i]; {
		case b >= 'a' && b <= 'z':
			out = append(out, b-'a'+'A')
		case isAlnum(b):
			out = append(out, b)
		}
	}
	return string(out)
}

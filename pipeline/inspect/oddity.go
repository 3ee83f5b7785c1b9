package inspect

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// oddity is a way in which a text can be odd.
type oddity struct {
	name, doc string
	// in finds the first place of a text that is so; -1: none.
	in func(text string) int
}

// oddities are what is looked for in every text, at most as many as an uint has
// bits.
var oddities = []oddity{
	{"empty", "no text, or white space only", blank},
	{"mojibake", "UTF-8 that was read as Latin-1 or Windows-1252, such as CafÃ© for Café", mojibake},
	{"replacement", "U+FFFD, which stands for what could not be read, or what GBK makes of it", replacement},
	{"control", "control characters, but tabs and line breaks; U+0080 to U+009F come from Windows-1252", control},
	{"invisible", "zero-width and direction characters, joiners excepted", invisible},
}

// oddIn says what is odd about the texts of an example: bit i for oddities[i].
func oddIn(ex *sample.Example) (odd uint) {
	for i, o := range oddities {
		if o.in(ex.Text) >= 0 || ex.HasPair && o.in(ex.Pair) >= 0 {
			odd |= 1 << i
		}
	}
	return odd
}

// blank is 0 for a text that is empty or white space.
func blank(text string) int {
	for _, r := range text {
		if !unicode.IsSpace(r) {
			return -1
		}
	}
	return 0
}

// isASCII lets what can only be odd beyond ASCII be quick.
func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// replaced is U+FFFD twice, in UTF-8, read as GBK.
const replaced = "锟斤拷"

func replacement(text string) int {
	if isASCII(text) {
		return -1
	}
	if at := strings.IndexRune(text, utf8.RuneError); at >= 0 {
		return at
	}
	return strings.Index(text, replaced)
}

func control(text string) int {
	for i := range len(text) {
		b := text[i]
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' || b == 0x7F {
			return i
		}
		// U+0080 to U+009F begin so. U+0085 is a line break of its kind.
		if b == 0xC2 && text[i+1] < 0xA0 && text[i+1] != 0x85 {
			return i
		}
	}
	return -1
}

func invisible(text string) int {
	if isASCII(text) {
		return -1
	}
	return strings.IndexFunc(text, func(r rune) bool {
		switch {
		case r == 0xAD, r == 0x200B, r == 0x200E, r == 0x200F, r == 0x2060, r == 0xFEFF:
			return true
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return true
		}
		return false
	})
}

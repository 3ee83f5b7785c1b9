package inspect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A character of two to four bytes in UTF-8 that is read as Latin-1 or
// Windows-1252 becomes as many characters: one of Â to ô, and one to three of
// those that stand for the bytes 0x80 to 0xBF. Such sequences occur in sound
// texts too, where a word in é or ß ends before a quotation mark. So they count
// by how unlikely they are: never, where only punctuation follows; as weak
// evidence, of which three are needed, where a symbol or letter follows that
// people write; as strong evidence else.

// windows1252 are the characters of the bytes 0x80 to 0x9F; 0 where there is
// none, and Latin-1's control character stands for the byte.
var windows1252 = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

// byteOf returns the byte that is read as r.
func byteOf(r rune) (byte, bool) {
	if r < 0x100 {
		return byte(r), true
	}
	for i, c := range windows1252 {
		if c == r {
			return byte(0x80 + i), true
		}
	}
	return 0, false
}

// evidence is how much a sequence says.
type evidence uint8

const (
	none evidence = iota
	weak
	strong
)

// enough is the weak evidence that stands for a strong one.
const enough = 3

// follows weighs a character that stands for a byte 0x80 to 0xBF.
func follows(r rune) evidence {
	switch {
	case strings.ContainsRune("\u00a0«»‘’“”‚„‹›…–—", r):
		return none
	case strings.ContainsRune("€¢£¥¤§©®™°ªº¹²³·•ŠŒŽšœžŸ", r):
		return weak
	}
	return strong
}

// mojibake finds the first such sequence of a text that looks like UTF-8 read as
// Latin-1 or Windows-1252; -1 for other texts.
func mojibake(text string) int {
	if isASCII(text) {
		return -1
	}
	at, found, before := -1, 0, rune(0)
	for i := 0; i < len(text); {
		first, n := utf8.DecodeRuneInString(text[i:])
		if m, ok := misread(text[i:]); ok {
			e := m.weigh(before)
			if e != none && at < 0 {
				at = i
			}
			if e == weak {
				found++
				n = m.size
			}
			if e == strong || found == enough {
				return at
			}
		}
		before = first
		i += n
	}
	return -1
}

// repair undoes what mojibake finds in a text, and all that can be undone with
// it.
func repair(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if m, ok := misread(text[i:]); ok {
			r, n = m.was, m.size
		}
		out.WriteRune(r)
		i += n
	}
	return out.String()
}

// misreading is a sequence that was one character.
type misreading struct {
	was   rune
	bytes []byte // of was
	size  int    // of the sequence
	// follows is the most that one of the characters after the first says.
	follows evidence
}

// misread looks for a sequence at the beginning of a text.
func misread(text string) (m misreading, ok bool) {
	lead, size := utf8.DecodeRuneInString(text)
	if lead < 0xC2 || lead > 0xF4 {
		return m, false
	}
	more := 1
	if lead >= 0xE0 {
		more++
	}
	if lead >= 0xF0 {
		more++
	}
	m.bytes, m.size = append(make([]byte, 0, 4), byte(lead)), size
	for range more {
		c, width := utf8.DecodeRuneInString(text[m.size:])
		b, ok := byteOf(c)
		if !ok || b < 0x80 || b > 0xBF || width == 0 {
			return m, false
		}
		m.bytes, m.size, m.follows = append(m.bytes, b), m.size+width, max(m.follows, follows(c))
	}
	var n int
	m.was, n = utf8.DecodeRune(m.bytes)
	return m, n == len(m.bytes) && unicode.IsGraphic(m.was)
}

// weigh says how much a sequence after a character says.
func (m misreading) weigh(before rune) evidence {
	switch lead := m.bytes[0]; {
	case lead <= 0xC3: // Â and Ã end words in capitals, if any
		if m.follows == strong || !unicode.IsUpper(before) {
			return strong
		}
		return none
	case lead == 0xE2 && m.bytes[1] == 0x80, len(m.bytes) == 4: // â€, ðŸ
		return strong
	case m.follows == weak && !usual(m.was):
		return none
	}
	return m.follows
}

// usual reports whether a character is of a script that many texts are in.
func usual(r rune) bool {
	return r < 0x180 || unicode.In(r, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic,
		unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// windows reads the control characters U+0080 to U+009F as Windows-1252 does.
func windows(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x80 && r < 0xA0 && windows1252[r-0x80] != 0 {
			return windows1252[r-0x80]
		}
		return r
	}, text)
}

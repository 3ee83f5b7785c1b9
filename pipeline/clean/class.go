package clean

import (
	"unicode"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/edit"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// class is a set of properties of a character.
type class uint16

const (
	letter   class = 1 << iota // category L
	mark                       // M
	digit                      // Nd
	punct                      // P
	symbol                     // Sc, Sk, Sm
	space                      // property White_Space
	unspaced                   // of a script that is written without spaces
	capital                    // has a lower case form
	small                      // has an upper case form
	european                   // of the scripts Latin, Greek, Cyrillic
)

// inWord are the classes that words consist of.
const inWord = letter | mark | digit

// classTables says which characters make up a class.
var classTables = map[class][]*unicode.RangeTable{
	letter:   {unicode.L},
	mark:     {unicode.M},
	digit:    {unicode.Nd},
	punct:    {unicode.P},
	symbol:   {unicode.Sc, unicode.Sk, unicode.Sm},
	space:    {unicode.White_Space},
	unspaced: {unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar},
	european: {unicode.Latin, unicode.Greek, unicode.Cyrillic},
}

// classes holds the class of every character of the basic plane.
var classes = func() *[1 << 16]class {
	all := new([1 << 16]class)
	for c, tables := range classTables {
		for _, table := range tables {
			for _, r := range table.R16 {
				for at := int(r.Lo); at <= int(r.Hi); at += int(r.Stride) {
					all[at] |= c
				}
			}
		}
	}
	for _, r := range unicode.CaseRanges {
		for at := r.Lo; at <= min(r.Hi, 1<<16-1); at++ {
			all[at] |= caseOf(rune(at))
		}
	}
	return all
}()

func caseOf(r rune) (c class) {
	if unicode.ToLower(r) != r {
		c |= capital
	}
	if unicode.ToUpper(r) != r {
		c |= small
	}
	return c
}

// classOf returns the class of a character.
func classOf(r rune) class {
	if uint32(r) < 1<<16 {
		return classes[r]
	}
	c := caseOf(r)
	for bit, tables := range classTables {
		if unicode.In(r, tables...) {
			c |= bit
		}
	}
	return c
}

// at returns the character that begins at a place of a text, and its length.
func at(text string, i int) (rune, int) {
	if b := text[i]; b < utf8.RuneSelf {
		return rune(b), 1
	}
	return utf8.DecodeRuneInString(text[i:])
}

// classAt is the class of the character at i; 0 at the end of the text.
func classAt(text string, i int) class {
	if i >= len(text) {
		return 0
	}
	r, _ := at(text, i)
	return classOf(r)
}

// classBefore is the class of the character that ends at i; 0 at the beginning.
func classBefore(text string, i int) class {
	if i == 0 {
		return 0
	}
	if b := text[i-1]; b < utf8.RuneSelf {
		return classes[b]
	}
	r, _ := utf8.DecodeLastRuneInString(text[:i])
	return classOf(r)
}

// skip returns the end of the run of characters of any of the classes that
// begins at i.
func skip(text string, i int, of class) int {
	for i < len(text) {
		if b := text[i]; b < utf8.RuneSelf {
			if classes[b]&of == 0 {
				break
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if classOf(r)&of == 0 {
			break
		}
		i += n
	}
	return i
}

// wordEnd is skip for the characters of a name: those of words and underscores.
func wordEnd(text string, i int) int {
	for i < len(text) {
		r, n := at(text, i)
		if r != '_' && classOf(r)&inWord == 0 {
			break
		}
		i += n
	}
	return i
}

// follows reports whether i lies right behind a character of a name.
func follows(text string, i int) bool {
	return i > 0 && (text[i-1] == '_' || classBefore(text, i)&inWord != 0)
}

// cut appends an edit.
func cut(list edit.List, start, end int, with string) edit.List {
	return append(list, edit.Edit{Range: sample.Range{Start: start, End: end}, With: with})
}

// single holds the ASCII characters as texts, so that putting one in needs no
// memory.
var single = func() (all [utf8.RuneSelf]string) {
	for i := range all {
		all[i] = string(rune(i))
	}
	return all
}()

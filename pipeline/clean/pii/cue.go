package pii

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cues are words near a number that speak for (+1) or against (-1) a reading
// of it.
type cues struct {
	words map[string]int8
	// glued are those of scripts without spaces between words.
	glued []cue
}

type cue struct {
	text string
	says int8
}

// newCues makes cues of words separated by spaces.
func newCues(pro, contra string) cues {
	c := cues{words: make(map[string]int8)}
	for says, list := range map[int8]string{1: pro, -1: contra} {
		for _, w := range strings.Fields(list) {
			if r, _ := utf8.DecodeRuneInString(w); r >= firstCJK {
				c.glued = append(c.glued, cue{w, says})
			} else {
				c.words[w] = says
			}
		}
	}
	return c
}

// reach is how far a cue may stand before what it speaks of. Units: bytes.
const reach = 64

// before returns what the nearest cue before a place says, 0 without one, and
// how many words stand between the two.
func (c *cues) before(s string, at, words int) (says int8, distance int) {
	window := before(s, at, reach)
	says, distance = c.spoken(window, words)
	if len(c.glued) == 0 || isASCII(window) {
		return says, distance
	}
	end, length := 0, 0
	if says != 0 {
		end = c.last(window)
	}
	for _, g := range c.glued {
		i := strings.LastIndex(window, g.text)
		if to := i + len(g.text); i >= 0 && (to > end || to == end && len(g.text) > length) {
			says, distance, end, length = g.says, 0, to, len(g.text)
		}
	}
	return says, distance
}

// spoken looks at the last words of a window.
func (c *cues) spoken(window string, words int) (int8, int) {
	var buf [24]byte
	for seen := 0; seen < words; seen++ {
		word, rest, ok := lastWord(window, buf[:0])
		if !ok {
			return 0, 0
		}
		if says := c.words[string(word)]; says != 0 {
			return says, seen
		}
		window = rest
	}
	return 0, 0
}

// last is where the last spoken cue of a window ends.
func (c *cues) last(window string) int {
	var buf [24]byte
	for {
		word, rest, ok := lastWord(window, buf[:0])
		if !ok {
			return 0
		}
		if c.words[string(word)] != 0 {
			return len(rest) + len(word)
		}
		window = rest
	}
}

// after returns what the first word after a place says, on the same line.
func (c *cues) after(s string, at int) int8 {
	window := after(s, at, 24)
	var buf [24]byte
	word := buf[:0]
	for i := 0; i < len(window); i++ {
		b := window[i]
		switch {
		case classes[b] == letter:
			word = append(word, lower(b))
			continue
		case len(word) > 0:
			return c.words[string(word)]
		case b != ' ' && b != '-' && b != ',' && b != '(' && b != '\\':
			return 0
		}
	}
	return c.words[string(word)]
}

// lastWord cuts the last word off a text, in lower case, and returns what
// stands before it. Words are letters; a window that begins inside a word gives
// its rest, which does no harm.
func lastWord(text string, buf []byte) (word []byte, rest string, ok bool) {
	end := len(text)
	for end > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:end])
		if unicode.IsLetter(r) {
			break
		}
		end -= size
	}
	start := end
	for start > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:start])
		if !unicode.IsLetter(r) {
			break
		}
		start -= size
	}
	if start == end {
		return nil, "", false
	}
	if end-start > cap(buf) {
		return buf[:0], text[:start], true
	}
	for i := start; i < end; i++ {
		buf = append(buf, lower(text[i]))
	}
	return buf, text[:start], true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

package clean

import (
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/edit"
)

var _ = register(Step{
	Name:   "urls",
	Doc:    "removes or replaces web addresses: those with a scheme, and those that begin with www.",
	Params: []Param{{Name: "replace", Default: "", Doc: "what to put in place of an address"}},
	New: func(a Args) (Op, error) {
		with := a.String("replace")
		return Op{Needs: ":.", Edit: func(list edit.List, in Input) edit.List {
			s := urlScanner{text: in.Text, scheme: -1, www: [2]int{-1, -1}}
			for {
				start, end := s.next()
				if start < 0 {
					return list
				}
				if in.Text[start:end] != with {
					list = cut(list, start, end, with)
				}
			}
		}}, nil
	},
})

// urlScanner finds addresses from left to right. What it looks for is rare, so
// it searches for whole strings and remembers where the next ones are; -1
// stands for "not looked up", the text's length for none.
type urlScanner struct {
	text   string
	at     int
	scheme int
	www    [2]int
}

// next returns the next address; -1 when there is none.
func (s *urlScanner) next() (start, end int) {
	for s.at < len(s.text) {
		s.scheme = s.find(s.scheme, "://")
		s.www[0] = s.find(s.www[0], "www.")
		s.www[1] = s.find(s.www[1], "WWW.")
		www := min(s.www[0], s.www[1])
		start, body := www, www+len("www.")
		if schemed := schemeStart(s.text, s.at, s.scheme); s.scheme < www || schemed <= www && s.scheme < len(s.text) {
			start, body = schemed, s.scheme+len("://")
			if start == s.scheme { // nothing stands before it
				s.at = body
				continue
			}
		}
		if start >= len(s.text) {
			break
		}
		end := urlEnd(s.text, body)
		s.at = max(end, body)
		if end > body && !(start == www && follows(s.text, start)) {
			return start, end
		}
	}
	s.at = len(s.text)
	return -1, -1
}

// find returns where what is next, given where it was.
func (s *urlScanner) find(was int, what string) int {
	if was >= s.at {
		return was
	}
	if i := strings.Index(s.text[s.at:], what); i >= 0 {
		return s.at + i
	}
	return len(s.text)
}

// schemeStart returns where the scheme before a colon begins, not before low.
func schemeStart(text string, low, colon int) int {
	i := min(colon, len(text))
	for i > low && isSchemeByte(text[i-1]) {
		i--
	}
	for i < colon && i < len(text) && classes[text[i]]&letter == 0 {
		i++ // a scheme begins with a letter
	}
	return i
}

func isSchemeByte(b byte) bool {
	return b < utf8.RuneSelf && classes[b]&(letter|digit) != 0 || b == '+' || b == '-' || b == '.'
}

// urlEnd returns where the address ends whose host begins at i; i itself when
// no host is there. Punctuation at the end belongs to the sentence, a closing
// bracket to the address only when it is opened there.
func urlEnd(text string, i int) int {
	if classAt(text, i)&(letter|digit) == 0 && !strings.HasPrefix(text[i:], "[") {
		return i
	}
	end, open := i, 0
	last := i // behind the last character that may end an address
	for end < len(text) {
		r, n := at(text, end)
		c := classOf(r)
		if r <= ' ' || r == 0x7F || strings.IndexByte("<>\"`{}|\\^", text[end]) >= 0 || c&(space|unspaced) != 0 || r >= utf8.RuneSelf && c&inWord == 0 {
			break
		}
		end += n
		switch {
		case r == '(' || r == '[':
			open++
		case r == ')' || r == ']':
			if open == 0 {
				return last
			}
			open--
			last = end
		case strings.IndexByte(".,;:!?'*", text[end-n]) < 0:
			last = end
		}
	}
	return last
}

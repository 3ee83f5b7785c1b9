package pii

import "strings"

// number is groups of digits with one separator between each two, as people
// write telephone and card numbers.
type number struct {
	at     int // of the first digit; the zero number belongs to no place
	n      int
	groups [12]group
}

// group is the digits [start, end) and the separator before them: ' ', '-',
// '.', '/', '(' for " (" and "(", ')' for ")", ") " and ")-"; 0 before the first.
type group struct {
	start, end int
	sep        byte
}

func (g group) len() int { return g.end - g.start }

// longest is how many digits a group may have to be looked at.
const longest = 40

// numberAt parses the digits at a place. Several recognisers start at the same
// one, so the last result is kept.
func (t *Text) numberAt(at int) *number {
	if t.number.n > 0 && t.number.at == at {
		return &t.number
	}
	s, n := t.String, &t.number
	n.at, n.n = at, 0
	var sep byte
	for at < len(s) && isDigit(s[at]) && n.n < len(n.groups) {
		end := run(s, at, longest+1, isDigit)
		n.groups[n.n] = group{at, end, sep}
		n.n++
		at, sep = separator(s, end)
	}
	return n
}

// separator reads what may stand between two groups of digits.
func separator(s string, at int) (next int, kind byte) {
	switch b := byteAt(s, at); b {
	case '-', '.', '/':
		return at + 1, b
	case '(':
		return at + 1, '('
	case ')':
		at++
		if b := byteAt(s, at); b == ' ' || b == '-' || b == '.' {
			at++
		}
		return at, ')'
	}
	rest := s[at:]
	for _, w := range wideSeparators {
		if strings.HasPrefix(rest, w.text) {
			at += len(w.text)
			if w.kind == ' ' && byteAt(s, at) == '(' {
				return at + 1, '('
			}
			return at, w.kind
		}
	}
	return at, 0
}

// wideSeparators are spaces and hyphens, also those that keep a line together.
var wideSeparators = []struct {
	text string
	kind byte
}{
	{" ", ' '}, {"\u00a0", ' '}, {"\u202f", ' '}, {"\u2009", ' '}, {"\u2010", '-'}, {"\u2011", '-'},
}

// chained returns the separator that ties the digits at a place to digits
// before them, or 0.
func chained(s string, at int) byte {
	if at < 2 {
		return 0
	}
	switch b := s[at-1]; b {
	case ' ', '-', '.', '/', ',', ':':
		if isDigit(s[at-2]) {
			return b
		}
	case 0xa0, 0xaf, 0x89: // the last bytes of the wide spaces
		for _, w := range wideSeparators[1:] {
			if from := at - len(w.text); from > 0 && s[from:at] == w.text && isDigit(s[from-1]) {
				return w.kind
			}
		}
	}
	return 0
}

// continues reports whether more digits are tied to a number that ends at a
// place, by anything but a space.
func continues(s string, end int) bool {
	switch byteAt(s, end) {
	case '-', '.', '/', ',':
		return isDigit(byteAt(s, end+1))
	}
	return false
}

// closed reports whether a number may end at a place: no letter and no more
// digits belong to it.
func closed(s string, end int) bool { return ends(s, end) && !continues(s, end) }

// opened reports whether a number may begin at a place: nothing ties it to what
// stands before.
func opened(s string, at int) bool { return free(s, at) && chained(s, at) == 0 }

// total is the number of digits of the first n groups.
func (n *number) total(groups int) int {
	sum := 0
	for _, g := range n.groups[:groups] {
		sum += g.len()
	}
	return sum
}

// uniform returns the one separator of the first groups, or 0 if they differ.
func (n *number) uniform(groups int) byte {
	if groups < 2 {
		return 0
	}
	sep := n.groups[1].sep
	for _, g := range n.groups[1:groups] {
		if g.sep != sep {
			return 0
		}
	}
	return sep
}

// sizes reports whether the first groups have these lengths.
func (n *number) sizes(lengths ...int) bool {
	if n.n < len(lengths) {
		return false
	}
	for i, l := range lengths {
		if n.groups[i].len() != l {
			return false
		}
	}
	return true
}

// collect copies the digits of the first groups into buf and returns them.
func (n *number) collect(s string, groups int, buf []byte) []byte {
	buf = buf[:0]
	for _, g := range n.groups[:groups] {
		buf = append(buf, s[g.start:g.end]...)
	}
	return buf
}

package source

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deeply JSON values and Parquet columns may be nested.
const maxDepth = 64

// wanted is a node of the tree of the columns to read out of JSON objects: the
// column that a field fills, and the fields below it.
type wanted struct {
	column int // -1: none
	// below are a handful, so that going through them beats a map.
	below []wantedField
}

type wantedField struct {
	name string
	node *wanted
}

// field returns the node below for a field, nil if nothing is wanted of it.
func (w *wanted) field(name string) *wanted {
	for i := range w.below {
		if w.below[i].name == name {
			return w.below[i].node
		}
	}
	return nil
}

// want returns the node below for a field, made if it is not there.
func (w *wanted) want(name string) *wanted {
	node := w.field(name)
	if node == nil {
		node = &wanted{column: -1}
		w.below = append(w.below, wantedField{name, node})
	}
	return node
}

// wantedTree makes the tree of columns by name. A name is a path of fields
// joined by dots; a field whose own name holds dots is found too; a row that has
// both is refused.
func wantedTree(columns []string) *wanted {
	root := &wanted{column: -1}
	for i, name := range columns {
		path := strings.Split(name, ".")
		if len(path) > 1 {
			root.want(name).column = i
		}
		node := root
		for _, field := range path {
			node = node.want(field)
		}
		node.column = i
	}
	return root
}

// scanner reads JSON (RFC 8259) out of one string. Texts without escapes are
// parts of that string.
type scanner struct {
	s  string
	at int
}

// fault is an error at the scanner's place.
func (p *scanner) fault(format string, args ...any) error {
	return fmt.Errorf("byte %d of the line: "+format+": %w", append(append([]any{p.at + 1}, args...), ErrFormat)...)
}

// space skips white space.
func (p *scanner) space() {
	for p.at < len(p.s) && (p.s[p.at] == ' ' || p.s[p.at] == '\t' || p.s[p.at] == '\r' || p.s[p.at] == '\n') {
		p.at++
	}
}

// peek returns the next byte that is no space; 0 at the end.
func (p *scanner) peek() byte {
	p.space()
	if p.at == len(p.s) {
		return 0
	}
	return p.s[p.at]
}

// open reads the brace that begins an object.
func (p *scanner) open() error {
	if p.peek() != '{' {
		return p.fault("%s; an object { … } is expected, one a line", p.found())
	}
	p.at++
	return nil
}

// field reads up to the value of the next field of an object and returns the
// field's name; ok is false where the object ends. first says that no field has
// been read of it.
func (p *scanner) field(first bool) (name string, ok bool, err error) {
	switch c := p.peek(); {
	case c == '}':
		p.at++
		return "", false, nil
	case first:
	case c == ',':
		p.at++
	default:
		return "", false, p.fault("%s; a comma or } is expected after a field", p.found())
	}
	if p.peek() != '"' {
		return "", false, p.fault("%s; a field's name in quotes is expected", p.found())
	}
	if name, err = p.text(); err != nil {
		return "", false, err
	}
	if p.peek() != ':' {
		return "", false, p.fault("%s; a colon is expected after the name %q", p.found(), name)
	}
	p.at++
	return name, true, nil
}

// found describes what stands at the scanner's place.
func (p *scanner) found() string {
	if p.at >= len(p.s) {
		return "the line ends"
	}
	r, _ := utf8.DecodeRuneInString(p.s[p.at:])
	return strconv.QuoteRune(r)
}

// end checks that nothing follows.
func (p *scanner) end() error {
	if p.peek() != 0 || p.at < len(p.s) {
		return p.fault("%s after the object; one object a line is expected", p.found())
	}
	return nil
}

// fields reads one object into the cells of the columns of a tree.
func (p *scanner) fields(tree *wanted, cells []cell, depth int) error {
	if depth > maxDepth {
		return p.fault("objects are nested more than %d deep", maxDepth)
	}
	if err := p.open(); err != nil {
		return err
	}
	for first := true; ; first = false {
		name, ok, err := p.field(first)
		if err != nil || !ok {
			return err
		}
		if node := tree.field(name); node == nil {
			err = p.skip(depth)
		} else {
			err = p.fill(node, name, cells, depth)
		}
		if err != nil {
			return err
		}
	}
}

// fill reads the value of a field into the cells of its columns.
func (p *scanner) fill(node *wanted, name string, cells []cell, depth int) error {
	if node.column < 0 {
		if p.peek() == '{' {
			return p.fields(node, cells, depth+1)
		}
		return p.skip(depth)
	}
	if cells[node.column].kind != absent {
		return p.fault("field %q comes twice", name)
	}
	if node.below != nil && p.peek() == '{' {
		if err := p.fields(node, cells, depth+1); err != nil {
			return err
		}
		cells[node.column] = cell{kind: other, s: "an object"}
		return nil
	}
	value, err := p.value(depth)
	cells[node.column] = value
	return err
}

// value reads any value.
func (p *scanner) value(depth int) (cell, error) {
	switch c := p.peek(); {
	case c == '"':
		s, err := p.text()
		return cell{kind: text, s: s}, err
	case c == '{':
		return cell{kind: other, s: "an object"}, p.skip(depth)
	case c == '[':
		return p.list(depth + 1)
	case c == 't':
		return cell{kind: boolean, s: "true", i: 1}, p.literal("true")
	case c == 'f':
		return cell{kind: boolean, s: "false"}, p.literal("false")
	case c == 'n':
		return cell{}, p.literal("null")
	default:
		return p.number()
	}
}

// list reads an array of values.
func (p *scanner) list(depth int) (cell, error) {
	if depth > maxDepth {
		return cell{}, p.fault("lists are nested more than %d deep", maxDepth)
	}
	p.at++
	out := cell{kind: list}
	if p.peek() == ']' {
		p.at++
		return out, nil
	}
	var items []cell
	for {
		item, err := p.value(depth)
		if err != nil {
			return out, err
		}
		items = append(items, item)
		switch p.peek() {
		case ',':
			p.at++
		case ']':
			p.at++
			out.nested = &nested{items: items}
			return out, nil
		default:
			return out, p.fault("%s; a comma or ] is expected", p.found())
		}
	}
}

func (p *scanner) literal(word string) error {
	if !strings.HasPrefix(p.s[p.at:], word) {
		return p.fault("%s; a value is expected", p.found())
	}
	p.at += len(word)
	return nil
}

// number reads a number as RFC 8259 writes them.
func (p *scanner) number() (cell, error) {
	from := p.at
	digits := func() bool {
		start := p.at
		for p.at < len(p.s) && p.s[p.at] >= '0' && p.s[p.at] <= '9' {
			p.at++
		}
		return p.at > start
	}
	skipAny := func(set string) bool {
		if p.at < len(p.s) && strings.IndexByte(set, p.s[p.at]) >= 0 {
			p.at++
			return true
		}
		return false
	}
	skipAny("-")
	whole := true
	ok := skipAny("0") || digits()
	if ok && skipAny(".") {
		whole, ok = false, digits()
	}
	if ok && skipAny("eE") {
		skipAny("+-")
		whole, ok = false, digits()
	}
	if !ok {
		p.at = from
		return cell{}, p.fault("%s; a value is expected", p.found())
	}
	if whole {
		if i, err := strconv.ParseInt(p.s[from:p.at], 10, 64); err == nil {
			return cell{kind: integer, i: i}, nil
		}
	}
	f, err := strconv.ParseFloat(p.s[from:p.at], 64)
	if err != nil {
		return cell{}, p.fault("the number %s is beyond float64", p.s[from:p.at])
	}
	return cell{kind: float, f: f}, nil
}

// skip reads a value and drops it.
func (p *scanner) skip(depth int) error {
	switch p.peek() {
	case '"':
		_, err := p.text()
		return err
	case '{':
		if depth >= maxDepth {
			return p.fault("objects are nested more than %d deep", maxDepth)
		}
		return p.skipObject(depth + 1)
	case '[':
		_, err := p.list(depth + 1)
		return err
	}
	_, err := p.value(depth)
	return err
}

func (p *scanner) skipObject(depth int) error {
	if err := p.open(); err != nil {
		return err
	}
	for first := true; ; first = false {
		if _, ok, err := p.field(first); err != nil || !ok {
			return err
		}
		if err := p.skip(depth); err != nil {
			return err
		}
	}
}

// text reads a string. Without escapes it is a part of the input.
func (p *scanner) text() (string, error) {
	p.at++
	rest := p.s[p.at:]
	n := plain(rest)
	if n < len(rest) && rest[n] == '"' {
		p.at += n + 1
		return rest[:n], nil
	}
	var b []byte
	for {
		rest = p.s[p.at:]
		n := plain(rest)
		b = append(b, rest[:n]...)
		p.at += n
		switch {
		case n == len(rest):
			return "", p.fault("a text is never closed; a quote is expected")
		case rest[n] == '"':
			p.at++
			return string(b), nil
		case rest[n] != '\\':
			return "", p.fault("the control character %q in a text; it must be escaped", rest[n])
		}
		var err error
		if b, err = p.escape(b); err != nil {
			return "", err
		}
	}
}

// plain returns how many bytes come before a quote, a backslash or a control
// character. Eight at a time: for each byte, the high bit is set if it is one
// of the three.
func plain(s string) int {
	const low, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		quote, slash := w^('"'*low), w^('\\'*low)
		// x - 1 has a high bit that x lacks where x is 0 (first such byte exact).
		if hit := ((quote-low)&^quote | (slash-low)&^slash | (w-0x20*low)&^w) & high; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(s); i++ {
		if s[i] < 0x20 || s[i] == '"' || s[i] == '\\' {
			break
		}
	}
	return i
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads one escape sequence and appends what it stands for.
func (p *scanner) escape(b []byte) ([]byte, error) {
	if p.at+1 == len(p.s) {
		return b, p.fault("a text is never closed; a quote is expected")
	}
	c := p.s[p.at+1]
	if plain, ok := escapes[c]; ok {
		p.at += 2
		return append(b, plain), nil
	}
	if c != 'u' {
		return b, p.fault("the escape \\%c does not exist", c)
	}
	r, ok := p.unicode()
	if utf16.IsSurrogate(r) {
		second, paired := rune(0), false
		if strings.HasPrefix(p.s[p.at:], `\u`) {
			second, paired = p.unicode()
		}
		if r = utf16.DecodeRune(r, second); r == utf8.RuneError || !paired {
			return b, fmt.Errorf("byte %d of the line: half a surrogate pair; escape whole characters: %w", p.at+1, ErrUTF8)
		}
	}
	if !ok {
		return b, p.fault("four hexadecimal digits are expected after \\u")
	}
	return utf8.AppendRune(b, r), nil
}

// unicode reads \uXXXX.
func (p *scanner) unicode() (rune, bool) {
	if p.at+6 > len(p.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[p.at+2:p.at+6], 16, 16)
	if err != nil {
		return 0, false
	}
	p.at += 6
	return rune(n), true
}

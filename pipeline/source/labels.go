package source

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// labeler turns cells of the label column into labels.
type labeler struct {
	kind     sample.LabelKind
	optional bool
	names    []string
	index    map[string]int64
	// numeric: the names themselves are integers, so an integer is a name and
	// never an index.
	numeric bool
}

func newLabeler(opts Options) labeler {
	l := labeler{kind: opts.Kind, optional: opts.Optional, names: opts.Names, index: map[string]int64{}}
	for i, name := range opts.Names {
		l.index[name] = int64(i)
		if _, err := strconv.ParseInt(name, 10, 64); err == nil {
			l.numeric = true
		}
	}
	return l
}

// accepts returns our numbers of the classes that a file declares, all of which
// must be known; nil if it declares none.
func (l *labeler) accepts(declared []string) ([]int64, error) {
	var ids []int64
	for _, name := range declared {
		id, ok := l.index[name]
		if !ok {
			return nil, l.unknown(cell{kind: text, s: name})
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// label returns the label that a cell stands for. declared are our
// numbers of the classes that the cell's file declares for its integers; room is where a class may
// lie, so that a row takes no memory of its own.
func (l *labeler) label(c *cell, declared []int64, room *[1]int64) (sample.Label, error) {
	if c.empty() || c.kind == text && c.s == "" {
		if l.optional {
			return sample.Label{}, nil
		}
		return sample.Label{}, fmt.Errorf("no label; drop the row or label it: %w", ErrMissing)
	}
	switch l.kind {
	case sample.ValueLabel:
		return value(*c)
	case sample.MultiLabel:
		return l.multi(*c, declared)
	}
	id, err := l.class(c, declared)
	if err != nil {
		if l.optional && c.minusOne() {
			return sample.Label{}, nil
		}
		return sample.Label{}, err
	}
	room[0] = id
	return sample.Label{Kind: sample.ClassLabel, Int: room[:]}, nil
}

func (l *labeler) class(c *cell, declared []int64) (int64, error) {
	n, isInteger := c.asInteger()
	if named := c.kind == text || c.kind == boolean; named {
		if id, ok := l.index[c.s]; ok {
			return id, nil
		}
		var err error
		if n, err = strconv.ParseInt(c.s, 10, 64); err != nil {
			return 0, l.unknown(*c)
		}
	} else if !isInteger {
		return 0, fmt.Errorf("%s; a class is a text or an integer: %w", c.describe(), ErrType)
	}
	switch {
	case declared != nil && n >= 0 && n < int64(len(declared)):
		return declared[n], nil
	case declared == nil && l.numeric:
		if id, ok := l.index[strconv.FormatInt(n, 10)]; ok {
			return id, nil
		}
	case declared == nil && n >= 0 && n < int64(len(l.names)):
		return n, nil
	}
	return 0, l.unknown(*c)
}

func (l *labeler) unknown(c cell) error {
	hint := "label the row with one of them, or train with this one"
	if near := nearest(c.s, l.names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	shown := l.names
	more := ""
	if len(shown) > 10 {
		more = fmt.Sprintf(", … (%d in all)", len(shown))
		shown = shown[:10]
	}
	return fmt.Errorf("label %s is not in {%s%s}; %s: %w", c.describe(), strings.Join(shown, ", "), more, hint, ErrUnknownLabel)
}

// value returns a regression target.
func value(c cell) (sample.Label, error) {
	v := c.f
	switch c.kind {
	case integer:
		v = float64(c.i)
	case text:
		var err error
		if v, err = strconv.ParseFloat(strings.TrimSpace(c.s), 32); err != nil {
			return sample.Label{}, fmt.Errorf("%s; a number is expected: %w", c.describe(), ErrType)
		}
	case float:
	default:
		return sample.Label{}, fmt.Errorf("%s; a number is expected: %w", c.describe(), ErrType)
	}
	if math.IsNaN(v) || math.IsInf(float64(float32(v)), 0) {
		return sample.Label{}, fmt.Errorf("%s; a finite number is expected: %w", c.describe(), ErrType)
	}
	return sample.Label{Kind: sample.ValueLabel, Float: []float32{float32(v)}}, nil
}

// multi returns the label of an example that may have several classes: from a
// list of classes, a text with classes between commas, or a list of one number
// for each class.
func (l *labeler) multi(c cell, declared []int64) (sample.Label, error) {
	out := sample.Label{Kind: sample.MultiLabel, Float: make([]float32, len(l.names))}
	items := c.items()
	if isVector(c) {
		if len(items) != len(l.names) {
			return out, fmt.Errorf("%d values for %d classes: %w", len(items), len(l.names), ErrType)
		}
		for i, item := range items {
			v, err := value(item)
			if err != nil {
				return out, fmt.Errorf("class %d: %w", i, err)
			}
			out.Float[i] = v.Float[0]
		}
		return out, nil
	}
	if c.kind != list {
		items = l.split(c)
	}
	for _, item := range items {
		id, err := l.class(&item, declared)
		if err != nil {
			return out, err
		}
		out.Float[id] = 1
	}
	return out, nil
}

// isVector reports whether a list holds one number for each class: it holds
// fractions or truth values, where classes are texts or integers.
func isVector(c cell) bool {
	if c.kind != list {
		return false
	}
	for _, item := range c.items() {
		if item.kind == float || item.kind == boolean {
			return true
		}
	}
	return false
}

// split parts a cell that is no list: a class, or a text of several.
func (l *labeler) split(c cell) []cell {
	if _, whole := l.index[c.s]; c.kind != text || whole {
		return []cell{c}
	}
	var items []cell
	for part := range strings.SplitSeq(c.s, ",") {
		items = append(items, cell{kind: text, s: strings.TrimSpace(part)})
	}
	return items
}

// tags returns the classes of that many tokens.
func (l *labeler) tags(c cell, declared []int64, tokens int) (sample.Label, error) {
	if c.empty() && l.optional {
		return sample.Label{}, nil
	}
	if c.kind != list {
		return sample.Label{}, fmt.Errorf("%s; a list of tags is expected: %w", c.describe(), ErrType)
	}
	if n := len(c.items()); n != tokens {
		return sample.Label{}, fmt.Errorf("%d tags for %d tokens: %w", n, tokens, ErrType)
	}
	out := sample.Label{Kind: sample.TagLabel, Int: make([]int64, tokens)}
	for i, item := range c.items() {
		if n, ok := item.asInteger(); item.empty() || ok && n == sample.Ignore {
			out.Int[i] = sample.Ignore
			continue
		}
		id, err := l.class(&item, declared)
		if err != nil {
			return out, fmt.Errorf("token %d: %w", i+1, err)
		}
		out.Int[i] = id
	}
	return out, nil
}

// span returns the label of a stretch between two places, which are counted in
// characters and become bytes. A negative start says that there is no answer.
func (l *labeler) span(start, end cell, ex *sample.Example) (sample.Label, error) {
	if start.empty() && end.empty() && l.optional {
		return sample.Label{}, nil
	}
	from, err := place(start)
	if err != nil {
		return sample.Label{}, err
	}
	to, err := place(end)
	if err != nil {
		return sample.Label{}, err
	}
	if from < 0 {
		return sample.Label{Kind: sample.SpanLabel, Int: []int64{-1, -1}}, nil
	}
	text := ex.Text
	if ex.HasPair {
		text = ex.Pair
	}
	a, okA := byteAt(text, from)
	b, okB := byteAt(text, to)
	if !okA || !okB || a > b {
		return sample.Label{}, fmt.Errorf("the span %d to %d does not lie in a text of %d characters: %w", from, to, utf8.RuneCountInString(text), ErrType)
	}
	return sample.Label{Kind: sample.SpanLabel, Int: []int64{int64(a), int64(b)}}, nil
}

// place reads a place in a text, or the first of a list of places.
func place(c cell) (int64, error) {
	if items := c.items(); c.kind == list && len(items) > 0 {
		c = items[0]
	}
	if n, ok := c.asInteger(); ok {
		return n, nil
	}
	if n, err := strconv.ParseInt(c.s, 10, 64); c.kind == text && err == nil {
		return n, nil
	}
	return 0, fmt.Errorf("%s; a place in the text is expected, counted in characters: %w", c.describe(), ErrType)
}

// byteAt returns the byte where character n begins.
func byteAt(s string, n int64) (int, bool) {
	if n < 0 || n > int64(len(s)) {
		return 0, false
	}
	for i := range s {
		if n == 0 {
			return i, true
		}
		n--
	}
	return len(s), n == 0
}

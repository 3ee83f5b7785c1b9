package source

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// kind says what a cell holds.
type kind uint8

const (
	absent  kind = iota // the row has no such field
	null                // the field is there and holds nothing
	text                // s is a text, not yet known to be UTF-8
	integer             // i
	float               // f
	boolean             // s is true or false
	list                // nested holds the items
	other               // what no column of ours can hold; s describes it
)

// cell is one value of a file.
type cell struct {
	kind   kind
	s      string
	i      int64
	f      float64
	nested *nested // nil: no items
}

// nested holds the items of a list, or the fields of a group with their names.
type nested struct {
	items []cell
	names []string
}

// items returns the items of a list.
func (c cell) items() []cell {
	if c.nested == nil {
		return nil
	}
	return c.nested.items
}

// empty reports whether the cell holds nothing.
func (c *cell) empty() bool { return c.kind <= null }

// minusOne reports whether the cell holds -1, with which data sets without public
// labels fill the column. CSV holds numbers as texts.
func (c *cell) minusOne() bool {
	n, ok := c.asInteger()
	return ok && n == -1 || c.kind == text && c.s == "-1"
}

// describe names a cell's content in errors, shortened.
func (c cell) describe() string {
	switch c.kind {
	case absent:
		return "nothing"
	case null:
		return "null"
	case text:
		const most = 80
		if runes := []rune(c.s); len(c.s) > most && len(runes) > most {
			return strconv.Quote(string(runes[:most]) + "…")
		}
		return strconv.Quote(c.s)
	case integer:
		return "the integer " + strconv.FormatInt(c.i, 10)
	case float:
		return "the number " + strconv.FormatFloat(c.f, 'g', -1, 64)
	case boolean:
		return c.s
	case list:
		return fmt.Sprintf("a list of %d values", len(c.items()))
	}
	return c.s
}

// asText returns the cell as a text of the named column.
func (c *cell) asText(column string) (string, error) {
	switch {
	case c.kind == text && utf8.ValidString(c.s):
		return c.s, nil
	case c.empty():
		return "", &Error{Column: column, Err: fmt.Errorf("no text; drop the row or write an empty text: %w", ErrMissing)}
	case c.kind != text:
		return "", &Error{Column: column, Err: fmt.Errorf("%s; text is expected: %w", c.describe(), ErrType)}
	}
	return "", &Error{Column: column, Err: fmt.Errorf("the byte at %d begins no character; convert the file to UTF-8: %w", firstInvalid(c.s), ErrUTF8)}
}

func firstInvalid(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size <= 1 {
				return i
			}
		}
	}
	return -1
}

// asInteger returns an integer or a number without a fraction.
func (c *cell) asInteger() (int64, bool) {
	switch {
	case c.kind == integer:
		return c.i, true
	case c.kind == float && c.f == math.Trunc(c.f) && math.Abs(c.f) < 1<<53:
		return int64(c.f), true
	}
	return 0, false
}

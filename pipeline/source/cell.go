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
	null kind = iota
	text
	integer
	float
	other // something that no column of ours can hold; s describes it
)

// cell is one value of a file.
type cell struct {
	kind kind
	s    string
	i    int64
	f    float64
}

// describe names a cell's content in errors, shortened.
func (c cell) describe() string {
	switch c.kind {
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
	}
	return c.s
}

// asText returns the cell as a text of the named column.
func (c cell) asText(column string) (string, error) {
	switch {
	case c.kind == null:
		return "", &Error{Column: column, Err: fmt.Errorf("no text; drop the row or write an empty text: %w", ErrMissing)}
	case c.kind != text:
		return "", &Error{Column: column, Err: fmt.Errorf("%s; text is expected: %w", c.describe(), ErrType)}
	case !utf8.ValidString(c.s):
		return "", &Error{Column: column, Err: fmt.Errorf("the byte at %d begins no character; convert the file to UTF-8: %w", firstInvalid(c.s), ErrUTF8)}
	}
	return c.s, nil
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
func (c cell) asInteger() (int64, bool) {
	switch {
	case c.kind == integer:
		return c.i, true
	case c.kind == float && c.f == math.Trunc(c.f) && math.Abs(c.f) < 1<<53:
		return int64(c.f), true
	}
	return 0, false
}

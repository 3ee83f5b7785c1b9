package source

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/pipeline/record"
)

// What can be wrong with a data set. Errors of this package wrap one of these,
// or the operating system's error.
var (
	ErrEmpty        = errors.New("there are no rows")
	ErrFormat       = errors.New("malformed file")
	ErrNoColumn     = errors.New("missing column")
	ErrType         = errors.New("wrong type")
	ErrMissing      = errors.New("missing value")
	ErrUTF8         = errors.New("invalid UTF-8")
	ErrUnknownLabel = errors.New("unknown label")
	ErrTooLarge     = errors.New("too large")
	// ErrFewClasses is for those who read several sets: a Set may have one class.
	ErrFewClasses = errors.New("too few classes")
	// ErrVersion: a prepared file of a later version.
	ErrVersion = record.ErrVersion
)

// Error says where in a data set something is wrong. Zero fields are unknown.
type Error struct {
	Path string
	// Row counts data rows from 1; Line counts lines of the file from 1.
	Row  int64
	Line int
	// RowGroup counts the row groups of a Parquet file, or the record batches of
	// an Arrow file, from 1.
	RowGroup int
	Column   string
	Err      error
}

// Error puts the place before the reason.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("source: ")
	b.WriteString(e.Path)
	if e.RowGroup > 0 {
		fmt.Fprintf(&b, " row group %d", e.RowGroup)
	}
	if e.Row > 0 {
		fmt.Fprintf(&b, " row %d", e.Row)
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, " (line %d)", e.Line)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, " column %q", e.Column)
	}
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// absorb merges a nested *Error, which knows other parts of the place.
func (e *Error) absorb() *Error {
	inner, ok := e.Err.(*Error)
	if !ok {
		return e
	}
	e.Err = inner.Err
	if inner.Path != "" {
		e.Path = inner.Path
	}
	if inner.Row > 0 {
		e.Row = inner.Row
	}
	if inner.Line > 0 {
		e.Line = inner.Line
	}
	if inner.RowGroup > 0 {
		e.RowGroup = inner.RowGroup
	}
	if inner.Column != "" {
		e.Column = inner.Column
	}
	return e
}

// at adds the path to an error; nil stays nil.
func at(err error, path string) error {
	if err == nil {
		return nil
	}
	return (&Error{Path: path, Err: err}).absorb()
}

// firstOf returns the first error that is one.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

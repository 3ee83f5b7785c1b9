package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/inspect"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/source"
)

// inspectedRows is how many rows of the first file say what columns hold.
const inspectedRows = 1000

// inspectedInput is one data set before its texts are looked at.
type inspectedInput struct {
	Name       string            `json:"name"`
	Files      []string          `json:"files"`
	Columns    []inspectedColumn `json:"columns"`
	Unreadable unreadable        `json:"unreadable"`
}

// inspectedColumn is one column of the first rows.
type inspectedColumn struct {
	Name string `json:"name"`
	// Type is the file's own; empty in formats without types.
	Type string `json:"type,omitempty"`
	// Classes are the names that the file declares.
	Classes []string `json:"classes,omitempty"`
	// As says what the column is read as; empty: it is not read.
	As string `json:"as,omitempty"`
	// Holds counts what is in the first rows; the rest of them is empty.
	Holds cellCounts `json:"holds"`
	First string     `json:"first,omitempty"`
}

// cellCounts counts cells by what they hold.
type cellCounts struct {
	Rows     int `json:"rows"`
	Texts    int `json:"texts"`
	Integers int `json:"integers"`
	Numbers  int `json:"numbers"`
	Lists    int `json:"lists"`
}

// columnsOf describes columns, read as cols.
func columnsOf(p source.Peeked, cols source.Columns) []inspectedColumn {
	as := map[string]string{
		cols.Text: "text", cols.Pair: "text_pair", cols.Label: "label", cols.Tokens: "tokens", cols.Tags: "tags", cols.Start: "span start", cols.End: "span end",
	}
	delete(as, "")
	var out []inspectedColumn
	for _, c := range p.Columns {
		column := inspectedColumn{
			Name: c.Name, Type: c.Type, Classes: c.Classes, As: as[c.Name],
			Holds: cellCounts{p.Rows, c.Texts, c.Integers, c.Numbers, c.Lists},
		}
		if len(c.Values) > 0 {
			column.First = strings.ToValidUTF8(clip(c.Values[0], 200), "\ufffd")
		}
		out = append(out, column)
	}
	return out
}

// unreadable are rows that training would refuse.
type unreadable struct {
	Rows    int64    `json:"rows"`
	Reasons []reason `json:"reasons,omitempty"`
}

// reason is one kind of fault.
type reason struct {
	Reason string `json:"reason"`
	Rows   int64  `json:"rows"`
	First  string `json:"first"`
}

// faults are what can be wrong with a row.
var faults = []error{source.ErrMissing, source.ErrType, source.ErrUTF8, source.ErrUnknownLabel, source.ErrTooLarge}

// add counts a row.
func (u *unreadable) add(err *source.Error) {
	name := "other"
	for _, f := range faults {
		if errors.Is(err, f) {
			name = f.Error()
			break
		}
	}
	u.Rows++
	at := slices.IndexFunc(u.Reasons, func(r reason) bool { return r.Reason == name })
	if at < 0 {
		at = len(u.Reasons)
		u.Reasons = append(u.Reasons, reason{Reason: name, First: strings.TrimPrefix(err.Error(), "source: ")})
	}
	u.Reasons[at].Rows++
}

// input is an open data set.
type input struct {
	inspectedInput
	rows *source.Set
	// fault is the first row that cannot be read.
	fault *source.Error
	read  bool // once
}

func newInput(ctx context.Context, name string, set *source.Set) (*input, error) {
	p, err := set.Peek(ctx, inspectedRows)
	if err != nil {
		return nil, err
	}
	return &input{rows: set, inspectedInput: inspectedInput{Name: name, Files: set.Paths(), Columns: columnsOf(p, set.Columns())}}, nil
}

// set is the data set for the library. Rows that cannot be read are counted in
// the first pass and left out in all.
func (i *input) set() inspect.Set {
	return inspect.Set{Name: i.Name, Kind: i.rows.Kind(), Names: i.rows.Names(), Rows: func() pipeline.Source[*record.Batch] {
		count := !i.read
		i.read = true
		return i.rows.Readable(func(err *source.Error) {
			if !count {
				return
			}
			if i.fault == nil {
				i.fault = err
			}
			i.Unreadable.add(err)
		})
	}}
}

// none says that no row can be read.
func (i *input) none() error {
	return fail(ExitData, fmt.Errorf("none of the %s of %s can be read; the first one: %w", plural(i.Unreadable.Rows, "row", "rows"), strings.Join(i.Files, ", "), i.fault), "")
}

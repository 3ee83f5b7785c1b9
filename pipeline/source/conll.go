package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

var _ = register(format{extensions: []string{".conll", ".bio", ".iob", ".iob2", ".conllu"}, open: openCoNLL})

// conllTable reads one token a line, in columns parted by tabs or spaces, with
// an empty line after every sentence. Its columns are lists: tokens, tags where
// there is more than one column, and c1, c2, … for each by its place.
//
// The token is the first column and the tag the last one. In files that number
// their tokens, as CoNLL-U does, they are the second and the third. Comment
// lines and -DOCSTART- are left out.
type conllTable struct {
	in       *input
	r        *textReader
	width    int
	numbered bool
	tabs     bool
	header   []string

	chosen []int
	fields []string
	out    chunk
}

func openCoNLL(in *input, _ Options) (table, error) {
	t := &conllTable{in: in}
	if err := t.seek(Part{Line: 1}); err != nil {
		return nil, err
	}
	if err := t.begin(); err != nil {
		return nil, firstOf(err, t.close())
	}
	return t, t.seek(Part{Line: 1})
}

// begin finds the columns from the first token.
func (t *conllTable) begin() error {
	for {
		line, err := t.r.next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the file is empty; one token a line is expected: %w", ErrEmpty)
		}
		if err != nil {
			return err
		}
		t.tabs = strings.Contains(line, "\t")
		if strings.TrimSpace(line) == "" || t.comment(line) || strings.HasPrefix(line, docStart) {
			continue
		}
		t.split(line)
		break
	}
	t.width = len(t.fields)
	_, err := strconv.Atoi(t.fields[0])
	t.numbered = err == nil && t.width > 2
	t.header = []string{"tokens"}
	if t.width > 1 {
		t.header = append(t.header, "tags")
	}
	for i := range t.width {
		t.header = append(t.header, "c"+strconv.Itoa(i+1))
	}
	return nil
}

const docStart = "-DOCSTART-"

// comment reports whether a line says something about the sentence. A token may
// be #, too.
func (t *conllTable) comment(line string) bool {
	return strings.HasPrefix(line, "#") && !(t.tabs && strings.Contains(line, "\t")) &&
		(strings.HasPrefix(line, "# ") && strings.Contains(line, "=") || t.tabs && !strings.Contains(line, "\t"))
}

func (t *conllTable) split(line string) {
	if t.tabs {
		t.fields = append(t.fields[:0], strings.Split(strings.TrimSuffix(line, "\t"), "\t")...)
		return
	}
	t.fields = append(t.fields[:0], strings.Fields(line)...)
}

func (t *conllTable) columns() []string       { return t.header }
func (t *conllTable) classes(string) []string { return nil }
func (t *conllTable) typeOf(string) string    { return "" }

func (t *conllTable) close() error {
	t.r.close()
	return nil
}

// place returns which column of the file a column of the table is.
func (t *conllTable) place(name string) int {
	switch {
	case name == "tokens" && t.numbered:
		return 1
	case name == "tokens":
		return 0
	case name == "tags" && t.numbered:
		return 2
	case name == "tags":
		return t.width - 1
	}
	n, _ := strconv.Atoi(name[1:]) // a name of t.header
	return n - 1
}

func (t *conllTable) choose(columns []string) error {
	t.chosen = nil
	for _, name := range columns {
		t.chosen = append(t.chosen, t.place(name))
	}
	t.out.cells = make([][]cell, len(t.chosen))
	return nil
}

func (t *conllTable) read(ctx context.Context, limit int) (chunk, error) {
	return t.out.fill(ctx, limit, func() (int, error) {
		line, lists, err := t.sentence()
		if err != nil {
			return line, err
		}
		for c, items := range lists {
			t.out.cells[c] = append(t.out.cells[c], cell{kind: list, nested: &nested{items: items}})
		}
		return line, nil
	})
}

// sentence reads the chosen columns of the next sentence, and its line.
func (t *conllTable) sentence() (line int, lists [][]cell, err error) {
	lists = make([][]cell, len(t.chosen))
	for tokens := 0; ; {
		at := t.r.line
		row, err := t.r.next()
		if errors.Is(err, io.EOF) && tokens > 0 {
			return line, lists, nil
		}
		if err != nil {
			return at, nil, err
		}
		switch {
		case strings.TrimSpace(row) == "":
			if tokens > 0 {
				return line, lists, nil
			}
			continue
		case t.comment(row), strings.HasPrefix(row, docStart):
			continue
		}
		if t.split(row); len(t.fields) != t.width {
			return at, nil, &Error{Line: at, Err: fmt.Errorf("the line has %d columns, the first one has %d: %w", len(t.fields), t.width, ErrFormat)}
		}
		if t.numbered && strings.ContainsAny(t.fields[0], "-.") {
			continue // CoNLL-U: a word that the next lines split, or an empty node
		}
		if tokens++; tokens == 1 {
			line = at
		}
		for c, i := range t.chosen {
			lists[c] = append(lists[c], cell{kind: text, s: t.fields[i]})
		}
	}
}

func (t *conllTable) parts(ctx context.Context) ([]Part, error) {
	return textParts(ctx, t.r, func() error { _, _, err := t.sentence(); return err })
}

func (t *conllTable) seek(p Part) (err error) {
	t.r.close()
	t.r, err = newTextReader(t.in, p)
	return err
}

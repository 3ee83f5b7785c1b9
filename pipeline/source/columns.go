package source

import (
	"fmt"
	"slices"
	"strings"
)

// Columns names the columns that hold text, second text and label. Empty names
// stand for the usual ones: text or sentence; sentence1 and sentence2 for
// pairs; label or labels.
type Columns struct {
	Text, Pair, Label string
}

// names lists the chosen columns in the order text, pair, label.
func (c Columns) names() []string {
	return slices.DeleteFunc([]string{c.Text, c.Pair, c.Label}, func(name string) bool { return name == "" })
}

// resolve settles the columns of a file that has these. needLabel says that a
// label column must be there.
func (c Columns) resolve(path string, have []string, needLabel bool) (Columns, error) {
	var err error
	asked := c
	if c.Text == "" && c.Pair == "" && !slices.Contains(have, "text") && !slices.Contains(have, "sentence") &&
		slices.Contains(have, "sentence1") && slices.Contains(have, "sentence2") {
		c.Text, c.Pair = "sentence1", "sentence2"
	}
	if c.Text, err = pick(path, have, "text_column", c.Text, "text", "sentence"); err != nil {
		return c, err
	}
	if c.Pair != "" {
		if c.Pair, err = pick(path, have, "text_pair_column", c.Pair); err != nil {
			return c, err
		}
	}
	c.Label, err = pick(path, have, "label_column", c.Label, "label", "labels")
	if err != nil && !needLabel && asked.Label == "" {
		c.Label, err = "", nil
	}
	return c, err
}

// pick returns the asked column, or the first of the usual ones that exists.
func pick(path string, have []string, option, asked string, usual ...string) (string, error) {
	wanted := usual
	if asked != "" {
		wanted = []string{asked}
	}
	for _, name := range wanted {
		if n := count(have, name); n > 1 {
			return "", &Error{Path: path, Column: name, Err: fmt.Errorf("%d columns have this name; one is expected: %w", n, ErrNoColumn)}
		} else if n == 1 {
			return name, nil
		}
	}
	quoted := make([]string, len(wanted))
	for i, name := range wanted {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	hint := fmt.Sprintf("set %s", option)
	if near := nearest(wanted[0], have); near != "" {
		hint = fmt.Sprintf("did you mean %q? then %s", near, hint)
	}
	return "", &Error{Path: path, Err: fmt.Errorf("no column %s among %s; %s: %w", strings.Join(quoted, " or "), strings.Join(have, ", "), hint, ErrNoColumn)}
}

func count(have []string, name string) int {
	n := 0
	for _, h := range have {
		if h == name {
			n++
		}
	}
	return n
}

// nearest returns the candidate with the fewest edits from name, or "" if none
// is near enough to be meant: fewer edits than half of the name.
func nearest(name string, candidates []string) string {
	best, least := "", (len([]rune(name))+1)/2
	for _, c := range candidates {
		if d := edits(strings.ToLower(name), strings.ToLower(c)); d < least || d == least && best == "" && d <= 1 {
			best, least = c, d
		}
	}
	return best
}

// edits is the Levenshtein distance, in runes. Long names are not compared:
// they come from outside, and the cost is quadratic.
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 200 || len(y) > 200 {
		return 200
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(y)]
}

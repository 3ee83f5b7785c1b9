package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Columns names the columns to read. Empty names stand for the usual ones: text
// or sentence; sentence1 and sentence2 for pairs; label or labels; for tags,
// tokens or words, and tags or ner_tags. Spans have no usual names.
type Columns struct {
	Text, Pair, Label string
	// Tokens and Tags are lists, one tag for each token.
	Tokens, Tags string
	// Start and End are where a span begins and ends, in characters of the second
	// text, or of the text where there is one only.
	Start, End string
}

// slots lists the columns in the order in which their cells are read.
func (c *Columns) slots() []*string {
	return []*string{&c.Text, &c.Pair, &c.Tokens, &c.Label, &c.Tags, &c.Start, &c.End}
}

// names lists the chosen columns.
func (c Columns) names() []string {
	var out []string
	for _, name := range c.slots() {
		if *name != "" {
			out = append(out, *name)
		}
	}
	return out
}

// places returns where the cells of each slot are among names; -1: nowhere.
func (c Columns) places() (places [7]int) {
	n := 0
	for i, name := range c.slots() {
		places[i] = -1
		if *name != "" {
			places[i] = n
			n++
		}
	}
	return places
}

// target names the first column that holds labels; empty: none.
func (c Columns) target() string {
	switch {
	case c.Label != "":
		return c.Label
	case c.Tags != "":
		return c.Tags
	}
	return c.Start
}

// resolve settles the columns of a file that has these, for a kind of label.
// optional says that labels may be missing.
func (c Columns) resolve(path string, have []string, kind sample.LabelKind, optional bool) (Columns, error) {
	out, err := c.resolveTexts(path, have, kind)
	if err != nil || kind == sample.NoLabel {
		return out, err
	}
	option, usual := usualLabels(kind)
	asked, to := c.Label, &out.Label
	switch kind {
	case sample.TagLabel:
		asked, to = c.Tags, &out.Tags
	case sample.SpanLabel:
		if (c.Start == "") != (c.End == "") || c.Start == "" && !optional {
			return out, &Error{Path: path, Err: fmt.Errorf("spans need the columns of their start and end; set span_columns: %w", ErrNoColumn)}
		}
		if c.Start == "" {
			return out, nil
		}
		if out.End, err = pick(path, have, "span_columns", c.End); err != nil {
			return out, err
		}
		asked, to = c.Start, &out.Start
	}
	*to, err = pick(path, have, option, asked, usual...)
	if err != nil && optional && asked == "" {
		*to, err = "", nil
	}
	return out, err
}

// usualLabels are the names of columns with labels of a kind that nobody need
// give, and the option that gives another.
func usualLabels(kind sample.LabelKind) (option string, names []string) {
	switch kind {
	case sample.TagLabel:
		return "tags_column", []string{"tags", "ner_tags"}
	case sample.SpanLabel:
		return "span_columns", nil
	}
	return "label_column", []string{"label", "labels"}
}

// resolveTexts settles the columns of texts.
func (c Columns) resolveTexts(path string, have []string, kind sample.LabelKind) (out Columns, err error) {
	if kind == sample.TagLabel || c.Tokens != "" {
		out.Tokens, err = pick(path, have, "tokens_column", c.Tokens, "tokens", "words")
		return out, err
	}
	out.Text, out.Pair = c.Text, c.Pair
	if c.Text == "" && c.Pair == "" && !slices.Contains(have, "text") && !slices.Contains(have, "sentence") &&
		slices.Contains(have, "sentence1") && slices.Contains(have, "sentence2") {
		out.Text, out.Pair = "sentence1", "sentence2"
	}
	if out.Text, err = pick(path, have, "text_column", out.Text, "text", "sentence"); err != nil {
		return out, err
	}
	if out.Pair != "" {
		out.Pair, err = pick(path, have, "text_pair_column", out.Pair)
	}
	return out, err
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
	} else if sep := separator(have); sep != "" {
		hint = fmt.Sprintf("the header row is one name, so the columns seem to have %s between them; write the file with commas (.csv) or tabs (.tsv)", sep)
	}
	return "", &Error{Path: path, Err: fmt.Errorf("no column %s among %s; %s: %w", strings.Join(quoted, " or "), strings.Join(have, ", "), hint, ErrNoColumn)}
}

// separator is what seems to stand between the columns of a table that was read
// as having one.
func separator(have []string) string {
	if len(have) != 1 {
		return ""
	}
	for _, c := range [][2]string{{";", "semicolons"}, {"\t", "tabs"}, {"|", "bars"}, {",", "commas"}} {
		if strings.Contains(have[0], c[0]) {
			return c[1]
		}
	}
	return ""
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

// edits counts changed, added, dropped and swapped letters. Long names are not compared:
// they come from outside, and the cost is quadratic.
func edits(a, b string) int {
	const most = 200
	if len(a) > most || len(b) > most {
		return most
	}
	return edlib.OSADamerauLevenshteinDistance(a, b)
}

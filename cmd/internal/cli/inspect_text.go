package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/ortrain/ortrain/pipeline/inspect"
)

const (
	// mostClasses are shown in one piece; of more, half as many from both ends.
	mostClasses = 20
	// barCells and textCells are the widths of bars and of texts that are shown.
	barCells, textCells = 40, 80
)

// inspectedText writes what was found, for people.
func inspectedText(out inspected) string {
	var b strings.Builder
	for i, set := range out.Sets {
		if i > 0 {
			b.WriteByte('\n')
		}
		writeInspected(&b, out.Inputs[i], set)
	}
	if len(out.Leaks) > 0 {
		b.WriteString("\nleakage\n")
		rows := map[string]int64{}
		for _, set := range out.Sets {
			rows[set.Name] = set.Rows
		}
		for _, leak := range out.Leaks {
			writeLeak(&b, leak, rows[leak.Set])
		}
	}
	return b.String()
}

func writeInspected(b *strings.Builder, in inspectedInput, set inspect.SetReport) {
	fmt.Fprintf(b, "%s: %s\n%s", in.Name, shortList(in.Files), plural(set.Rows, "row", "rows"))
	if n := in.Unreadable.Rows; n > 0 {
		fmt.Fprintf(b, ", and %s that training would refuse:\n", thousands(n))
		for _, r := range in.Unreadable.Reasons {
			fmt.Fprintf(b, "  %s  %s, the first: %s\n", thousands(r.Rows), r.Reason, r.First)
		}
	} else {
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	writeColumns(b, in.Columns)
	if len(set.First) > 0 {
		b.WriteString("\nfirst rows\n")
		writeRows(b, set.First)
	}
	b.WriteByte('\n')
	writeLabels(b, set.Labels)
	writeLengths(b, "characters", set.Characters, set.Rows)
	if set.Tokens != nil {
		writeLengths(b, "tokens", set.Tokens, set.Rows)
	}
	writeRepeats(b, set)
	b.WriteString("\nodd texts\n")
	rows := make([][]string, 0, len(set.Texts))
	for _, o := range set.Texts {
		rows = append(rows, []string{"  " + o.Name, thousands(o.Rows), o.Doc})
	}
	writeTable(b, rows, 1)
	for _, o := range set.Texts {
		if o.Name != "empty" && len(o.Texts) > 0 {
			fmt.Fprintf(b, "  %s\n", o.Name)
			writeRows(b, o.Texts)
		}
	}
}

// shortList names some files.
func shortList(files []string) string {
	const most = 3
	if n := len(files); n > most {
		return fmt.Sprintf("%s … and %d more", strings.Join(files[:most], ", "), n-most)
	}
	return strings.Join(files, ", ")
}

// writeColumns writes the schema.
func writeColumns(b *strings.Builder, columns []inspectedColumn) {
	rows := [][]string{{"COLUMN", "TYPE", "HOLDS", "READ AS", "FIRST VALUE"}}
	if !slices.ContainsFunc(columns, func(c inspectedColumn) bool { return c.Type != "" }) {
		rows[0][1] = "" // the format has no types
	}
	for _, c := range columns {
		kind := c.Type
		if n := len(c.Classes); n > 0 {
			kind += fmt.Sprintf(" (%d class names)", n)
		}
		as := c.As
		if as == "" {
			as = "-"
		}
		example := ""
		if c.First != "" {
			example = quoted(c.First, textCells/2)
		}
		rows = append(rows, []string{clip(c.Name, textCells), clip(kind, textCells), c.Holds.String(), as, example})
	}
	writeTable(b, rows)
}

// String names what the cells hold; counts are given where they differ.
func (c cellCounts) String() string {
	var parts []string
	left := c.Rows
	for _, k := range []struct {
		n    int
		name string
	}{{c.Texts, "texts"}, {c.Integers, "integers"}, {c.Numbers, "numbers"}, {c.Lists, "lists"}} {
		left -= k.n
		switch {
		case k.n == c.Rows && k.n > 0:
			return k.name
		case k.n > 0:
			parts = append(parts, fmt.Sprintf("%d %s", k.n, k.name))
		}
	}
	switch {
	case parts == nil:
		return "nothing, or objects"
	case left > 0:
		parts = append(parts, fmt.Sprintf("%d empty", left))
	}
	return strings.Join(parts, ", ")
}

// writeLabels writes how labels are spread.
func writeLabels(b *strings.Builder, l inspect.Labels) {
	if l.Kind == "none" {
		b.WriteString("labels: none; --label_column says which column holds them\n")
		return
	}
	fmt.Fprintf(b, "labels: %s", l.Kind)
	if v := l.Values; v != nil {
		fmt.Fprintf(b, ", %.4g to %.4g, mean %.4g, standard deviation %.4g", v.Least, v.Most, v.Mean, v.Deviation)
	}
	without := ""
	if l.Unlabelled > 0 {
		without = fmt.Sprintf("; %s without one", plural(l.Unlabelled, "row", "rows"))
	}
	if len(l.Classes) == 0 {
		fmt.Fprintln(b, without)
		return
	}
	order := byCount(l.Classes)
	most, least := l.Classes[order[0]], l.Classes[order[len(order)-1]]
	each := thousands(most.Count)
	if least.Count < most.Count {
		each = thousands(least.Count) + " to " + each
	}
	fmt.Fprintf(b, ", %d classes, %s each%s\n", len(order), each, without)
	var rows [][]string
	for i, class := range order {
		if len(order) > mostClasses && i >= mostClasses/2 && i < len(order)-mostClasses/2 {
			if i == mostClasses/2 {
				rows = append(rows, []string{fmt.Sprintf("  … %d more", len(order)-mostClasses)})
			}
			continue
		}
		c := l.Classes[class]
		rows = append(rows, []string{"  " + clip(c.Name, textCells/2), thousands(c.Count), percent(c.Share), bar(c.Count, most.Count)})
	}
	writeTable(b, rows, 1, 2)
}

// byCount orders classes by how often they come, most first.
func byCount(classes []inspect.Class) []int {
	order := make([]int, len(classes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(classes[b].Count, classes[a].Count) })
	return order
}

// writeLengths writes a histogram.
func writeLengths(b *strings.Builder, unit string, l *inspect.Lengths, rows int64) {
	fmt.Fprintf(b, "\nlength in %s: %s to %s, median %s, mean %.1f, 95 %% have at most %s, 99 %% %s\n", unit,
		thousands(int64(l.Least)), thousands(int64(l.Most)), thousands(int64(l.Median)), l.Mean, thousands(int64(l.P95)), thousands(int64(l.P99)))
	if l.Limit > 0 {
		fmt.Fprintf(b, "  %s longer than %d (%s), where --max_seq_length cuts\n", plural(l.Longer, "row is", "rows are"), l.Limit, percent(float64(l.Longer)/float64(max(rows, 1))))
	}
	most := int64(0)
	for _, bin := range l.Bins {
		most = max(most, bin.Count)
	}
	var lines [][]string
	for _, bin := range l.Bins {
		lines = append(lines, []string{"  " + span(bin), thousands(bin.Count), percent(float64(bin.Count) / float64(max(rows, 1))), bar(bin.Count, most)})
	}
	writeTable(b, lines, 0, 1, 2)
}

// span names the lengths of a bin.
func span(b inspect.Bin) string {
	switch {
	case b.To < 0:
		return fmt.Sprintf("%d or more", b.From)
	case b.To == b.From:
		return strconv.Itoa(b.From)
	}
	return fmt.Sprintf("%d to %d", b.From, b.To)
}

// writeRepeats writes duplicates and conflicts.
func writeRepeats(b *strings.Builder, set inspect.SetReport) {
	about := ""
	if set.Compared < 1 {
		about = fmt.Sprintf(" (estimated from 1/%.0f of the texts; --compare_rows takes more)", 1/set.Compared)
	}
	d := set.Duplicates
	fmt.Fprintf(b, "\nduplicates: rows whose text came before%s\n", about)
	rows := [][]string{
		{"  equal texts", thousands(d.Exact.Rows), "more, of " + plural(d.Exact.Texts, "text", "texts")},
		{"  equal but for case and spaces", thousands(d.Folded.Rows), "more, of " + plural(d.Folded.Texts, "text", "texts")},
	}
	if d.Near != nil {
		rows = append(rows, []string{fmt.Sprintf("  at least %g alike, not equal", d.Near.Threshold), thousands(d.Near.Rows), "much like one before"})
	}
	writeTable(b, rows, 1)
	writeGroups(b, d.Folded.Groups, false)
	if d.Near != nil && len(d.Near.Texts) > 0 {
		b.WriteString("  much like one before\n")
		writeRows(b, d.Near.Texts)
	}
	if set.Labels.Kind == "none" {
		return
	}
	fmt.Fprintf(b, "\nconflicts: texts with several labels%s\n", about)
	c := set.Conflicts
	writeTable(b, [][]string{
		{"  equal texts", thousands(c.Exact.Texts), fmt.Sprintf("in %s", plural(c.Exact.Rows, "row", "rows"))},
		{"  equal but for case and spaces", thousands(c.Folded.Texts), fmt.Sprintf("in %s", plural(c.Folded.Rows, "row", "rows"))},
	}, 1)
	writeGroups(b, c.Folded.Groups, true)
}

// writeGroups writes rows with one text, with their labels or without.
func writeGroups(b *strings.Builder, groups []inspect.Group, labels bool) {
	for _, g := range groups {
		var names []string
		for _, row := range g.Rows {
			name := fmt.Sprintf("%d", row.Row)
			if labels {
				name += " " + clip(row.Label, textCells/2)
			}
			names = append(names, name)
		}
		if more := g.Count - int64(len(g.Rows)); more > 0 && !labels {
			names = append(names, thousands(more)+" more")
		}
		fmt.Fprintf(b, "    rows %s: %s\n", strings.Join(names, ", "), rowText(g.Rows[0]))
	}
}

// writeLeak writes what a set of some rows shares with another.
func writeLeak(b *strings.Builder, l inspect.Leak, rows int64) {
	fmt.Fprintf(b, "  %s in %s: %s of %s have an equal text there, %s one that is equal but for case and spaces", l.Set, l.From, thousands(l.Exact), plural(rows, "row", "rows"), thousands(l.Folded))
	if l.Relabelled > 0 {
		fmt.Fprintf(b, "; %s with another label", thousands(l.Relabelled))
	}
	if l.Compared < 1 {
		fmt.Fprintf(b, " (estimated from 1/%.0f of the texts)", 1/l.Compared)
	}
	b.WriteByte('\n')
	for _, p := range l.Pairs {
		label := p.Row.Label
		if p.Of.Label != label {
			label += ", there " + p.Of.Label
		}
		if label != "" {
			label = " (" + label + ")"
		}
		fmt.Fprintf(b, "    row %d is row %d of %s%s: %s\n", p.Row.Row, p.Of.Row, l.From, label, rowText(p.Row))
	}
}

// writeRows writes rows to look at.
func writeRows(b *strings.Builder, rows []inspect.Row) {
	var lines [][]string
	for _, row := range rows {
		text := rowText(row)
		if row.Repaired != "" {
			text += ", probably " + quoted(row.Repaired, textCells)
		}
		lines = append(lines, []string{fmt.Sprintf("    row %d", row.Row), clip(row.Label, textCells/2), text})
	}
	writeTable(b, lines)
}

func rowText(row inspect.Row) string {
	if row.Pair != "" {
		return quoted(row.Text, textCells/2) + " / " + quoted(row.Pair, textCells/2)
	}
	return quoted(row.Text, textCells)
}

// percent writes a share.
func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// bar draws a part of the most.
func bar(n, most int64) string {
	if n == 0 {
		return ""
	}
	return strings.Repeat("█", max(1, int(n*barCells/max(most, 1))))
}

// quoted is a text on one line, cut to a width.
func quoted(text string, cells int) string { return strconv.Quote(clip(text, cells)) }

// clip cuts a text to a width. Units: cells of a terminal.
func clip(text string, cells int) string {
	wide := 0
	for i, r := range text {
		if wide += cellsOf(r); wide > cells {
			return text[:i] + "…"
		}
	}
	return text
}

// cellsOf is how wide a terminal shows a character.
func cellsOf(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// writeTable writes lines in columns, those named flush right. It minds wide
// characters, which text/tabwriter does not.
func writeTable(b *strings.Builder, lines [][]string, right ...int) {
	wide := func(text string) (n int) {
		for _, r := range text {
			n += cellsOf(r)
		}
		return n
	}
	var most []int
	for _, line := range lines {
		for c, text := range line {
			if c == len(most) {
				most = append(most, 0)
			}
			most[c] = max(most[c], wide(text))
		}
	}
	for _, line := range lines {
		var out strings.Builder
		for c, text := range line {
			if most[c] == 0 {
				continue
			}
			room := strings.Repeat(" ", most[c]-wide(text))
			if slices.Contains(right, c) {
				text = room + text
			} else {
				text += room
			}
			out.WriteString(text + "  ")
		}
		b.WriteString(strings.TrimRight(out.String(), " ") + "\n")
	}
}

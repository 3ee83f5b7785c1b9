package ablate

import (
	"fmt"
	"strings"
)

// Markdown writes the result as a page: the figures to report first, then how
// they were chosen.
func (r *Result) Markdown() string {
	var b strings.Builder
	b.WriteString("# Ablation\n\n")
	for _, line := range r.Summary() {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	fmt.Fprintf(&b, "\n## How it was chosen\n\nOn %d validation rows, seeds %s. A recipe is kept if its p after Holm's correction over all %d comparisons is below %g.\n"+
		"p is the larger of that over the rows (paired bootstrap) and that over the seeds (paired t test), one-sided;\n"+
		"McNemar's is two-sided, over rows that most seeds have right. Gains have their %g %% interval over the rows.\n\n",
		r.Rows, numbers(r.Seeds), r.tried(), r.Alpha, 100*r.Confidence)
	b.WriteString("| rows | recipe | accuracy, mean ± sd | gain | p rows | p seeds | p Holm | McNemar | labels kept | s a run | steps | kept |\n")
	b.WriteString("|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n")
	for _, c := range r.Cells {
		b.WriteString(r.row(c))
	}
	fmt.Fprintf(&b, "\n## On the test rows\n\nFresh seeds %s; nothing was chosen here.\n\n", numbers(r.Fresh))
	b.WriteString("| rows | recipe | accuracy, mean ± sd | gain | p rows | p seeds | McNemar |\n|--:|---|--:|--:|--:|--:|--:|\n")
	for _, f := range r.Final {
		fmt.Fprintf(&b, "| %d | plain | %s | | | | |\n", f.Plain.Size, f.Plain.accuracies())
		if c := f.Reported; c.Recipe != Plain {
			fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s | %s |\n", c.Size, c.Recipe, c.accuracies(), c.Gain, chance(c.Rows), chance(c.Comparison.Seeds), chance(c.McNemar))
		}
	}
	fmt.Fprintf(&b, "\nAll training steps together took %.0f s.\n", r.Seconds())
	return b.String()
}

// Summary says in a line for each size what is to be reported.
func (r *Result) Summary() []string {
	var lines []string
	for _, f := range r.Final {
		lines = append(lines, f.summary(r.Alpha))
	}
	return lines
}

func (f Final) summary(alpha float64) string {
	c := f.Reported
	if c.Recipe == Plain {
		return fmt.Sprintf("%d training rows: no recipe is kept; plain training is reported: %s on %d test rows", c.Size, c.accuracies(), f.Rows)
	}
	text := fmt.Sprintf("%d training rows: %s is kept: %s on %d test rows, plain training %s, gain %s", c.Size, c.Recipe, c.accuracies(), f.Rows, f.Plain.accuracies(), c.Gain)
	if c.P >= alpha {
		return text + fmt.Sprintf("; the test rows do not confirm the gain (p %s)", chance(c.P))
	}
	return text + fmt.Sprintf(" (p %s)", chance(c.P))
}

// row is one line of the table of choices.
func (r *Result) row(c Cell) string {
	if c.Recipe == Plain {
		return fmt.Sprintf("| %d | plain | %s | | | | | | | %.1f | %d | |\n", c.Size, c.accuracies(), c.Seconds, c.Steps)
	}
	kept := "no"
	if c.Kept {
		kept = "yes"
	}
	labels := ""
	for _, p := range r.Preserved {
		if p.Recipe == c.Recipe && p.Of > 0 {
			labels = fmt.Sprintf("%.1f %% of %d", 100*p.Rate, p.Of)
		}
	}
	return fmt.Sprintf("| %d | %s | %s | %s | %s | %s | %s | %s | %s | %.1f | %d | %s |\n", c.Size, c.Recipe, c.accuracies(), c.Gain,
		chance(c.Rows), chance(c.Comparison.Seeds), chance(c.Holm), chance(c.McNemar), labels, c.Seconds, c.Steps, kept)
}

func (c Cell) accuracies() string { return fmt.Sprintf("%.4f ± %.4f", c.Mean, c.SD) }

// String writes a gain with its sign.
func (i Interval) String() string {
	return fmt.Sprintf("%+.4f (%+.4f to %+.4f)", i.Value, i.Low, i.High)
}

// chance writes a p.
func chance(p float64) string {
	if p < 0.0001 {
		return "< 0.0001"
	}
	return fmt.Sprintf("%.4f", p)
}

func numbers(seeds []uint64) string {
	text := make([]string, len(seeds))
	for i, s := range seeds {
		text[i] = fmt.Sprint(s)
	}
	return strings.Join(text, " ")
}

// tried is how many comparisons the correction is over.
func (r *Result) tried() int {
	n := 0
	for _, c := range r.Cells {
		if c.Recipe != Plain {
			n++
		}
	}
	return n
}

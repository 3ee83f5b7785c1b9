package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/ortrain/ortrain/ortrain/metric"
	"github.com/ortrain/ortrain/ortrain/report/chart"
)

// What of many classes is shown, so that a page stays small.
const (
	mostClasses    = 500 // in the table
	mostCells      = 100 // rows of the confusion matrix
	mostConfusions = 30
)

// answered counts the answers to the test rows.
type answered struct {
	*metric.Confusion
	labels []string
	rows   []int         // by label
	errors []float64     // by label: rows of it and rows taken for it
	wrong  map[taken]int // rows
}

// taken is a label that was taken for another.
type taken struct{ actual, predicted int }

func count(a *Answers) (*answered, error) {
	n := len(a.Labels)
	c := &answered{metric.NewConfusion(n), a.Labels, make([]int, n), make([]float64, n), make(map[taken]int)}
	for _, r := range a.Rows {
		if err := c.Add([]int64{int64(r.Predicted)}, []int64{int64(r.Actual)}); err != nil {
			return nil, fmt.Errorf("report: row %d: %w", r.Row, err)
		}
		c.rows[r.Actual]++
		if r.Predicted != r.Actual {
			c.errors[r.Actual]++
			c.errors[r.Predicted]++
			c.wrong[taken{r.Actual, r.Predicted}]++
		}
	}
	return c, nil
}

// classes shows the confusion matrix, a row for each class, and what is taken
// for what.
func classes(r Report) (*section, error) {
	if r.Test == nil || len(r.Test.Rows) == 0 {
		return nil, nil
	}
	c, err := count(r.Test)
	if err != nil {
		return nil, err
	}
	s := &section{ID: "classes", Title: "Classes",
		Intro: fmt.Sprintf("%d test rows: accuracy %s %%, macro F1 %s %%.", c.Total(), percent(c.Accuracy()), percent(c.MacroF1()))}
	s.Tables = []table{c.perClass(s)}
	if t := c.confusions(); len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t)
	}
	heat := c.matrix(s)
	if err := s.figure(heat.Title, heat); err != nil {
		return nil, err
	}
	s.Figures[0].Large = true
	return s, nil
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// perClass has a row for each class, for those of the worst F1 if there are too
// many.
func (c *answered) perClass(s *section) table {
	t := table{Caption: "Per class, in per cent", Head: []string{"label", "rows", "precision", "recall", "F1"}, Numeric: []bool{false, true, true, true, true}}
	shown := numbers(len(c.labels))
	if len(shown) > mostClasses {
		sortBy(shown, c.F1)
		shown = shown[:mostClasses]
		s.Intro += fmt.Sprintf(" The table has the %d of %d labels with the lowest F1.", mostClasses, len(c.labels))
	}
	for _, i := range shown {
		t.Rows = append(t.Rows, []string{c.labels[i], fmt.Sprint(c.rows[i]), percent(c.Precision(i)), percent(c.Recall(i)), percent(c.F1(i))})
	}
	return t
}

// confusions lists what is taken for what, most often first.
func (c *answered) confusions() table {
	found := slices.SortedFunc(maps.Keys(c.wrong), func(a, b taken) int {
		return cmp.Or(cmp.Compare(c.wrong[b], c.wrong[a]), cmp.Compare(a.actual, b.actual), cmp.Compare(a.predicted, b.predicted))
	})
	t := table{Caption: "Most frequent confusions", Head: []string{"actual", "predicted", "rows", "% of the label's rows"}, Numeric: []bool{false, false, true, true}}
	for _, p := range found[:min(mostConfusions, len(found))] {
		n := c.wrong[p]
		t.Rows = append(t.Rows, []string{c.labels[p.actual], c.labels[p.predicted], fmt.Sprint(n), percent(float64(n) / float64(c.rows[p.actual]))})
	}
	return t
}

// matrix draws all classes, or those with the most errors if there are too many.
func (c *answered) matrix(s *section) chart.Heat {
	shown := numbers(len(c.labels))
	if len(shown) > mostCells {
		sortBy(shown, func(i int) float64 { return -c.errors[i] })
		shown = shown[:mostCells]
		slices.Sort(shown)
		s.Intro += fmt.Sprintf(" The matrix has the %d of %d labels with the most errors.", mostCells, len(c.labels))
	}
	heat := chart.Heat{
		Words:   chart.Words{Title: "Confusion matrix", Description: "Rows are the actual labels, columns the predicted ones; the darker, the larger a cell's share of its row. The table of confusions has the largest numbers.", X: "predicted", Y: "actual"},
		Numbers: true,
	}
	for _, i := range shown {
		heat.Rows, heat.Columns = append(heat.Rows, c.labels[i]), append(heat.Columns, c.labels[i])
		cells := make([]float64, len(shown))
		for at, k := range shown {
			cells[at] = float64(c.Count(i, k))
		}
		heat.Values = append(heat.Values, cells)
	}
	return heat
}

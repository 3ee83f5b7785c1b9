package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"

	"github.com/ortrain/ortrain/ortrain/metric"
	"github.com/ortrain/ortrain/ortrain/report/chart"
)

// view is a Report as the template shows it.
type view struct {
	Title, Made string
	Facts       []Fact
	Sections    []section
	Config      string
}

// section is a heading with figures and tables.
type section struct {
	ID, Title, Intro string
	Figures          []figure
	Tables           []table
	Pairs            []Pair
}

// figure is a drawing under its title.
type figure struct {
	Title string
	SVG   template.HTML
}

// table is a sortable table; the cells of numeric columns sort as numbers.
type table struct {
	Caption string
	Head    []string
	Numeric []bool
	Rows    [][]string
}

func sortBy(order []int, key func(int) float64) {
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := key(a), key(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
}

// svg is implemented by the figures of package chart.
type svg interface{ SVG() (string, error) }

func (s *section) figure(title string, f svg) error {
	text, err := f.SVG()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	s.Figures = append(s.Figures, figure{title, template.HTML(text)}) //nolint:gosec // drawn by our own chart package, which escapes
	return nil
}

// build makes the view, part by part.
func build(r Report) (view, error) {
	v := view{Title: r.Title, Made: r.Made.UTC().Format("2006-01-02 15:04 UTC"), Facts: r.Facts, Config: r.Config}
	for _, part := range []func(Report) (*section, error){
		comparison, curves, classes, calibration, robustness, errorsSection, cleaning, augmented,
	} {
		s, err := part(r)
		if err != nil {
			return view{}, err
		}
		if s != nil {
			v.Sections = append(v.Sections, *s)
		}
	}
	return v, nil
}

func percent(x float64) string { return fmt.Sprintf("%.1f", 100*x) }

// comparison is the first figure: systems over all and over the hard rows.
func comparison(r Report) (*section, error) {
	if len(r.Systems) == 0 {
		return nil, nil
	}
	all := make([]int, len(r.Systems[0].Right))
	for i := range all {
		all[i] = i
	}
	s := &section{ID: "comparison", Title: "What it brought",
		Intro: fmt.Sprintf("Accuracy on the same %d test rows, with 95 %% bootstrap intervals.", len(all))}
	t := table{Caption: "Accuracy in per cent", Head: []string{"system", "all rows", "95 % interval"}, Numeric: []bool{false, true, false}}
	if len(r.Hard) > 0 {
		s.Intro += fmt.Sprintf(" The hard rows are the quarter (%d) that %s found hardest.", len(r.Hard), r.HardBy)
		t.Head, t.Numeric = append(t.Head, "hard rows", "95 % interval (hard)"), append(t.Numeric, true, false)
	}
	var names []string
	groups := []chart.Group{{Name: "all rows"}, {Name: "hard rows"}}
	for _, system := range r.Systems {
		if len(system.Right) != len(all) {
			return nil, fmt.Errorf("report: %s answered %d rows, %s %d: %w", system.Name, len(system.Right), r.Systems[0].Name, len(all), ErrData)
		}
		names = append(names, system.Name)
		row := []string{system.Name}
		for k, rows := range [][]int{all, r.Hard} {
			if len(rows) == 0 {
				continue
			}
			score, err := system.score(rows)
			if err != nil {
				return nil, err
			}
			groups[k].Values = append(groups[k].Values, score.Value)
			groups[k].Low, groups[k].High = append(groups[k].Low, score.Low), append(groups[k].High, score.High)
			row = append(row, percent(score.Value), percent(score.Low)+" – "+percent(score.High))
		}
		t.Rows = append(t.Rows, row)
	}
	if len(r.Hard) == 0 {
		groups = groups[:1]
	}
	s.Tables = []table{t}
	return s, s.figure("Accuracy by system", chart.Bars{
		Words: chart.Words{Title: "Accuracy by system", Description: "Bars of accuracy for each system, over all and over the hard rows; the table has the numbers.", Y: "accuracy"},
		Names: names, Groups: groups, Max: 1,
	})
}

// curvePlan is what is drawn of the log.
var curvePlan = []struct {
	title, unit string
	series      []string
}{
	{"Loss", "loss", []string{"loss", "eval_loss"}},
	{"Evaluation", "", []string{"eval_accuracy", "eval_f1_macro"}},
	{"Learning rate", "", []string{"learning_rate"}},
	{"Gradient norm", "‖g‖", []string{"grad_norm"}},
	{"Speed", "examples/s", []string{"examples_per_s"}},
	{"Padding and data wait", "share", []string{"padding", "data_wait"}},
	{"Memory", "RSS, MB", []string{"rss_bytes"}},
}

func curves(r Report) (*section, error) {
	if len(r.Log) == 0 {
		return nil, nil
	}
	s := &section{ID: "curves", Title: "Training", Intro: "By optimizer step."}
	for _, plan := range curvePlan {
		var lines []chart.Series
		for _, name := range plan.series {
			if one := seriesOf(r.Log, name); len(one.X) > 0 {
				lines = append(lines, one)
			}
		}
		if len(lines) == 0 {
			continue
		}
		err := s.figure(plan.title, chart.Lines{
			Words:  chart.Words{Title: plan.title, Description: plan.title + " by optimizer step.", X: "step", Y: plan.unit},
			Series: lines, FromZero: plan.unit == "share" || plan.unit == "examples/s" || plan.title == "Memory",
		})
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func seriesOf(log []Logged, name string) chart.Series {
	out := chart.Series{Name: name, Marks: name[:min(5, len(name))] == "eval_"}
	for _, l := range log {
		v, ok := l.Values[name]
		if !ok || math.IsNaN(v) {
			continue
		}
		if name == "rss_bytes" {
			v /= 1 << 20
		}
		out.X, out.Y = append(out.X, float64(l.Step)), append(out.Y, v)
	}
	return out
}

// classes shows the confusion matrix and a row for each class.
func classes(r Report) (*section, error) {
	if r.Test == nil || len(r.Test.Rows) == 0 {
		return nil, nil
	}
	n := len(r.Test.Labels)
	c := metric.NewConfusion(n)
	for _, a := range r.Test.Rows {
		if err := c.Add([]int64{int64(a.Predicted)}, []int64{int64(a.Actual)}); err != nil {
			return nil, fmt.Errorf("report: row %d: %w", a.Row, err)
		}
	}
	s := &section{ID: "classes", Title: "Classes",
		Intro: fmt.Sprintf("%d test rows: accuracy %s %%, macro F1 %s %%.", c.Total(), percent(c.Accuracy()), percent(c.MacroF1()))}
	t := table{Caption: "Per class, in per cent", Head: []string{"label", "rows", "precision", "recall", "F1"}, Numeric: []bool{false, true, true, true, true}}
	cells := make([][]float64, n)
	for i, name := range r.Test.Labels {
		rows := 0.0
		cells[i] = make([]float64, n)
		for k := range n {
			cells[i][k] = float64(c.Count(i, k))
			rows += cells[i][k]
		}
		t.Rows = append(t.Rows, []string{name, fmt.Sprintf("%.0f", rows), percent(c.Precision(i)), percent(c.Recall(i)), percent(c.F1(i))})
	}
	heat := chart.Heat{
		Words:  chart.Words{Title: "Confusion matrix", Description: "Rows are the actual labels, columns the predicted ones; the darker, the larger a cell's share of its row.", X: "predicted", Y: "actual"},
		Values: cells,
	}
	const readable = 30 // more names than this overlap
	if n <= readable {
		heat.Rows, heat.Columns, heat.Numbers = r.Test.Labels, r.Test.Labels, true
	}
	s.Tables = []table{t}
	return s, s.figure(heat.Title, heat)
}

func calibration(r Report) (*section, error) {
	if r.Test == nil || len(r.Test.Rows) == 0 {
		return nil, nil
	}
	const bins = 15
	c := metric.NewCalibration(bins)
	for _, a := range r.Test.Rows {
		if err := c.Add(a.Probability, a.Actual == a.Predicted); err != nil {
			return nil, fmt.Errorf("report: row %d: %w", a.Row, err)
		}
	}
	s := &section{ID: "calibration", Title: "How sure, how right",
		Intro: fmt.Sprintf("Expected calibration error %s %% in %d bins: the mean distance between the probability of the predicted label and how often it is right.", percent(c.ECE()), bins)}
	t := table{Caption: "By confidence, in per cent", Head: []string{"confidence", "rows", "mean confidence", "accuracy"}, Numeric: []bool{false, true, true, true}}
	var line chart.Series
	line.Name, line.Marks = "model", true
	for _, b := range c.Bins() {
		if b.Count == 0 {
			continue
		}
		line.X, line.Y = append(line.X, b.Confidence), append(line.Y, b.Accuracy)
		t.Rows = append(t.Rows, []string{percent(b.Low) + " – " + percent(b.High), fmt.Sprint(b.Count), percent(b.Confidence), percent(b.Accuracy)})
	}
	s.Tables = []table{t}
	return s, s.figure("Reliability", chart.Lines{
		Words:  chart.Words{Title: "Reliability", Description: "Accuracy by mean confidence; on the dashed line both are equal.", X: "confidence", Y: "accuracy"},
		Series: []chart.Series{line, {Name: "equal", X: []float64{0, 1}, Y: []float64{0, 1}}},
	})
}

func robustness(r Report) (*section, error) {
	if len(r.Robustness) == 0 {
		return nil, nil
	}
	s := &section{ID: "robustness", Title: "Under attack", Intro: "Accuracy when the embeddings of a text are moved by at most ε in the direction that hurts most."}
	t := table{Caption: "Accuracy in per cent", Head: []string{"attack", "ε", "accuracy"}, Numeric: []bool{false, true, true}}
	var lines []chart.Series
	for _, c := range r.Robustness {
		lines = append(lines, chart.Series{Name: c.Name, X: c.Epsilon, Y: c.Accuracy, Marks: true})
		for i := range min(len(c.Epsilon), len(c.Accuracy)) {
			t.Rows = append(t.Rows, []string{c.Name, fmt.Sprintf("%g", c.Epsilon[i]), percent(c.Accuracy[i])})
		}
	}
	s.Tables = []table{t}
	return s, s.figure("Accuracy under attack", chart.Lines{
		Words:  chart.Words{Title: "Accuracy under attack", Description: "Accuracy by the radius of the perturbation, a line for each attack.", X: "ε", Y: "accuracy"},
		Series: lines, FromZero: true,
	})
}

// errorsSection lists the errors that the model was surest of.
func errorsSection(r Report) (*section, error) {
	if r.Test == nil {
		return nil, nil
	}
	var wrong []int
	for i, a := range r.Test.Rows {
		if a.Actual != a.Predicted {
			wrong = append(wrong, i)
		}
	}
	if len(wrong) == 0 {
		return nil, nil
	}
	sortBy(wrong, func(i int) float64 { return -r.Test.Rows[i].Probability })
	const most = 50
	s := &section{ID: "errors", Title: "Worst errors",
		Intro: fmt.Sprintf("%d of %d test rows are wrong; these are the ones that the model was surest of. Some of them may be wrong labels.", len(wrong), len(r.Test.Rows))}
	t := table{Caption: "Surest first", Head: []string{"row", "text", "actual", "predicted", "probability"}, Numeric: []bool{true, false, false, false, true}}
	for _, i := range wrong[:min(most, len(wrong))] {
		a := r.Test.Rows[i]
		t.Rows = append(t.Rows, []string{fmt.Sprint(a.Row), shorten(a.Text), r.Test.Labels[a.Actual], r.Test.Labels[a.Predicted], percent(a.Probability)})
	}
	s.Tables = []table{t}
	return s, nil
}

// shorten keeps long texts from filling the page.
func shorten(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

func cleaning(r Report) (*section, error) {
	if len(r.Cleaning) == 0 {
		return nil, nil
	}
	t := table{Caption: "By step", Head: []string{"step", "rows changed", "rows dropped", "characters removed"}, Numeric: []bool{false, true, true, true}}
	for _, c := range r.Cleaning {
		t.Rows = append(t.Rows, []string{c.Step, fmt.Sprint(c.Changed), fmt.Sprint(c.Dropped), fmt.Sprint(c.Removed)})
	}
	return &section{ID: "cleaning", Title: "Cleaning", Intro: "What each step changed before training.", Tables: []table{t}}, nil
}

func augmented(r Report) (*section, error) {
	if len(r.Augmented) == 0 {
		return nil, nil
	}
	return &section{ID: "augmentation", Title: "Augmentation", Intro: "Samples of what training saw besides the original texts; changes are marked.", Pairs: r.Augmented}, nil
}

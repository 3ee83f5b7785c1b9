package report

import (
	"fmt"
)

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

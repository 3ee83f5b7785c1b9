package report

import "fmt"

// parts sets the figure of unseen rows beside those of all data.
func parts(r Report) (*section, error) {
	if len(r.Parts) == 0 {
		return nil, nil
	}
	s := &section{ID: "parts", Title: "Unseen rows and all rows",
		Intro: "The first row is the figure that counts. Those of rows that training has seen, and of all rows together, say what was learnt by heart, not what new texts get."}
	t := table{Caption: "By part of the data, in per cent but for the loss", Head: []string{"part", "rows", "accuracy", "macro F1", "loss", "what it is"}, Numeric: []bool{false, true, true, true, true, false}}
	for _, p := range r.Parts {
		t.Rows = append(t.Rows, []string{p.Name, fmt.Sprint(p.Rows), percent(p.Accuracy), percent(p.MacroF1), fmt.Sprintf("%.4f", p.Loss), p.Note})
	}
	s.Tables = []table{t}
	return s, nil
}

package report

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/report/chart"
)

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
		s.Intro += fmt.Sprintf(" The hard rows are the quarter (%d) whose true labels got the lowest probabilities from “%s”.", len(r.Hard), r.HardBy)
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

package ablate

import (
	"github.com/ortrain/ortrain/ortrain/report/chart"
)

// SVG draws the accuracy on validation rows: over the sizes, or by recipe where
// there is one size. Bands and bars reach one standard deviation over the seeds.
func (r *Result) SVG() (string, error) {
	words := chart.Words{Title: "Accuracy of recipes", Y: "accuracy", X: "training rows",
		Description: "Mean accuracy on the validation rows of plain training and of each recipe, with a standard deviation over the seeds."}
	var recipes []string
	cells := make(map[string][]Cell)
	for _, c := range r.Cells {
		if cells[c.Recipe] == nil {
			recipes = append(recipes, c.Recipe)
		}
		cells[c.Recipe] = append(cells[c.Recipe], c)
	}
	if len(r.Cells) == len(recipes) {
		words.X = "recipe"
		return r.bars(words)
	}
	lines := chart.Lines{Words: words, LogX: true}
	for _, name := range recipes {
		s := chart.Series{Name: called(name), Marks: true}
		for _, c := range cells[name] {
			s.X, s.Y = append(s.X, float64(c.Size)), append(s.Y, c.Mean)
			s.Low, s.High = append(s.Low, c.Mean-c.SD), append(s.High, c.Mean+c.SD)
		}
		lines.Series = append(lines.Series, s)
	}
	return lines.SVG()
}

func (r *Result) bars(words chart.Words) (string, error) {
	b := chart.Bars{Words: words, Max: 1, Groups: make([]chart.Group, 1)}
	g := &b.Groups[0]
	for _, c := range r.Cells {
		b.Names, g.Values = append(b.Names, called(c.Recipe)), append(g.Values, c.Mean)
		g.Low, g.High = append(g.Low, c.Mean-c.SD), append(g.High, c.Mean+c.SD)
	}
	return b.SVG()
}

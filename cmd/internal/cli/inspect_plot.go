package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/ortrain/ortrain/ortrain/report/chart"
	"github.com/ortrain/ortrain/pipeline/inspect"
)

// The figures of a plot stand below each other, each with its title. Units:
// pixels, those of the charts.
const figureWide, figureTall, figureHead = 460, 260, 28

// mostNames is how many classes have their names below their bars.
const mostNames = 24

// inspectedPlot draws lengths and classes of all sets, as shares of each.
func inspectedPlot(r *inspect.Report) ([]byte, error) {
	figures := []chart.Bars{lengthBars(r, "characters", func(s inspect.SetReport) *inspect.Lengths { return s.Characters })}
	if r.Sets[0].Tokens != nil {
		figures = append(figures, lengthBars(r, "tokens", func(s inspect.SetReport) *inspect.Lengths { return s.Tokens }))
	}
	if len(r.Sets[0].Labels.Classes) > 0 {
		figures = append(figures, classBars(r))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="Helvetica, Arial, sans-serif"><rect width="100%%" height="100%%" fill="#fff"/>`,
		figureWide, len(figures)*(figureTall+figureHead))
	for i, f := range figures {
		for _, g := range f.Groups {
			f.Max = max(f.Max, 1.05*slices.Max(g.Values)) // bars end below the edge
		}
		svg, err := f.SVG()
		if err != nil {
			return nil, err
		}
		top := i * (figureTall + figureHead)
		fmt.Fprintf(&b, "\n"+`<text x="%d" y="%d" text-anchor="middle" font-size="13">%s</text>`, figureWide/2, top+figureHead-8, f.Title)
		fmt.Fprintf(&b, "\n"+`<svg y="%d" width="%d" height="%d">%s</svg>`, top+figureHead, figureWide, figureTall, svg)
	}
	b.WriteString("\n</svg>\n")
	return b.Bytes(), nil
}

// lengthBars draws a histogram.
func lengthBars(r *inspect.Report, unit string, of func(inspect.SetReport) *inspect.Lengths) chart.Bars {
	out := chart.Bars{Words: chart.Words{
		Title: "Length in " + unit, Description: "The share of the rows by the length of their texts, in " + unit + ".",
		X: unit, Y: "% of the rows",
	}}
	for _, bin := range of(r.Sets[0]).Bins {
		name := strconv.Itoa(bin.From)
		if bin.To < 0 {
			name += "+"
		}
		out.Names = append(out.Names, name)
	}
	for _, set := range r.Sets {
		g := chart.Group{Name: set.Name}
		for _, bin := range of(set).Bins {
			g.Values = append(g.Values, 100*float64(bin.Count)/float64(max(set.Rows, 1)))
		}
		out.Groups = append(out.Groups, g)
	}
	return out
}

// classBars draws the classes, those that come most often in the first set
// first. Of very many only the bars are drawn.
func classBars(r *inspect.Report) chart.Bars {
	order := byCount(r.Sets[0].Labels.Classes)
	out := chart.Bars{Words: chart.Words{
		Title: "Classes", Description: "The share of each class, the largest first.",
		X: fmt.Sprintf("%d classes, the largest first", len(order)), Y: "% of what is labelled",
	}}
	for _, i := range order {
		name := ""
		if len(order) <= mostNames {
			name = clip(r.Sets[0].Labels.Classes[i].Name, 16)
		}
		out.Names = append(out.Names, name)
	}
	for _, set := range r.Sets {
		g := chart.Group{Name: set.Name}
		for _, i := range order {
			share := 0.0
			if i < len(set.Labels.Classes) {
				share = set.Labels.Classes[i].Share
			}
			g.Values = append(g.Values, 100*share)
		}
		out.Groups = append(out.Groups, g)
	}
	return out
}

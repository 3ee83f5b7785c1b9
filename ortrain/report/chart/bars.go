package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Bars is a figure of one or more groups of bars over common names.
type Bars struct {
	Words
	// Names stand below the bars, one each.
	Names  []string
	Groups []Group
	// Max, when above 0, is the end of the y axis, such as 1 for shares.
	Max float64
}

// Group is one bar for each name, with an optional interval.
type Group struct {
	Name      string
	Values    []float64
	Low, High []float64
}

// SVG draws the bars.
func (b Bars) SVG() (string, error) {
	if len(b.Names) == 0 || len(b.Groups) == 0 {
		return "", fmt.Errorf("chart: %q has no bars: %w", b.Title, ErrData)
	}
	p := newPlot(b.Words)
	wide := vg.Points(340 / float64(len(b.Names)*len(b.Groups)+len(b.Names)))
	for i, g := range b.Groups {
		if err := b.add(p, i, g, wide); err != nil {
			return "", err
		}
	}
	p.NominalX(b.Names...)
	if len(b.Names) > 6 {
		p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = math.Pi/4, -1, -0.5
	}
	p.X.Min, p.X.Max = -0.5, float64(len(b.Names))-0.5 // the first and last bars are whole
	p.Y.Min = min(p.Y.Min, 0)
	if b.Max > 0 {
		p.Y.Max = b.Max
	}
	widen(p)
	return render(b.Words, 460, 260, p.Draw)
}

func (b Bars) add(p *plot.Plot, i int, g Group, wide vg.Length) error {
	if len(g.Values) != len(b.Names) || g.Low != nil && (len(g.Low) != len(b.Names) || len(g.High) != len(b.Names)) {
		return fmt.Errorf("chart: %q: %q has %d values for %d names: %w", b.Title, g.Name, len(g.Values), len(b.Names), ErrData)
	}
	if !finite(g.Values...) || !finite(g.Low...) || !finite(g.High...) {
		return fmt.Errorf("chart: %q: %q has values that are not finite: %w", b.Title, g.Name, ErrData)
	}
	bars, err := plotter.NewBarChart(plotter.Values(g.Values), wide)
	if err != nil {
		return fmt.Errorf("chart: %q: %w", b.Title, err)
	}
	bars.Color, bars.LineStyle.Width = palette[i%len(palette)], 0
	bars.Offset = wide * vg.Length(float64(i)-float64(len(b.Groups)-1)/2)
	p.Add(bars)
	if g.Name != "" && len(b.Groups) > 1 {
		p.Legend.Add(g.Name, bars)
	}
	if g.Low == nil {
		return nil
	}
	points := intervals{g: g}
	errorBars, err := plotter.NewYErrorBars(points)
	if err != nil {
		return fmt.Errorf("chart: %q: %w", b.Title, err)
	}
	if len(b.Groups) == 1 { // the library cannot shift error bars with their bars
		p.Add(errorBars)
	}
	return nil
}

// intervals gives a group's values to the library's error bars.
type intervals struct{ g Group }

func (v intervals) Len() int                    { return len(v.g.Values) }
func (v intervals) XY(i int) (float64, float64) { return float64(i), v.g.Values[i] }
func (v intervals) YError(i int) (float64, float64) {
	return v.g.Values[i] - v.g.Low[i], v.g.High[i] - v.g.Values[i]
}

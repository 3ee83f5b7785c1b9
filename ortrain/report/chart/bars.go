package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
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
	wide := vg.Points(0.75 * figureWide / float64(len(b.Names)*len(b.Groups)+len(b.Names)))
	var named key
	for i, g := range b.Groups {
		if err := b.add(p, &named, i, g, wide); err != nil {
			return "", err
		}
	}
	p.NominalX(b.broken()...)
	if len(b.Names) > mostUpright {
		p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = math.Pi/4, -1, -0.5
	}
	p.X.Min, p.X.Max = -0.5, float64(len(b.Names))-0.5 // the first and last bars are whole
	p.Y.Min = min(p.Y.Min, 0)
	if b.Max > 0 {
		p.Y.Max = b.Max
	}
	widen(p)
	return render(b.Words, figureWide, figureHigh, named.over(p))
}

// mostUpright names stand below the bars as they are; more are turned.
const mostUpright = 6

// broken are the names with a line for each word, so that they stand beside each
// other.
func (b Bars) broken() []string {
	if len(b.Names) > mostUpright {
		return b.Names
	}
	var out []string
	for _, name := range b.Names {
		out = append(out, strings.ReplaceAll(name, " ", "\n"))
	}
	return out
}

func (b Bars) add(p *plot.Plot, named *key, i int, g Group, wide vg.Length) error {
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
	if g.Name != "" {
		*named = append(*named, keyEntry{g.Name, bars})
	}
	if g.Low == nil {
		return nil
	}
	p.Add(whiskers{g, bars.Offset})
	return nil
}

// whiskers draws intervals in the middle of bars, which the library's own error
// bars miss where bars stand side by side.
type whiskers struct {
	group  Group
	offset vg.Length
}

// Plot implements plot.Plotter.
func (w whiskers) Plot(c draw.Canvas, p *plot.Plot) {
	const half = 4 // of the strokes at the ends
	x, y := p.Transforms(&c)
	line := draw.LineStyle{Color: color.Black, Width: 1.2}
	for i := range w.group.Values {
		at, low, high := x(float64(i))+w.offset, y(w.group.Low[i]), y(w.group.High[i])
		c.StrokeLine2(line, at, low, at, high)
		c.StrokeLine2(line, at-half, low, at+half, low)
		c.StrokeLine2(line, at-half, high, at+half, high)
	}
}

// DataRange implements plot.DataRanger.
func (w whiskers) DataRange() (left, right, low, high float64) {
	return 0, float64(len(w.group.Values) - 1), slices.Min(w.group.Low), slices.Max(w.group.High)
}

package chart

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Series is one line: points in the order of X, with an optional band between
// Low and High.
type Series struct {
	Name      string
	X, Y      []float64
	Low, High []float64
	// Marks draws the points as well, for few of them.
	Marks bool
}

// Lines is a figure of curves over a common axis.
type Lines struct {
	Words
	Series []Series
	// LogX and LogY draw an axis logarithmically; its values must be positive.
	LogX, LogY bool
	// FromZero begins the y axis at zero.
	FromZero bool
}

// SVG draws the curves. Points that are not finite are left out.
func (l Lines) SVG() (string, error) {
	p := newPlot(l.Words)
	if l.LogX {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plain{plot.LogTicks{Prec: -1}}
	}
	if l.LogY {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plain{plot.LogTicks{Prec: -1}}
	}
	drawn, named := 0, key(nil)
	for i, s := range l.Series {
		n, err := l.add(p, &named, i, s)
		if err != nil {
			return "", err
		}
		drawn += n
	}
	if drawn == 0 {
		return "", fmt.Errorf("chart: %q has no points: %w", l.Title, ErrData)
	}
	if l.FromZero {
		p.Y.Min = min(p.Y.Min, 0)
	}
	widen(p)
	if !l.LogY {
		p.Y.Max += (p.Y.Max - p.Y.Min) / 25 // so that no curve runs along the edge
	}
	return render(l.Words, figureWide, figureHigh, named.over(p))
}

// add draws a series, and returns how many of its points can be shown.
func (l Lines) add(p *plot.Plot, named *key, i int, s Series) (points int, err error) {
	if len(s.X) != len(s.Y) || s.Low != nil && (len(s.Low) != len(s.Y) || len(s.High) != len(s.Y)) {
		return 0, fmt.Errorf("chart: %q: %q has %d x for %d y: %w", l.Title, s.Name, len(s.X), len(s.Y), ErrData)
	}
	line, outline := l.points(s)
	if len(line) == 0 {
		return 0, nil
	}
	if len(outline) > 2 {
		if err := band(p, i, outline); err != nil {
			return 0, fmt.Errorf("chart: %q: %w", l.Title, err)
		}
	}
	curve, err := plotter.NewLine(line)
	if err != nil {
		return 0, fmt.Errorf("chart: %q: %w", l.Title, err)
	}
	curve.LineStyle = style(i)
	p.Add(curve)
	if s.Marks || len(line) == 1 {
		if err := mark(p, i, line); err != nil {
			return 0, err
		}
	}
	if s.Name != "" {
		*named = append(*named, keyEntry{s.Name, curve})
	}
	return len(line), nil
}

// points returns what of a series can be shown: its line, and the outline of the
// band around it, along the lower edge and back along the upper one.
func (l Lines) points(s Series) (line, outline plotter.XYs) {
	var high plotter.XYs
	for k, x := range s.X {
		if !finite(x, s.Y[k]) || l.LogX && x <= 0 || l.LogY && s.Y[k] <= 0 {
			continue
		}
		line = append(line, plotter.XY{X: x, Y: s.Y[k]})
		if s.Low != nil && finite(s.Low[k], s.High[k]) {
			outline = append(outline, plotter.XY{X: x, Y: s.Low[k]})
			high = append(high, plotter.XY{X: x, Y: s.High[k]})
		}
	}
	slices.Reverse(high)
	return line, append(outline, high...)
}

// band fills an outline with the colour of series i, so that curves show through.
func band(p *plot.Plot, i int, outline plotter.XYs) error {
	area, err := plotter.NewPolygon(outline)
	if err != nil {
		return err
	}
	r, g, b, _ := palette[i%len(palette)].RGBA()
	area.Color, area.LineStyle.Width = color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 0x33}, 0
	p.Add(area)
	return nil
}

func mark(p *plot.Plot, i int, points plotter.XYs) error {
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	dots.GlyphStyle = draw.GlyphStyle{Color: palette[i%len(palette)], Radius: vg.Points(2.5), Shape: draw.CircleGlyph{}}
	p.Add(dots)
	return nil
}

// widen gives axes of one value an extent, which scales need.
func widen(p *plot.Plot) {
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		if axis.Min == axis.Max {
			if axis.Min > 0 {
				axis.Min, axis.Max = axis.Min*0.9, axis.Max*1.1
			} else {
				axis.Min, axis.Max = axis.Min-1, axis.Max+1
			}
		}
	}
}

package chart

import (
	"fmt"
	"image/color"
	"math"
	"unicode/utf8"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Heat is a figure of a table whose cells are coloured by their share of the
// row, such as a confusion matrix. It grows with the number of cells, so that
// names and numbers can be read: a page should let it scroll.
type Heat struct {
	Words
	// Rows and Columns are the names; without names only colours are drawn.
	Rows, Columns []string
	Values        [][]float64
	// Numbers writes the values that are not 0 into the cells.
	Numbers bool
}

// Sizes of a Heat. Units: points.
const (
	heatSide  = 380 // the cells together take at least this
	heatCell  = 15  // and one of many cells this
	heatNone  = 20  // beside cells without names
	letter    = 5.6 // a letter of a name, on average
	mostShown = 24  // letters of a name
)

// SVG draws the table.
func (h Heat) SVG() (string, error) {
	if err := h.check(); err != nil {
		return "", err
	}
	side := vg.Length(max(heatSide, heatCell*len(h.Values), heatCell*len(h.Values[0])))
	left, top := nameSpace(h.Rows), nameSpace(h.Columns)
	return render(h.Words, left+side, top+side, func(c draw.Canvas) { h.paint(c, left, top) })
}

func (h Heat) check() error {
	if len(h.Values) == 0 || len(h.Values[0]) == 0 {
		return fmt.Errorf("chart: %q has no cells: %w", h.Title, ErrData)
	}
	rows, columns := len(h.Values), len(h.Values[0])
	for _, row := range h.Values {
		if len(row) != columns || !finite(row...) {
			return fmt.Errorf("chart: %q: rows of %d and %d cells, or values that are not finite: %w", h.Title, columns, len(row), ErrData)
		}
	}
	if len(h.Rows) != 0 && len(h.Rows) != rows || len(h.Columns) != 0 && len(h.Columns) != columns {
		return fmt.Errorf("chart: %q: %d and %d names for %d rows and %d columns: %w", h.Title, len(h.Rows), len(h.Columns), rows, columns, ErrData)
	}
	return nil
}

// nameSpace is the room that names need.
func nameSpace(names []string) vg.Length {
	longest := 0
	for _, name := range names {
		longest = max(longest, utf8.RuneCountInString(cut(name)))
	}
	if longest == 0 {
		return heatNone
	}
	return vg.Length(max(60, 12+letter*float64(longest)))
}

func (h Heat) paint(c draw.Canvas, left, top vg.Length) {
	p := newPlot(h.Words)
	text := p.X.Tick.Label
	wide := (c.Max.X - c.Min.X - left) / vg.Length(len(h.Values[0]))
	high := (c.Max.Y - c.Min.Y - top) / vg.Length(len(h.Values))
	text.Font.Size = min(10, max(4, high*0.7))
	for r, row := range h.Values {
		sum := 0.0
		for _, v := range row {
			sum += v
		}
		y := c.Max.Y - top - vg.Length(r+1)*high
		for k, v := range row {
			if v == 0 {
				continue
			}
			x := c.Min.X + left + vg.Length(k)*wide
			c.FillPolygon(shade(v/max(sum, v)), []vg.Point{{X: x, Y: y}, {X: x + wide, Y: y}, {X: x + wide, Y: y + high}, {X: x, Y: y + high}})
			if h.Numbers {
				number := text
				number.XAlign, number.YAlign = draw.XCenter, draw.YCenter
				c.FillText(number, vg.Point{X: x + wide/2, Y: y + high/2}, fmt.Sprintf("%g", v))
			}
		}
		if len(h.Rows) > 0 {
			name := text
			name.XAlign, name.YAlign = draw.XRight, draw.YCenter
			c.FillText(name, vg.Point{X: c.Min.X + left - 4, Y: y + high/2}, cut(h.Rows[r]))
		}
	}
	h.grid(c, left, top, wide, high)
	h.heads(c, text, left, top, wide)
}

// grid draws faint lines between the cells.
func (h Heat) grid(c draw.Canvas, left, top, wide, high vg.Length) {
	const faint = 0x30
	line := draw.LineStyle{Color: color.NRGBA{A: faint}, Width: 0.5}
	for r := range len(h.Values) + 1 {
		y := c.Max.Y - top - vg.Length(r)*high
		c.StrokeLine2(line, c.Min.X+left, y, c.Max.X, y)
	}
	for k := range len(h.Values[0]) + 1 {
		x := c.Min.X + left + vg.Length(k)*wide
		c.StrokeLine2(line, x, c.Min.Y, x, c.Max.Y-top)
	}
}

// heads writes the names of the columns and of the axes.
func (h Heat) heads(c draw.Canvas, text draw.TextStyle, left, top, wide vg.Length) {
	for k, name := range h.Columns {
		head := text
		head.Rotation, head.XAlign, head.YAlign = math.Pi/2, draw.XLeft, draw.YCenter
		c.FillText(head, vg.Point{X: c.Min.X + left + (vg.Length(k)+0.5)*wide, Y: c.Max.Y - top + 4}, cut(name))
	}
	axis := text
	axis.Font.Size, axis.XAlign, axis.YAlign = 11, draw.XLeft, draw.YTop
	c.FillText(axis, vg.Point{X: c.Min.X + 2, Y: c.Max.Y - 2}, h.Y+" ↓  "+h.X+" →")
}

// fullest is how opaque a cell with all of its row is: the number in it has
// enough contrast with it on light and on dark pages.
const fullest = 0.8

// shade goes from a transparent to a strong blue, so that it suits light and
// dark pages.
func shade(share float64) color.Color {
	return color.NRGBA{0x00, 0x72, 0xb2, uint8(255 * fullest * min(max(share, 0), 1))}
}

// cut shortens names that would run over the figure.
func cut(name string) string {
	if runes := []rune(name); len(runes) > mostShown {
		return string(runes[:mostShown-1]) + "…"
	}
	return name
}

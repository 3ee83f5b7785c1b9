package chart

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Heat is a figure of a table whose cells are coloured by their share of the
// row, such as a confusion matrix.
type Heat struct {
	Words
	// Rows and Columns are the names; without names, which suits many rows, only
	// colours are drawn.
	Rows, Columns []string
	Values        [][]float64
	// Numbers writes the values into the cells.
	Numbers bool
}

// SVG draws the table.
func (h Heat) SVG() (string, error) {
	if len(h.Values) == 0 || len(h.Values[0]) == 0 {
		return "", fmt.Errorf("chart: %q has no cells: %w", h.Title, ErrData)
	}
	rows, columns := len(h.Values), len(h.Values[0])
	for _, row := range h.Values {
		if len(row) != columns || !finite(row...) {
			return "", fmt.Errorf("chart: %q: rows of %d and %d cells, or values that are not finite: %w", h.Title, columns, len(row), ErrData)
		}
	}
	if len(h.Rows) != 0 && len(h.Rows) != rows || len(h.Columns) != 0 && len(h.Columns) != columns {
		return "", fmt.Errorf("chart: %q: %d and %d names for %d rows and %d columns: %w", h.Title, len(h.Rows), len(h.Columns), rows, columns, ErrData)
	}
	const side, labels = 380, 96
	left, top := vg.Points(20), vg.Points(20)
	if len(h.Rows) > 0 {
		left, top = labels, labels
	}
	return render(h.Words, left+side, top+side, func(c draw.Canvas) { h.paint(c, left, top) })
}

func (h Heat) paint(c draw.Canvas, left, top vg.Length) {
	p := newPlot(h.Words)
	text := p.X.Tick.Label
	wide := (c.Max.X - c.Min.X - left) / vg.Length(len(h.Values[0]))
	high := (c.Max.Y - c.Min.Y - top) / vg.Length(len(h.Values))
	text.Font.Size = min(10, max(4, high*0.8))
	for r, row := range h.Values {
		sum := 0.0
		for _, v := range row {
			sum += v
		}
		y := c.Max.Y - top - vg.Length(r+1)*high
		for k, v := range row {
			share := 0.0
			if sum > 0 {
				share = v / sum
			}
			x := c.Min.X + left + vg.Length(k)*wide
			c.FillPolygon(shade(share), []vg.Point{{X: x, Y: y}, {X: x + wide, Y: y}, {X: x + wide, Y: y + high}, {X: x, Y: y + high}})
			if h.Numbers && v != 0 {
				number := text
				number.XAlign, number.YAlign = draw.XCenter, draw.YCenter
				number.Color = color.Black
				if share > 0.55 {
					number.Color = color.White
				}
				c.FillText(number, vg.Point{X: x + wide/2, Y: y + high/2}, fmt.Sprintf("%g", v))
			}
		}
		if len(h.Rows) > 0 {
			name := text
			name.XAlign, name.YAlign = draw.XRight, draw.YCenter
			c.FillText(name, vg.Point{X: c.Min.X + left - 4, Y: y + high/2}, cut(h.Rows[r]))
		}
	}
	h.heads(c, text, left, top, wide)
}

// heads writes the names of the columns and of the axes.
func (h Heat) heads(c draw.Canvas, text draw.TextStyle, left, top, wide vg.Length) {
	for k, name := range h.Columns {
		head := text
		head.Rotation, head.XAlign, head.YAlign = 1, draw.XLeft, draw.YCenter
		c.FillText(head, vg.Point{X: c.Min.X + left + (vg.Length(k)+0.5)*wide, Y: c.Max.Y - top + 4}, cut(name))
	}
	axis := text
	axis.Font.Size, axis.XAlign, axis.YAlign = 11, draw.XLeft, draw.YTop
	c.FillText(axis, vg.Point{X: c.Min.X + 2, Y: c.Max.Y - 2}, h.Y+" ↓  "+h.X+" →")
}

// shade goes from a transparent to a full blue, so that it suits light and
// dark pages.
func shade(share float64) color.Color {
	return color.NRGBA{0x00, 0x72, 0xb2, uint8(255 * min(max(share, 0), 1))}
}

// cut shortens names that would run over the figure.
func cut(name string) string {
	const most = 18
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return name
}

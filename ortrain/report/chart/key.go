package chart

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// key says what colours and dashes mean. It stands in rows of its own above the
// plot, where no curve runs.
type key []keyEntry

type keyEntry struct {
	name  string
	thumb plot.Thumbnailer
}

// Sizes of a key. Units: points.
const (
	keyRow   = 15
	keyThumb = 22 // of the piece of line or bar
	keyGap   = 5  // between it and the name
	keySpace = 16 // between entries
	keyBelow = 4  // between the key and the plot
)

// place is where an entry stands: its row from the top, and its left end.
type place struct {
	row  int
	left vg.Length
}

// layout breaks the entries into rows.
func (k key) layout(style text.Style, width vg.Length) (places []place, rows int) {
	var at place
	for _, e := range k {
		wide := keyThumb + keyGap + style.Width(e.name)
		if at.left > 0 && at.left+wide > width {
			at = place{row: at.row + 1}
		}
		places = append(places, at)
		at.left += wide + keySpace
	}
	if len(places) == 0 {
		return nil, 0
	}
	return places, at.row + 1
}

// over draws a plot with its key above it. A single entry needs none: the title
// says what it is.
func (k key) over(p *plot.Plot) func(draw.Canvas) {
	return func(c draw.Canvas) {
		if len(k) < 2 {
			p.Draw(c)
			return
		}
		style := p.X.Tick.Label
		style.XAlign, style.YAlign = draw.XLeft, draw.YCenter
		places, rows := k.layout(style, c.Max.X-c.Min.X)
		p.Draw(draw.Crop(c, 0, 0, 0, -vg.Length(rows)*keyRow-keyBelow))
		for i, e := range k {
			left, middle := c.Min.X+places[i].left, c.Max.Y-(vg.Length(places[i].row)+0.5)*keyRow
			sample := c
			sample.Min, sample.Max = vg.Point{X: left, Y: middle - 4}, vg.Point{X: left + keyThumb, Y: middle + 4}
			e.thumb.Thumbnail(&sample)
			c.FillText(style, vg.Point{X: left + keyThumb + keyGap, Y: middle}, e.name)
		}
	}
}

// Package chart draws the figures of reports as SVG.
//
// Nouns: a Lines, Bars or Heat is the data of one figure with its words; SVG
// turns it into an element that stands in an HTML page as it is. Path: fill a
// value → SVG → the page.
//
// The drawings are made for both light and dark pages: black is currentColor,
// the colours of series are the custom properties --series-1 to --series-6 of
// the page (with a colour of their own where it has none), and the background is
// left out. Each has a role, a title and a description, so that a screen reader
// can tell what it shows; the numbers themselves belong into a table beside it.
//
// Errors wrap ErrData: sizes that do not fit, nothing to draw. Everything is a
// pure function. The package draws by gonum.org/v1/plot and knows nothing of
// reports.
package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"math"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// ErrData is wrapped by errors about data that cannot be drawn.
var ErrData = errors.New("cannot be drawn")

// Words are what a figure says beside its data.
type Words struct {
	// Title names the figure, Description says in a sentence what it shows.
	Title, Description string
	// X and Y name the axes.
	X, Y string
}

// palette is Okabe and Ito's, told apart by people with any colour vision.
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff},
	color.RGBA{0xcc, 0x79, 0xa7, 0xff}, color.RGBA{0xe6, 0x9f, 0x00, 0xff}, color.RGBA{0x56, 0xb4, 0xe9, 0xff},
}

// dashes tell lines apart without colours.
var dashes = [][]vg.Length{nil, {6, 3}, {2, 2}, {8, 3, 2, 3}, {1, 3}, {10, 4}}

func style(i int) draw.LineStyle {
	return draw.LineStyle{Color: palette[i%len(palette)], Width: 1.6, Dashes: dashes[i%len(dashes)]}
}

func newPlot(w Words) *plot.Plot {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = w.X, w.Y
	p.BackgroundColor = nil
	p.X.Padding, p.Y.Padding = 4, 4
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font.Size, axis.Tick.Label.Font.Size = 11, 10
		axis.Label.TextStyle.Font.Variant, axis.Tick.Label.Font.Variant = sans, sans
		axis.Tick.Marker = round{}
	}
	return p
}

// sans is the typeface whose measures the layout uses; pages should show one of
// its width.
const sans = "Sans"

// Size of a figure with axes. It is about as wide as a phone, so that its letters
// can be read there. Units: points.
const figureWide, figureHigh = 345, 215

// pixels is how many CSS pixels a point takes where a page leaves a figure its
// own size.
const pixels = 4.0 / 3

// themed puts the page's colours for those of the palette.
var themed = newThemed()

func newThemed() *strings.Replacer {
	var pairs []string
	for i, c := range palette {
		r, g, b, a := c.RGBA()
		scale := 255 / float64(a) // as the drawing library rounds
		name := fmt.Sprintf("#%02X%02X%02X", int(float64(r)*scale), int(float64(g)*scale), int(float64(b)*scale))
		for _, kind := range []string{"fill:", "stroke:"} {
			pairs = append(pairs, kind+name, fmt.Sprintf("%svar(--series-%d,%s)", kind, i+1, name))
		}
	}
	return strings.NewReplacer(pairs...)
}

var (
	prolog = regexp.MustCompile(`(?s)^.*?<svg[^>]*>`)
	black  = regexp.MustCompile(`(fill|stroke):#000000`)
	family = regexp.MustCompile(`font-family:[^;"]*;?`)
)

// render draws a plot and makes the result fit into a page.
func render(w Words, width, height vg.Length, paint func(draw.Canvas)) (svg string, err error) {
	defer func() {
		// The drawing library panics on what it cannot lay out.
		if cause := recover(); cause != nil {
			err = fmt.Errorf("chart: %q: %v: %w", w.Title, cause, ErrData)
		}
	}()
	c := vgsvg.New(width, height)
	paint(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", fmt.Errorf("chart: %q: %w", w.Title, err)
	}
	body := prolog.ReplaceAllString(b.String(), "")
	body = black.ReplaceAllString(body, "${1}:currentColor")
	body = themed.Replace(body)
	body = family.ReplaceAllString(body, "")
	head := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%.0f" height="%.0f" role="img" aria-label="%s" class="chart" fill="currentColor"><title>%s</title><desc>%s</desc>`,
		width.Points(), height.Points(), width.Points()*pixels, height.Points()*pixels, escape(w.Title), escape(w.Title), escape(w.Description))
	return head + strings.TrimSpace(body), nil
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

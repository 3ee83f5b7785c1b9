package cli

import (
	"bytes"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/adversary"
)

// The frame of the plot, in pixels.
const (
	plotWidth, plotHeight        = 640, 400
	plotLeft, plotRight          = 56, 120
	plotTop, plotBottom          = 24, 48
	plotInnerWide, plotInnerTall = plotWidth - plotLeft - plotRight, plotHeight - plotTop - plotBottom
)

// curve is one line of the plot: the share of examples that are right at each
// radius.
type curve struct {
	name, colour string
	of           func(t adversary.Tally) int
}

// attackPlot draws accuracy over the radius as an SVG. Radii are spaced evenly,
// since they usually grow by factors; radius 0 is the model by itself.
func attackPlot(tallies []adversary.Tally, transfer bool) []byte {
	curves := []curve{
		{"FGSM", "#0072b2", func(t adversary.Tally) int { return t.FGSM }},
		{"PGD", "#d55e00", func(t adversary.Tally) int { return t.PGD }},
		{"worst", "#000000", func(t adversary.Tally) int { return t.Worst }},
	}
	if transfer {
		curves = append(curves, curve{"transfer", "#009e73", func(t adversary.Tally) int { return t.Transfer }})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintln(&b, `<title>Accuracy under attack</title><rect width="100%" height="100%" fill="#fff"/>`)
	x := func(i int) float64 { return plotLeft + plotInnerWide*float64(i)/float64(max(len(tallies), 1)) }
	y := func(share float64) float64 { return plotTop + plotInnerTall*(1-share) }
	plotAxes(&b, tallies, x, y)
	for k, c := range curves {
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, c.colour)
		for i := range len(tallies) + 1 {
			t := tallies[max(i-1, 0)]
			right := t.Clean
			if i > 0 {
				right = c.of(t)
			}
			fmt.Fprintf(&b, "%.1f,%.1f ", x(i), y(accuracy(right, t.Examples)))
		}
		at := plotTop + 20*k
		fmt.Fprintf(&b, `"/>`+"\n"+`<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-width="2"/><text x="%d" y="%d">%s</text>`+"\n",
			plotWidth-plotRight+16, at, plotWidth-plotRight+36, at, c.colour, plotWidth-plotRight+42, at+4, c.name)
	}
	fmt.Fprintln(&b, "</svg>")
	return b.Bytes()
}

// plotAxes draws the grid with its numbers.
func plotAxes(b *bytes.Buffer, tallies []adversary.Tally, x func(int) float64, y func(float64) float64) {
	for _, share := range []float64{0, 0.25, 0.5, 0.75, 1} {
		fmt.Fprintf(b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n",
			plotLeft, y(share), plotLeft+plotInnerWide, y(share), plotLeft-8, y(share)+4, share)
	}
	for i := range len(tallies) + 1 {
		radius := 0.0
		if i > 0 {
			radius = tallies[i-1].Epsilon
		}
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n", x(i), plotTop+plotInnerTall+18, radius)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">radius of the perturbation</text>`+"\n", plotLeft+plotInnerWide/2, plotHeight-10)
	fmt.Fprintf(b, `<text x="14" y="%d" text-anchor="middle" transform="rotate(-90 14 %d)">accuracy</text>`+"\n", plotTop+plotInnerTall/2, plotTop+plotInnerTall/2)
}

package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
)

// plain writes the labels of a ticker with an ASCII minus and without noise
// digits.
type plain struct{ plot.Ticker }

// Ticks implements plot.Ticker.
func (t plain) Ticks(low, high float64) []plot.Tick {
	ticks := t.Ticker.Ticks(low, high)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = fmt.Sprintf("%.6g", ticks[i].Value)
		}
	}
	return ticks
}

// round has ticks at multiples of 1, 2 or 5 times a power of ten.
type round struct{}

// mostTicks of an axis are drawn.
const mostTicks = 6

// Ticks implements plot.Ticker.
func (round) Ticks(low, high float64) []plot.Tick {
	step := roundStep(high - low)
	first, last := math.Ceil(low/step-1e-9), math.Floor(high/step+1e-9)
	if math.IsInf(step, 0) || !(last > first) || last-first > mostTicks { // what floating point cannot count
		return []plot.Tick{{Value: low, Label: fmt.Sprintf("%.6g", low)}, {Value: high, Label: fmt.Sprintf("%.6g", high)}}
	}
	var ticks []plot.Tick
	for k := first; k <= last; k++ {
		ticks = append(ticks, plot.Tick{Value: min(max(k*step, low), high), Label: fmt.Sprintf("%.6g", k*step+0)})
	}
	return ticks
}

// roundStep is the smallest round step with few enough ticks over a range.
func roundStep(extent float64) float64 {
	least := extent / (mostTicks - 1)
	unit := math.Pow(10, math.Floor(math.Log10(least)))
	for _, times := range []float64{1, 2, 5} {
		if times*unit >= least*(1-1e-9) {
			return times * unit
		}
	}
	return 10 * unit
}

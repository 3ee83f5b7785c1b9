package chart

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// Ticks are round, in order, within the axis, and few.
func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0, 1, "0 0.2 0.4 0.6 0.8 1"},
		{0.9, 0.91, "0.9 0.902 0.904 0.906 0.908 0.91"},
		{1e-6, 3e-4, "0.0001 0.0002 0.0003"},
		{-3, 214, "0 50 100 150 200"},
		{0, 4.2, "0 1 2 3 4"},
	} {
		var got []string
		for _, tick := range (round{}).Ticks(c.low, c.high) {
			got = append(got, tick.Label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%g to %g: %v; %s is expected", c.low, c.high, got, c.want)
		}
	}
	for _, c := range [][2]float64{{1e300, 1.1e300}, {-1e308, 1e308}, {1, math.Nextafter(1, 2)}, {1e15, 1e15 + 1}, {0, 5e-324}} {
		ticks := round{}.Ticks(c[0], c[1])
		if len(ticks) < 2 || len(ticks) > mostTicks+1 {
			t.Errorf("%v: %d ticks", c, len(ticks))
		}
		for i, tick := range ticks {
			if tick.Value < c[0] || tick.Value > c[1] || i > 0 && tick.Value < ticks[i-1].Value {
				t.Errorf("%v: tick %d is %g", c, i, tick.Value)
			}
		}
	}
}

// The entries of a key stand beside each other as long as there is room, and
// never run into each other or over the edge.
func TestKeyLayout(t *testing.T) {
	const width = 300
	var k key
	for i := range 7 {
		k = append(k, keyEntry{name: strings.Repeat("name ", i%3+1) + fmt.Sprint(i)})
	}
	style := newPlot(Words{}).X.Tick.Label
	places, rows := k.layout(style, width)
	if rows < 2 || rows > len(k)-1 {
		t.Errorf("%d rows for %d entries", rows, len(k))
	}
	var end place
	for i, at := range places {
		if at.row == end.row && at.left < end.left || at.row < end.row || at.row >= rows {
			t.Errorf("entry %d stands at %v; the one before ends at %v", i, at, end)
		}
		end = place{at.row, at.left + keyThumb + keyGap + style.Width(k[i].name)}
		if end.left > vg.Length(width) {
			t.Errorf("entry %d ends at %v; the figure at %d", i, end.left, width)
		}
	}
	if _, rows := key(nil).layout(style, width); rows != 0 {
		t.Errorf("%d rows for nothing", rows)
	}
}

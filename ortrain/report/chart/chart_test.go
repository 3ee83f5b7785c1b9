package chart_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/report/chart"
)

var words = chart.Words{Title: `Loss & "more"`, Description: "Falls <quickly>", X: "step", Y: "loss"}

func lines() chart.Lines {
	return chart.Lines{Words: words, Series: []chart.Series{
		{Name: "train", X: []float64{1, 2, 3}, Y: []float64{3, 2, 1}, Low: []float64{2.5, 1.5, 0.5}, High: []float64{3.5, 2.5, 1.5}},
		{Name: "validation", X: []float64{1, 3}, Y: []float64{2.5, math.NaN()}, Marks: true},
	}}
}

func bars() chart.Bars {
	return chart.Bars{Words: words, Names: []string{"plain", "full"}, Max: 1, Groups: []chart.Group{
		{Values: []float64{.8, .9}, Low: []float64{.7, .85}, High: []float64{.85, .95}},
	}}
}

func heat() chart.Heat {
	return chart.Heat{Words: words, Rows: []string{"yes", "a name that is much too long"}, Columns: []string{"yes", "no"},
		Values: [][]float64{{9, 1}, {0, 5}}, Numbers: true}
}

type figure interface{ SVG() (string, error) }

// Every figure is well-formed, names itself to a screen reader, takes colour
// and background from the page, and does not change from run to run.
func TestFigures(t *testing.T) {
	dir := os.Getenv("ORTRAIN_CHARTS") // a folder to look at them in
	for name, f := range map[string]figure{"lines": lines(), "bars": bars(), "heat": heat()} {
		svg, err := f.SVG()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if again, _ := f.SVG(); again != svg {
			t.Errorf("%s: drawn differently the second time", name)
		}
		for _, want := range []string{`role="img"`, "<title>Loss &amp; &#34;more&#34;</title>", "<desc>Falls &lt;quickly&gt;</desc>", "currentColor"} {
			if !strings.Contains(svg, want) {
				t.Errorf("%s: no %s", name, want)
			}
		}
		for _, bad := range []string{"#000000", "NaN", "Inf", "<?xml"} {
			if strings.Contains(svg, bad) {
				t.Errorf("%s: has %s", name, bad)
			}
		}
		d := xml.NewDecoder(strings.NewReader(svg))
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
		if dir != "" {
			if err := os.WriteFile(dir+"/"+name+".svg", []byte(svg), 0o644); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestWhatCannotBeDrawn(t *testing.T) {
	ragged := lines()
	ragged.Series[0].Y = ragged.Series[0].Y[1:]
	empty := lines()
	empty.Series = nil
	nan := bars()
	nan.Groups[0].Values[0] = math.NaN()
	few := bars()
	few.Names = few.Names[:1]
	uneven := heat()
	uneven.Values[1] = uneven.Values[1][:1]
	unnamed := heat()
	unnamed.Rows = unnamed.Rows[:1]
	for name, f := range map[string]figure{
		"ragged": ragged, "empty": empty, "nan": nan, "few": few, "uneven": uneven, "unnamed": unnamed,
		"no bars": chart.Bars{Words: words}, "no cells": chart.Heat{Words: words},
	} {
		if _, err := f.SVG(); !errors.Is(err, chart.ErrData) {
			t.Errorf("%s: got %v, want ErrData", name, err)
		}
	}
}

// Values that scales choke on are drawn or refused, never a panic.
func TestOddValues(t *testing.T) {
	for _, l := range []chart.Lines{
		{Words: words, Series: []chart.Series{{X: []float64{5}, Y: []float64{0}}}},
		{Words: words, LogX: true, LogY: true, Series: []chart.Series{{X: []float64{0, .1, 10}, Y: []float64{1, 1e-9, 1e9}}}},
		{Words: words, FromZero: true, Series: []chart.Series{{X: []float64{-1, 1}, Y: []float64{1e300, -1e300}}}},
		{Words: chart.Words{}, Series: []chart.Series{{Name: "中文", X: []float64{1, 2}, Y: []float64{3, 3}}}},
	} {
		if _, err := l.SVG(); err != nil {
			t.Errorf("%+v: %v", l, err)
		}
	}
}

func Example() {
	svg, err := chart.Lines{
		Words:  chart.Words{Title: "Loss", Description: "Training loss by step.", X: "step", Y: "loss"},
		Series: []chart.Series{{Name: "train", X: []float64{1, 2, 3}, Y: []float64{3, 2, 1.5}}},
	}.SVG()
	fmt.Println(strings.HasPrefix(svg, "<svg"), strings.HasSuffix(svg, "</svg>"), err)
	// Output: true true <nil>
}

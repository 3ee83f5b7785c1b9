package report

import (
	"math"
	"strings"

	"github.com/ortrain/ortrain/ortrain/report/chart"
)

// curvePlan is what is drawn of the log.
var curvePlan = []struct {
	title, unit string
	series      []string
}{
	{"Loss", "loss", []string{"loss", "eval_loss"}},
	{"Evaluation", "", []string{"eval_accuracy", "eval_f1_macro"}},
	{"Learning rate", "", []string{"learning_rate"}},
	{"Gradient norm", "‖g‖", []string{"grad_norm"}},
	{"Speed", "examples/s", []string{"examples_per_s"}},
	{"Padding and data wait", "share", []string{"padding", "data_wait"}},
	{"Memory", "RSS, MB", []string{"rss_bytes"}},
}

func curves(r Report) (*section, error) {
	if len(r.Log) == 0 {
		return nil, nil
	}
	s := &section{ID: "curves", Title: "Training", Intro: "By optimizer step."}
	for _, plan := range curvePlan {
		var lines []chart.Series
		for _, name := range plan.series {
			if one := seriesOf(r.Log, name); len(one.X) > 0 {
				lines = append(lines, one)
			}
		}
		if len(lines) == 0 {
			continue
		}
		err := s.figure(plan.title, chart.Lines{
			Words:  chart.Words{Title: plan.title, Description: plan.title + " by optimizer step.", X: "step", Y: plan.unit},
			Series: lines, FromZero: plan.title != "Evaluation",
		})
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// mostPoints of a curve are drawn.
const mostPoints = 600

func seriesOf(log []Logged, name string) chart.Series {
	out := chart.Series{Name: name, Marks: strings.HasPrefix(name, "eval_")}
	for _, l := range log {
		v, ok := l.Values[name]
		if !ok || math.IsNaN(v) {
			continue
		}
		if name == "rss_bytes" {
			v /= 1 << 20
		}
		out.X, out.Y = append(out.X, float64(l.Step)), append(out.Y, v)
	}
	return thin(out)
}

// thin keeps the least and the largest point of each stretch of a long curve, so
// that no peak is lost.
func thin(s chart.Series) chart.Series {
	const stretches = mostPoints / 2
	n := len(s.X)
	if n <= mostPoints {
		return s
	}
	out := chart.Series{Name: s.Name, Marks: s.Marks}
	for k := range stretches {
		from, to := k*n/stretches, (k+1)*n/stretches
		low, high := from, from
		for i := from; i < to; i++ {
			if s.Y[i] < s.Y[low] {
				low = i
			}
			if s.Y[i] > s.Y[high] {
				high = i
			}
		}
		for _, i := range []int{min(low, high), max(low, high)} {
			out.X, out.Y = append(out.X, s.X[i]), append(out.Y, s.Y[i])
		}
	}
	return out
}

package report

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/metric"
	"github.com/ortrain/ortrain/ortrain/report/chart"
)

func calibration(r Report) (*section, error) {
	if r.Test == nil || len(r.Test.Rows) == 0 {
		return nil, nil
	}
	const bins = 15
	c := metric.NewCalibration(bins)
	for _, a := range r.Test.Rows {
		if err := c.Add(a.Probability, a.Actual == a.Predicted); err != nil {
			return nil, fmt.Errorf("report: row %d: %w", a.Row, err)
		}
	}
	s := &section{ID: "calibration", Title: "How sure, how right",
		Intro: fmt.Sprintf("Expected calibration error %s %% in %d bins: the mean distance between the probability of the predicted label and how often it is right.", percent(c.ECE()), bins)}
	t := table{Caption: "By confidence, in per cent", Head: []string{"confidence", "rows", "mean confidence", "accuracy"}, Numeric: []bool{false, true, true, true}}
	var line chart.Series
	line.Name, line.Marks = "model", true
	for _, b := range c.Bins() {
		if b.Count == 0 {
			continue
		}
		line.X, line.Y = append(line.X, b.Confidence), append(line.Y, b.Accuracy)
		t.Rows = append(t.Rows, []string{percent(b.Low) + " – " + percent(b.High), fmt.Sprint(b.Count), percent(b.Confidence), percent(b.Accuracy)})
	}
	s.Tables = []table{t}
	return s, s.figure("Reliability", chart.Lines{
		Words:  chart.Words{Title: "Reliability", Description: "Accuracy by mean confidence; on the dashed line both are equal.", X: "confidence", Y: "accuracy"},
		Series: []chart.Series{line, {Name: "equal", X: []float64{0, 1}, Y: []float64{0, 1}}},
	})
}

func robustness(r Report) (*section, error) {
	if len(r.Robustness) == 0 {
		return nil, nil
	}
	s := &section{ID: "robustness", Title: "Under attack", Intro: "Accuracy when the embeddings of a text are moved by at most ε in the direction that hurts most."}
	t := table{Caption: "Accuracy in per cent", Head: []string{"attack", "ε", "accuracy"}, Numeric: []bool{false, true, true}}
	var lines []chart.Series
	for _, c := range r.Robustness {
		lines = append(lines, chart.Series{Name: c.Name, X: c.Epsilon, Y: c.Accuracy, Marks: true})
		for i := range min(len(c.Epsilon), len(c.Accuracy)) {
			t.Rows = append(t.Rows, []string{c.Name, fmt.Sprintf("%g", c.Epsilon[i]), percent(c.Accuracy[i])})
		}
	}
	s.Tables = []table{t}
	return s, s.figure("Accuracy under attack", chart.Lines{
		Words:  chart.Words{Title: "Accuracy under attack", Description: "Accuracy by the radius of the perturbation, a line for each attack.", X: "ε", Y: "accuracy"},
		Series: lines, FromZero: true,
	})
}

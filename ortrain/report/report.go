package report

import (
	"errors"
	"time"

	"github.com/ortrain/ortrain/ortrain/metric"
)

// ErrData is wrapped by errors about data that do not fit together.
var ErrData = errors.New("report data do not fit")

// Report is the data of a page. Parts that are nil or empty are left out.
type Report struct {
	// Title names the run, Made is when the page was written.
	Title string
	Made  time.Time
	// Facts say what was run: data, model, versions, hashes.
	Facts []Fact
	// Systems are compared on the same rows; the first figure of the page.
	Systems []System
	// Hard are the numbers of the rows among Systems' that are hard; see Hardest.
	Hard []int
	// HardBy names what chose them.
	HardBy string
	// Parts are the figures of the model of the run on the parts of its data, that
	// of unseen rows first.
	Parts []Part
	// Log is the run, step by step.
	Log []Logged
	// Test are the answers of the model of the run to the test rows.
	Test *Answers
	// Robustness holds accuracy under attack by attack.
	Robustness []Curve
	// Cleaning counts what each step changed.
	Cleaning []Cleaned
	// Augmented are samples of texts before and after.
	Augmented []Pair
	// Config is the file that repeats the run.
	Config string
}

// Fact is a name with its value.
type Fact struct{ Name, Value string }

// System is one classifier's answers to the rows of a comparison.
type System struct {
	Name string
	// Right says of each row whether it was answered rightly.
	Right []bool
}

// Part is what the model of the run scores on a part of the data.
type Part struct {
	Name string
	// Note says what the figure is worth.
	Note                    string
	Rows                    int
	Accuracy, MacroF1, Loss float64
}

// Logged is one logged step, as train_log.jsonl has it. Values that a step does
// not have are absent from the map.
type Logged struct {
	Step   int
	Values map[string]float64
}

// Answers are a classifier's answers to labelled rows.
type Answers struct {
	Labels []string
	Rows   []Answer
}

// Answer is that to one row.
type Answer struct {
	Row uint64
	// Text may be empty when it is not to be shown.
	Text string
	// Actual and Predicted are class numbers; Probability is the predicted
	// class's.
	Actual, Predicted int
	Probability       float64
}

// Curve is accuracy by the radius of an attack.
type Curve struct {
	Name              string
	Epsilon, Accuracy []float64
}

// Cleaned is what one cleaning step did.
type Cleaned struct {
	Step             string
	Changed, Dropped int64
	Removed          int64 // characters
}

// Pair is a text before and after, and what was done to it.
type Pair struct{ Before, After, How string }

// Hardest returns the quarter of rows (rounded up) whose true label got the
// lowest probability, ties by row number. Choose them by a system that is not
// among those to be compared, before the others are looked at.
func Hardest(trueProbability []float64) []int {
	order := make([]int, len(trueProbability))
	for i := range order {
		order[i] = i
	}
	sortBy(order, func(i int) float64 { return trueProbability[i] })
	return order[:(len(order)+3)/4]
}

// score is a system's accuracy over rows with its interval.
func (s System) score(rows []int) (metric.Interval, error) {
	return metric.Bootstrap(len(rows), func(draw []int) float64 {
		hits := 0
		for _, k := range draw {
			if s.Right[rows[k]] {
				hits++
			}
		}
		return float64(hits) / float64(len(draw))
	}, metric.DefaultResampling())
}

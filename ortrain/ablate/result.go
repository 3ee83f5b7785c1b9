package ablate

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/metric"
)

// Result is what an ablation found.
type Result struct {
	Alpha      float64  `json:"alpha"`
	Confidence float64  `json:"confidence"`
	Seeds      []uint64 `json:"seeds"`
	Fresh      []uint64 `json:"fresh_seeds"`
	// Rows is the number of validation rows.
	Rows int `json:"validation_rows"`
	// Cells go by size, and at each size plain training first.
	Cells     []Cell      `json:"cells"`
	Preserved []Preserved `json:"label_preservation"`
	// Final has the figures to report, one for each size.
	Final []Final `json:"final"`
}

// Cell is a recipe at a size.
type Cell struct {
	// Recipe is a name, or Plain, for which Comparison is nil.
	Recipe string `json:"recipe"`
	Size   int    `json:"size"`
	// Accuracy of each seed, with mean and standard deviation.
	Accuracy []float64 `json:"accuracy"`
	Mean     float64   `json:"mean"`
	SD       float64   `json:"sd"`
	// Steps and Seconds of one run; the seconds are the mean.
	Steps   int     `json:"steps"`
	Seconds float64 `json:"seconds"`
	*Comparison
	// Kept says that the gain is not chance.
	Kept bool `json:"kept"`
}

// Preserved is how many copies of a recipe keep their label.
type Preserved struct {
	Recipe string `json:"recipe"`
	Share
	Rate float64 `json:"rate"`
}

// Final is what came out on the test rows, with fresh seeds.
type Final struct {
	// Rows is the number of test rows.
	Rows  int  `json:"test_rows"`
	Plain Cell `json:"plain"`
	// Reported is the recipe that was chosen on the validation rows, or plain
	// training where none was kept.
	Reported Cell `json:"reported"`
}

// newCell gathers the outcomes of a recipe at a size.
func newCell(recipe string, size int, outcomes []Outcome) (Cell, error) {
	c := Cell{Recipe: recipe, Size: size, Steps: outcomes[0].Steps}
	for _, o := range outcomes {
		if len(o.Right) != len(outcomes[0].Right) {
			return c, fmt.Errorf("ablate: %s, %d rows: seeds were measured on %d and %d rows; they must be the same: %w", called(recipe), size, len(outcomes[0].Right), len(o.Right), ErrOutcome)
		}
		c.Accuracy = append(c.Accuracy, o.accuracy())
		c.Seconds += o.Seconds / float64(len(outcomes))
	}
	c.Mean, c.SD = spread(c.Accuracy)
	return c, nil
}

// correct applies Holm's correction over all that was tried, and keeps what is
// left.
func (r *Result) correct() {
	var p []float64
	for _, c := range r.Cells {
		if c.Recipe != Plain {
			p = append(p, c.P)
		}
	}
	corrected := metric.Holm(p)
	for i := range r.Cells {
		if c := &r.Cells[i]; c.Recipe != Plain {
			c.Holm, corrected = corrected[0], corrected[1:]
			c.Kept = c.Holm < r.Alpha
		}
	}
}

// chosen is the kept recipe with the largest gain at a size, Plain if there is
// none.
func (r *Result) chosen(size int) string {
	best, recipe := 0.0, Plain
	for _, c := range r.Cells {
		if c.Size == size && c.Kept && c.Gain.Value > best {
			best, recipe = c.Gain.Value, c.Recipe
		}
	}
	return recipe
}

// Seconds is the time of all training steps of the result.
func (r *Result) Seconds() float64 {
	sum := 0.0
	for _, c := range r.Cells {
		sum += c.Seconds * float64(len(c.Accuracy))
	}
	for _, f := range r.Final {
		sum += f.Plain.Seconds * float64(len(f.Plain.Accuracy))
		if f.Reported.Recipe != Plain {
			sum += f.Reported.Seconds * float64(len(f.Reported.Accuracy))
		}
	}
	return sum
}

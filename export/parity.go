package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// ErrParity means that an exported graph does not agree with the trained
// weights.
var ErrParity = errors.New("export differs from the trained model")

// Tolerance is the largest difference of a logit that counts as agreement.
const Tolerance = 1e-4

// Parity is the measured agreement of two models on the same examples.
type Parity struct {
	Examples int `json:"examples"`
	// LargestDifference and MeanDifference are of logits, absolute.
	LargestDifference float64 `json:"largest_logit_difference"`
	MeanDifference    float64 `json:"mean_logit_difference"`
	// LabelFlips counts examples whose best class differs.
	LabelFlips int     `json:"label_flips"`
	Tolerance  float64 `json:"tolerance"`

	logits int64
}

// Add compares the logits of some examples, row by row of the given width.
func (p *Parity) Add(got, want []float32, classes int) error {
	if classes < 1 || len(got) != len(want) || len(got)%classes != 0 {
		return fmt.Errorf("export: %d and %d logits for %d classes; equal whole rows are needed", len(got), len(want), classes)
	}
	for i := 0; i < len(got); i += classes {
		for k := range classes {
			d := math.Abs(float64(got[i+k]) - float64(want[i+k]))
			if math.IsNaN(d) {
				d = math.Inf(1)
			}
			p.LargestDifference = max(p.LargestDifference, d)
			p.MeanDifference += (d - p.MeanDifference) / float64(p.logits+1)
			p.logits++
		}
		if best(got[i:i+classes]) != best(want[i:i+classes]) {
			p.LabelFlips++
		}
		p.Examples++
	}
	return nil
}

func best(row []float32) int {
	k := 0
	for i, x := range row {
		if x > row[k] {
			k = i
		}
	}
	return k
}

// Err returns ErrParity with the figures if the difference is beyond the
// tolerance or nothing was compared.
func (p *Parity) Err() error {
	switch {
	case p.Examples == 0:
		return fmt.Errorf("export: no examples were compared: %w", ErrParity)
	case !(p.LargestDifference <= p.limit()):
		return fmt.Errorf("export: logits differ by up to %.3g over %d examples (%d labels flip); at most %g is allowed: %w",
			p.LargestDifference, p.Examples, p.LabelFlips, p.limit(), ErrParity)
	}
	return nil
}

func (p *Parity) limit() float64 {
	if p.Tolerance > 0 {
		return p.Tolerance
	}
	return Tolerance
}

// WriteParity writes the figures into an export folder.
func WriteParity(fsys disk.FS, dir string, p Parity) error {
	p.Tolerance = p.limit()
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("export: %s: %w", ParityFile, err)
	}
	data = append(data, '\n')
	return disk.WriteFile(fsys, filepath.Join(dir, ParityFile), int64(len(data)), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

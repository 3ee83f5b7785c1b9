package task

import (
	"fmt"
	"math"

	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// classification gives every sequence exactly one of C classes: softmax over
// the logits and the mean of the negative log-likelihoods.
type classification struct{}

var _ = register(classification{})

// Classification returns the task of giving each text or pair one class.
func Classification() Task { return classification{} }

// LabelsInput is the name of the labels' graph input.
const LabelsInput = "labels"

func (classification) Name() string { return "classification" }

func (classification) Head() model.HeadKind { return model.SequenceClassification }

func (classification) Problem() model.ProblemType { return model.SingleLabel }

// Check refuses other problem types and, as Hugging Face does, reads a single
// class as regression.
func (classification) Check(c *model.Config) error {
	if c.ProblemType != "" && c.ProblemType != model.SingleLabel {
		return fmt.Errorf("task: problem_type is %q; classification needs %s: %w", c.ProblemType, model.SingleLabel, ErrTask)
	}
	if c.NumLabels() < 2 {
		return fmt.Errorf("task: the model has %d class; classification needs at least 2: %w", c.NumLabels(), ErrTask)
	}
	return nil
}

// Loss is SoftmaxCrossEntropyLoss over the labels that are not sample.Ignore.
// Its second output, which gradients read, is there in training graphs.
//
// Shapes: logits [B,C], labels int64 [B] → [].
func (classification) Loss(b *model.Builder, logits *onnx.Value) *onnx.Value {
	labels := b.Labels(LabelsInput, onnx.Int64, onnx.Symbol("B"))
	outputs := 1
	if b.Mode == model.Train {
		outputs = 2
	}
	return b.Node(onnx.DomainDefault, "SoftmaxCrossEntropyLoss", outputs, []*onnx.Value{logits, labels},
		onnx.StringAttr("reduction", "mean"), onnx.IntAttr("ignore_index", sample.Ignore))[0]
}

// Count counts the labels that are not sample.Ignore.
func (classification) Count(labels sample.Labels) int {
	n := 0
	for _, l := range labels.Int {
		if l != sample.Ignore {
			n++
		}
	}
	return n
}

// Predict takes the largest logit of each row, the first of equal ones, and the
// softmax. A logit that is not a number is an error.
func (classification) Predict(logits []float32, dims []int64) (*Predictions, error) {
	if len(dims) != 2 || dims[0] < 0 || dims[1] < 1 || dims[0]*dims[1] != int64(len(logits)) {
		return nil, fmt.Errorf("task: %d logits of shape %v; [B,C] is expected: %w", len(logits), dims, ErrTask)
	}
	rows, classes := int(dims[0]), int(dims[1])
	p := &Predictions{Labels: make([]int64, rows), Scores: make([]float32, len(logits)), Classes: classes}
	for i := range rows {
		best, err := softmax(p.Row(i), logits[i*classes:(i+1)*classes])
		if err != nil {
			return nil, fmt.Errorf("task: row %d: %w", i, err)
		}
		p.Labels[i] = int64(best)
	}
	return p, nil
}

// softmax writes e^(x−max)/Σ to dst and returns the place of the maximum.
func softmax(dst, x []float32) (int, error) {
	best := 0
	for i, v := range x {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return 0, fmt.Errorf("logit %d is %g; the model computes no finite numbers: %w", i, v, ErrTask)
		}
		if v > x[best] {
			best = i
		}
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v) - float64(x[best]))
	}
	for i, v := range x {
		dst[i] = float32(math.Exp(float64(v)-float64(x[best])) / sum)
	}
	return best, nil
}

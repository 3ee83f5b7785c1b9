package task

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// embedding gives every sequence a vector. It learns nothing, so it is not
// among the tasks that Names lists.
type embedding struct{}

// Embedding returns the task of giving each text or pair a vector, whose values
// are the graph's logits: the mean of the last hidden states.
func Embedding() Task { return embedding{} }

func (embedding) Name() string { return "embedding" }

func (embedding) Head() model.HeadKind { return model.SentenceEmbedding }

func (embedding) Problem() model.ProblemType { return "" }

// Check accepts every encoder.
func (embedding) Check(*model.Config) error { return nil }

// Loss is 0: there is nothing to learn.
func (embedding) Loss(b *model.Builder, _ *onnx.Value) *onnx.Value { return b.Float(0) }

// Count is 0: no label takes part.
func (embedding) Count(sample.Labels) int { return 0 }

// Predict is an error: a vector is no class.
func (embedding) Predict([]float32, []int64) (*Predictions, error) {
	return nil, fmt.Errorf("task: an embedding has no classes to predict: %w", ErrTask)
}

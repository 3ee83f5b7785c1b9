package adversary

import (
	"context"
	"math"

	"github.com/ortrain/ortrain/ortrain/variant"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Passes are the runs of one network on one micro-batch.
type Passes interface {
	// Batch is the micro-batch, Hidden the width of its embeddings, Classes how
	// many the loss tells apart (0 if it is no loss of classes), Count how many
	// labels take part in it.
	Batch() *sample.Batch
	Hidden() int
	Classes() int
	Count() float64
	// Backward adds seed times the gradient of the pass's mean loss to the
	// gradients of the step. The gradient of the mean loss itself goes to the
	// pass's Delta.
	Backward(ctx context.Context, p Pass, seed float64) (Result, error)
	// Gradient computes the gradient for the pass's Delta alone.
	Gradient(ctx context.Context, p Pass) (Result, error)
	// Forward computes no gradient.
	Forward(ctx context.Context, p Pass) (Result, error)
	// Teacher is a forward pass, with log-probabilities and without dropout, at
	// a moving average of the weights, which begins at the first such pass.
	Teacher(ctx context.Context) (Result, error)
	// Discard takes back what the last Backward added, which ran Alone.
	Discard()
	// Shift moves every weight matrix w along the gradient g of the mean loss of
	// the last Backward, made Alone with seed, until undo is called: by what move
	// writes into g. move sees ‖w‖ and ‖g‖ of the matrix.
	Shift(ctx context.Context, seed float64, move func(w, g []float32, wNorm, gNorm float64)) (undo func() error, err error)
}

// Pass says how one run goes. The zero value is a plain one.
type Pass struct {
	// Delta is added to the embeddings; nil adds nothing.
	Delta *Delta
	// Draw numbers the dropout masks: passes of one micro-batch with equal numbers
	// drop the same elements. 0 are the masks of plain training.
	Draw uint16
	// Alone keeps the weights' gradient apart from those before it, for Discard
	// and Shift; it costs an array of the size of the weights.
	Alone bool
	// Logits asks for Result.LogProbs.
	Logits bool
	// Targets, if there are any, make the loss CE times the usual one plus the
	// weighted divergences from them. All divergences are means over the rows.
	CE      float64
	Targets []Target
	// Twin, if not nil, runs every row twice, each time with other masks, and
	// adds *Twin times the mean divergence KL(row‖twin) to the loss.
	Twin *float64
	// Mix, if not nil, mixes rows; the loss is that of Targets.
	Mix *Mix
	// Cut splits the network in front of layer 1: with variant.Upper the result
	// has the gradient of what that layer reads, with variant.Lower the loss is
	// the inner product of that value with Costate.
	Cut     variant.Cut
	Costate *Activation
}

// Target is a distribution for each row, given as log-probabilities [B,C].
type Target struct {
	LogProbs []float32
	// Forward weighs KL(target‖model), Reverse KL(model‖target).
	Forward, Reverse float64
}

// Mix says how sequences are mixed with others: row i becomes Own[i] of itself
// plus 1−Own[i] of row Partner[i].
type Mix struct {
	At      variant.Place
	Layer   int
	Partner []int
	Own     []float64
	Padding MixPadding
}

// MixPadding says what a sequence that is shorter than its partner has to give
// at the places beyond its end. Attention sees the longer of the two.
type MixPadding string

// The ways of mixing beyond the end.
const (
	// Zero gives zero.
	Zero MixPadding = "zero"
	// Present leaves the whole weight to the longer one.
	Present MixPadding = "present"
	// PadToken gives what a padding token has there.
	PadToken MixPadding = "pad_token"
)

// Activation is a value of the graph, in the form the graph has it.
type Activation struct {
	Dims []int64
	Data []float32
}

// Result is what a pass computed. Slices are the caller's.
type Result struct {
	// Loss is the mean loss of the pass, Divergence the unweighted part of it.
	Loss, Divergence float64
	// LogProbs are those of the classes, [B,C], if the pass asked for them.
	LogProbs []float32
	// Costate is the gradient of what layer 1 reads, for variant.Upper.
	Costate *Activation
}

// Spec returns the graph that a pass needs: as Needs lists it, without the
// choice of gradients.
func (p Pass) Spec() variant.Spec {
	s := variant.Spec{Logits: p.Logits && p.Targets == nil, Targets: p.Targets != nil, Twin: p.Twin != nil, Cut: p.Cut}
	if p.Delta != nil {
		s.Delta = p.Delta.place()
	}
	if p.Mix != nil {
		s.Mix = p.Mix.At
		if s.Mix == variant.Hidden {
			s.Layer = p.Mix.Layer
		}
	}
	return s
}

// LogSoftmax returns the logarithms of the softmax of rows of logits.
func LogSoftmax(logits []float32, classes int) []float32 {
	out := make([]float32, len(logits))
	for lo := 0; lo < len(logits); lo += classes {
		row := logits[lo : lo+classes]
		top := row[0]
		for _, v := range row {
			top = max(top, v)
		}
		sum := 0.0
		for _, v := range row {
			sum += math.Exp(float64(v) - float64(top))
		}
		log := float64(top) + math.Log(sum)
		for i, v := range row {
			out[lo+i] = float32(float64(v) - log)
		}
	}
	return out
}

// Twice returns a batch with every sequence twice: all of them, then all again.
func Twice(b *sample.Batch) *sample.Batch {
	out := &sample.Batch{Offsets: append([]int32{}, b.Offsets...), Cursor: b.Cursor}
	for _, o := range b.Offsets[1:] {
		out.Offsets = append(out.Offsets, int32(b.Tokens())+o)
	}
	out.IDs, out.TypeIDs, out.Positions = twice(b.IDs), twice(b.TypeIDs), twice(b.Positions)
	out.Row, out.Copy = twice(b.Row), twice(b.Copy)
	out.Labels = sample.Labels{Int: twice(b.Labels.Int), Float: twice(b.Labels.Float), Shape: append([]int64{}, b.Labels.Shape...)}
	if len(out.Labels.Shape) > 0 {
		out.Labels.Shape[0] *= 2
	}
	return out
}

func twice[T any](x []T) []T {
	if x == nil {
		return nil
	}
	return append(append(make([]T, 0, 2*len(x)), x...), x...)
}

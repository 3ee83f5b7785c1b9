package guess

import (
	"math"
	"slices"
)

// Shape is what was measured of a data set and of the machine.
type Shape struct {
	// Rows to cut into parts, and how many of them each class has.
	Rows    int64
	Classes map[string]int64
	// Lengths are those of a sample of rows. Units: tokens.
	Lengths []int
	// Positions is the longest sequence of the model, Hidden its width, Layers how
	// many it has; 0 where that is not known.
	Positions, Hidden, Layers int
	// Memory that is free. Units: bytes.
	Memory int64
}

// Settings are values for a recipe.
type Settings struct {
	MaxSeqLength int
	// Percentile99 of the lengths, Cut the share of rows longer than MaxSeqLength.
	Percentile99 int
	Cut          float64
	BatchSize    int
	Epochs       int
	LearningRate float64
	TestSplit    float64
	Metric       string
	// Smallest and Largest are the sizes of classes.
	Smallest, Largest int64
}

// Bounds of what is chosen.
const (
	leastLength, usualLongest = 16, 512
	batchTokens               = 4096 // of one micro-batch, about
	leastBatch, mostBatch     = 8, 32
	rowsToTest                = 200 // fewer are too few to cut two parts off
)

// Settle chooses the settings.
func Settle(s Shape) Settings {
	var out Settings
	longest := s.Positions
	if longest == 0 {
		longest = usualLongest
	}
	out.Percentile99 = percentile(s.Lengths, 0.99)
	out.MaxSeqLength = min(max((out.Percentile99+7)/8*8, leastLength), longest)
	for _, n := range s.Lengths {
		if n > out.MaxSeqLength {
			out.Cut += 1 / float64(len(s.Lengths))
		}
	}
	out.BatchSize = mostBatch
	for out.BatchSize > leastBatch && (out.BatchSize*out.MaxSeqLength > batchTokens || s.tight(out.BatchSize, out.MaxSeqLength)) {
		out.BatchSize /= 2
	}
	out.Epochs = epochs(s.Rows)
	out.LearningRate = 3e-5
	if s.Hidden > 0 && s.Hidden <= 384 {
		out.LearningRate = 2e-4
	}
	if s.Rows >= rowsToTest {
		out.TestSplit = 0.1
	}
	out.Metric = "accuracy"
	sizes := make([]int64, 0, len(s.Classes))
	for _, n := range s.Classes {
		sizes = append(sizes, n)
	}
	if len(sizes) > 0 {
		out.Smallest, out.Largest = slices.Min(sizes), slices.Max(sizes)
		if out.Largest > 3*max(out.Smallest, 1) {
			out.Metric = "f1_macro"
		}
	}
	return out
}

// tight reports whether a batch's activations would take more than a quarter of
// the memory that is free.
func (s Shape) tight(batch, length int) bool {
	return s.Memory > 0 && s.Hidden > 0 && Activations(batch, length, s.Hidden, 4*s.Hidden, max(s.Hidden/64, 1), max(s.Layers, 1)) > s.Memory/4
}

// Activations is about what one pass of training keeps for an encoder: per token
// and layer the queries, keys, values, context, two sums, two norms and masks of
// the width, and three of the feed-forward's; per head three squares of the
// length. Units: bytes.
func Activations(batch, length, hidden, feedForward, heads, layers int) int64 {
	token := int64(12*hidden + 3*feedForward)
	square := 3 * int64(heads) * int64(length)
	return 4 * int64(layers) * int64(batch) * int64(length) * (token + square)
}

// epochs is fewer for more rows.
func epochs(rows int64) int {
	switch {
	case rows < 1_000:
		return 8
	case rows < 5_000:
		return 5
	case rows < 50_000:
		return 3
	case rows < 200_000:
		return 2
	}
	return 1
}

// percentile is the least value that so many of the values do not exceed.
func percentile(values []int, share float64) int {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(int(math.Ceil(share*float64(len(sorted))))-1, 0)]
}

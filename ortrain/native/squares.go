package native

// Squares is an array whose squares are to be summed. Block is the number of
// elements of one partial sum; 0 means the default. An array that is sometimes
// given whole and sometimes by its nonzero rows takes the row's width, so that
// both give the same sum bit for bit.
type Squares struct {
	Data  []float32
	Block int
}

// sumLanes is the number of interleaved sums of one block; see squareBlockGo.
const sumLanes = 32

// SumSquares returns the sum of squares of each array, in float64: per block
// one partial sum, and the partial sums added in block order. A sum is finite
// exactly when every element of its array is.
func (k Kernels) SumSquares(arrays ...Squares) []float64 {
	partial := make([][]float64, len(arrays))
	block := make([]int, len(arrays))
	for i, a := range arrays {
		if block[i] = a.Block; block[i] < 1 {
			block[i] = span
		}
		partial[i] = make([]float64, (len(a.Data)+block[i]-1)/block[i])
	}
	k.spans(len(arrays), func(i int) extent { return extent{len(partial[i]), rowsPerSpan(block[i])} }, func(i, lo, hi int) {
		data := arrays[i].Data[lo*block[i] : min(hi*block[i], len(arrays[i].Data))]
		k.squares(data, block[i], partial[i][lo:hi])
	})
	sums := make([]float64, len(arrays))
	for i := range partial {
		for _, p := range partial[i] {
			sums[i] += p
		}
	}
	return sums
}

// squareBlockGo adds element i's square to lane i mod 32 and folds the lanes in
// halves. A square of a float32 is exact in float64.
func squareBlockGo(x []float32) float64 {
	var lane [sumLanes]float64
	for i, y := range x {
		lane[i%sumLanes] += float64(float64(y) * float64(y))
	}
	for half := sumLanes / 2; half > 0; half /= 2 {
		for j := range half {
			lane[j] += lane[j+half]
		}
	}
	return lane[0]
}

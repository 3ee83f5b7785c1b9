package native

import "fmt"

// Pair is a destination and a source of one length. They must not overlap.
type Pair struct{ Dst, Src []float32 }

// pairOp mirrors ORTRAIN_ADD … ORTRAIN_LERP.
type pairOp int32

const (
	pairAdd pairOp = iota
	pairScale
	pairAddScaled
	pairLerp
)

// Add adds each source to its destination: dst = dst + src. Errors wrap
// ErrShape; then nothing has been written.
func (k Kernels) Add(pairs ...Pair) error { return k.pairs(pairAdd, 1, pairs) }

// Scale writes dst = c·src. Errors as Add.
func (k Kernels) Scale(c float32, pairs ...Pair) error { return k.pairs(pairScale, c, pairs) }

// AddScaled writes dst = dst + c·src. Errors as Add.
func (k Kernels) AddScaled(c float32, pairs ...Pair) error { return k.pairs(pairAddScaled, c, pairs) }

// Lerp writes dst = dst + c·(src−dst), a step of an exponential moving average
// with decay 1−c. Errors as Add.
func (k Kernels) Lerp(c float32, pairs ...Pair) error { return k.pairs(pairLerp, c, pairs) }

// Copy writes dst = src. Errors as Add.
func (k Kernels) Copy(pairs ...Pair) error {
	if err := checkPairs(pairs); err != nil {
		return err
	}
	k.spans(len(pairs), func(i int) extent { return extent{len(pairs[i].Dst), span} }, func(i, lo, hi int) {
		copy(pairs[i].Dst[lo:hi], pairs[i].Src[lo:hi])
	})
	return nil
}

// Swap exchanges each destination with its source. Errors as Add.
func (k Kernels) Swap(pairs ...Pair) error {
	if err := checkPairs(pairs); err != nil {
		return err
	}
	k.spans(len(pairs), func(i int) extent { return extent{len(pairs[i].Dst), span} }, func(i, lo, hi int) {
		a, b := pairs[i].Dst[lo:hi], pairs[i].Src[lo:hi]
		for j := range a {
			a[j], b[j] = b[j], a[j]
		}
	})
	return nil
}

// Zero sets every array to 0.
func (k Kernels) Zero(arrays ...[]float32) {
	k.spans(len(arrays), func(i int) extent { return extent{len(arrays[i]), span} }, func(i, lo, hi int) {
		clear(arrays[i][lo:hi])
	})
}

func (k Kernels) pairs(op pairOp, c float32, pairs []Pair) error {
	if err := checkPairs(pairs); err != nil {
		return err
	}
	k.spans(len(pairs), func(i int) extent { return extent{len(pairs[i].Dst), span} }, func(i, lo, hi int) {
		k.pair(op, pairs[i].Dst[lo:hi], pairs[i].Src[lo:hi], c)
	})
	return nil
}

func checkPairs(pairs []Pair) error {
	for i, p := range pairs {
		if len(p.Dst) != len(p.Src) {
			return fmt.Errorf("native: pair %d has %d and %d numbers; their lengths must be equal: %w", i, len(p.Dst), len(p.Src), ErrShape)
		}
	}
	return nil
}

func pairGo(op pairOp, dst, src []float32, c float32) {
	for i, x := range src {
		switch op {
		case pairAdd:
			dst[i] += x
		case pairScale:
			dst[i] = x * c
		case pairAddScaled:
			dst[i] += float32(x * c)
		default:
			dst[i] += float32(float32(x-dst[i]) * c)
		}
	}
}

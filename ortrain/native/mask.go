package native

import (
	"fmt"

	"github.com/ortrain/ortrain/pipeline/random"
)

// Mask is one dropout mask to fill: Dst[i] becomes 1 where element i of the
// site is kept and 0 where it is dropped, as random.DropoutCounter and
// random.DropoutThreshold define it. Key is the run seed's random.Key, P the
// probability of dropping in [0, 1).
type Mask struct {
	Dst        []uint8
	Key        [2]uint32
	Site       uint16
	MicroBatch uint32
	Step       uint32
	P          float64
}

// maxSite is the largest site number that a dropout counter holds.
const maxSite = 1<<12 - 1

// maskSpan is how many mask bytes one unit of work holds; a multiple of every
// form's vector.
const maskSpan = 64 << 10

// FillMasks fills every mask. Errors wrap ErrShape (a P outside [0, 1)) or
// ErrIndex (a site above 4095); then nothing has been written.
func (k Kernels) FillMasks(masks ...Mask) error {
	thresholds := make([]uint32, len(masks))
	for i, m := range masks {
		if m.Site > maxSite {
			return fmt.Errorf("native: mask %d is for site %d; sites go up to %d: %w", i, m.Site, maxSite, ErrIndex)
		}
		if !(m.P >= 0 && m.P < 1) {
			return fmt.Errorf("native: mask %d drops with probability %v; it must be in [0, 1): %w", i, m.P, ErrShape)
		}
		thresholds[i] = random.DropoutThreshold(m.P)
	}
	k.spans(len(masks), func(i int) extent { return extent{len(masks[i].Dst), maskSpan} }, func(i, lo, hi int) {
		k.mask(masks[i].Dst[lo:hi], lo, &masks[i], thresholds[i])
	})
	return nil
}

// maskCounter mirrors struct ortrain_mask.
type maskCounter struct{ key0, key1, tag, micro, step, threshold uint32 }

func maskWords(m *Mask, threshold uint32) maskCounter {
	c := random.DropoutCounter(0, m.Site, m.MicroBatch, m.Step)
	return maskCounter{m.Key[0], m.Key[1], c[1], c[2], c[3], threshold}
}

// maskGo fills dst, which starts at element first, a multiple of 4.
func maskGo(dst []uint8, first int, m *Mask, threshold uint32) {
	for i := 0; i < len(dst); i += 4 {
		words := random.Philox(random.DropoutCounter(uint64(first+i)/4, m.Site, m.MicroBatch, m.Step), m.Key)
		for j := range min(4, len(dst)-i) {
			dst[i+j] = 0
			if words[j] >= threshold {
				dst[i+j] = 1
			}
		}
	}
}

package native_test

import (
	"errors"
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/pipeline/random"
)

func TestMasksAreTheDocumentedPhiloxWords(t *testing.T) {
	everyKernels(t, func(t *testing.T, k native.Kernels) {
		var masks []native.Mask
		for i, n := range append([]int{2, 126, 65536 + 77, 140001}, lengths...) {
			masks = append(masks, native.Mask{
				Dst: make([]uint8, n), Key: random.Key(0x123456789abcdef0 + uint64(i)), Site: uint16(i * 200),
				MicroBatch: uint32(i), Step: 1<<31 + uint32(i), P: []float64{0, 0.1, 0.5, 0.999}[i%4],
			})
		}
		if err := k.FillMasks(masks...); err != nil {
			t.Fatal(err)
		}
		for _, m := range masks {
			threshold := random.DropoutThreshold(m.P)
			for i, got := range m.Dst {
				word := random.Philox(random.DropoutCounter(uint64(i)/4, m.Site, m.MicroBatch, m.Step), m.Key)[i%4]
				want := uint8(0)
				if word >= threshold {
					want = 1
				}
				if got != want {
					t.Fatalf("site %d, element %d of %d: %d, want %d", m.Site, i, len(m.Dst), got, want)
				}
			}
		}
	})
}

func TestMaskRate(t *testing.T) {
	const n, p = 1 << 20, 0.1
	dst := make([]uint8, n)
	if err := native.New(2).FillMasks(native.Mask{Dst: dst, Key: random.Key(7), P: p}); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, x := range dst {
		kept += int(x)
	}
	if sigma := math.Sqrt(n * p * (1 - p)); math.Abs(float64(kept)-n*(1-p)) > 5*sigma {
		t.Errorf("kept %d of %d at p = %v", kept, n, p)
	}
}

func TestFillMasksRefuses(t *testing.T) {
	k := native.New(1)
	dst := []uint8{9}
	for _, p := range []float64{-0.1, 1, math.NaN()} {
		if err := k.FillMasks(native.Mask{Dst: dst}, native.Mask{Dst: dst, P: p}); !errors.Is(err, native.ErrShape) {
			t.Errorf("p = %v: %v", p, err)
		}
	}
	if err := k.FillMasks(native.Mask{Dst: dst, Site: 4096}); !errors.Is(err, native.ErrIndex) {
		t.Errorf("site 4096: %v", err)
	}
	if dst[0] != 9 {
		t.Error("a refused call wrote a mask")
	}
}

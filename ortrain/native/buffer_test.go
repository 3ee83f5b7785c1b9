package native_test

import (
	"errors"
	"math"
	"testing"
	"unsafe"

	"github.com/ortrain/ortrain/ortrain/native"
)

func TestBufferIsAlignedZeroedAndCounted(t *testing.T) {
	before := native.Live()
	for _, n := range []int{0, 1, 7, 64, 1000, 1 << 20} {
		b, err := native.Alloc(n)
		if err != nil {
			t.Fatal(err)
		}
		if got := native.Live() - before; got != int64(n) {
			t.Errorf("Alloc(%d) left %d live bytes", n, got)
		}
		if len(b.Bytes()) != n || len(b.Float32s()) != n/4 || len(b.Int32s()) != n/4 || len(b.Int64s()) != n/8 {
			t.Errorf("Alloc(%d) has %d bytes, %d floats, %d int32, %d int64", n, len(b.Bytes()), len(b.Float32s()), len(b.Int32s()), len(b.Int64s()))
		}
		if at := uintptr(unsafe.Pointer(unsafe.SliceData(b.Bytes()))); at%native.Alignment != 0 {
			t.Errorf("Alloc(%d) starts at %#x", n, at)
		}
		for i, x := range b.Bytes() {
			if x != 0 {
				t.Fatalf("Alloc(%d): byte %d is %d", n, i, x)
			}
		}
		for range 2 {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}
		if b.Bytes() != nil || len(b.Float32s()) != 0 {
			t.Error("a closed buffer still has memory")
		}
	}
	if native.Live() != before {
		t.Errorf("%d bytes leaked", native.Live()-before)
	}
}

func TestAllocRefusesImpossibleSizes(t *testing.T) {
	if _, err := native.Alloc(-1); !errors.Is(err, native.ErrMemory) {
		t.Errorf("Alloc(-1): %v", err)
	}
	if _, err := native.Alloc(math.MaxInt - 128); !errors.Is(err, native.ErrMemory) {
		t.Errorf("Alloc(huge): %v", err)
	}
	if _, err := native.AllocFloat32s(math.MaxInt / 2); !errors.Is(err, native.ErrMemory) {
		t.Errorf("AllocFloat32s(huge): %v", err)
	}
}

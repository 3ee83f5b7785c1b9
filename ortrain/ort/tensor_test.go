package ort_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"unsafe"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
)

func TestTensorMemory(t *testing.T) {
	orttest.NoLeaks(t)
	for _, shape := range [][]int64{nil, {1}, {0}, {3, 0, 2}, {5, 7}, {1000}} {
		x, err := ort.NewTensor(onnx.Float, shape...)
		if err != nil {
			t.Fatal(err)
		}
		values := x.Float32s()
		n := 1
		for _, d := range shape {
			n *= int(d)
		}
		if len(values) != n || x.Len() != n || len(x.Bytes()) != 4*n || !slices.Equal(x.Shape(), shape) || x.DType() != onnx.Float {
			t.Errorf("%v: %d floats, Len %d, %d bytes, shape %v", shape, len(values), x.Len(), len(x.Bytes()), x.Shape())
		}
		if at := uintptr(unsafe.Pointer(unsafe.SliceData(values))); at%64 != 0 {
			t.Errorf("%v: memory at %#x is not on a cache line", shape, at)
		}
		for _, v := range values {
			if v != 0 {
				t.Errorf("%v: not zeroed", shape)
			}
		}
		if err := errors.Join(x.Close(), x.Close()); err != nil {
			t.Error(err)
		}
		if x.Float32s() != nil || x.Bytes() != nil || x.Len() != 0 {
			t.Errorf("%v: elements after close", shape)
		}
	}
}

func TestTypedViews(t *testing.T) {
	orttest.NoLeaks(t)
	for _, c := range []struct {
		dtype onnx.DType
		len   func(*ort.Tensor) int
	}{
		{onnx.Float, func(x *ort.Tensor) int { return len(x.Float32s()) }},
		{onnx.Double, func(x *ort.Tensor) int { return len(x.Float64s()) }},
		{onnx.Int64, func(x *ort.Tensor) int { return len(x.Int64s()) }},
		{onnx.Int32, func(x *ort.Tensor) int { return len(x.Int32s()) }},
		{onnx.Uint8, func(x *ort.Tensor) int { return len(x.Uint8s()) }},
		{onnx.Bool, func(x *ort.Tensor) int { return len(x.Bools()) }},
		{onnx.Float16, func(x *ort.Tensor) int { return len(x.Halfs()) }},
		{onnx.BFloat16, func(x *ort.Tensor) int { return len(x.Halfs()) }},
	} {
		x, err := ort.NewTensor(c.dtype, 3)
		if err != nil {
			t.Fatal(err)
		}
		if c.len(x) != 3 {
			t.Errorf("%s: %d elements of 3", c.dtype, c.len(x))
		}
		other := orttest.Tensor(t, []int64{1}, int8(1))
		if c.len(other) != 0 {
			t.Errorf("an int8 tensor has elements as %s", c.dtype)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTensorFaults(t *testing.T) {
	orttest.NoLeaks(t)
	deep := make([]int64, 33)
	for _, c := range []struct {
		dtype onnx.DType
		shape []int64
	}{
		{onnx.Float, []int64{-1}}, {onnx.Float, []int64{math.MaxInt64, 2}}, {onnx.Float, []int64{math.MaxInt64 / 4}}, {onnx.Float, []int64{0, -1}},
		{onnx.String, []int64{1}}, {onnx.Int4, []int64{1}}, {onnx.Undefined, nil}, {99, nil}, {onnx.Float, deep},
	} {
		if x, err := ort.NewTensor(c.dtype, c.shape...); !errors.Is(err, ort.ErrShape) {
			t.Errorf("%s%v: %v, %v", c.dtype, c.shape, x, err)
		}
	}
	if x, err := ort.NewTensor(onnx.Uint8, 1<<60); !errors.Is(err, ort.ErrMemory) {
		t.Errorf("an exabyte: %v, %v", x, err)
	}
	if x, err := ort.TensorOf([]int64{2}, float32(1)); !errors.Is(err, ort.ErrShape) {
		t.Errorf("one element for two: %v, %v", x, err)
	}
}

func TestViewSharesMemory(t *testing.T) {
	orttest.NoLeaks(t)
	x := orttest.Tensor[int32](t, []int64{2, 3}, 1, 2, 3, 4, 5, 6)
	head, err := x.View(2, 2)
	if err != nil {
		t.Fatal(err)
	}
	x.Int32s()[3] = 40
	if got := head.Int32s(); !slices.Equal(got, []int32{1, 2, 3, 40}) {
		t.Errorf("view %v", got)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if got := head.Int32s(); !slices.Equal(got, []int32{1, 2, 3, 40}) {
		t.Errorf("view after its origin was closed: %v", got)
	}
	if _, err := x.View(1); !errors.Is(err, ort.ErrClosed) {
		t.Errorf("view of a closed tensor gave %v", err)
	}
	if err := x.Reshape(1); !errors.Is(err, ort.ErrClosed) {
		t.Errorf("reshape of a closed tensor gave %v", err)
	}
	if err := head.Close(); err != nil {
		t.Error(err)
	}
}

func TestReshapeStaysWithinMemory(t *testing.T) {
	orttest.NoLeaks(t)
	x := orttest.Tensor(t, []int64{4, 16}, make([]float32, 64)...)
	for _, shape := range [][]int64{{64}, {2, 16}, nil, {0, 16}, {8, 8}} {
		if err := x.Reshape(shape...); err != nil || !slices.Equal(x.Shape(), shape) {
			t.Errorf("reshape to %v: %v, shape %v", shape, err, x.Shape())
		}
	}
	for _, shape := range [][]int64{{65}, {-1}, {1 << 62, 4}} {
		if err := x.Reshape(shape...); !errors.Is(err, ort.ErrShape) || x.Len() != 64 {
			t.Errorf("reshape to %v: %v, %d elements", shape, err, x.Len())
		}
	}
	if _, err := x.View(65); !errors.Is(err, ort.ErrShape) {
		t.Errorf("a view beyond the memory gave %v", err)
	}
}

func TestLiveCounts(t *testing.T) {
	before := ort.Live()
	x, err := ort.NewTensor(onnx.Uint8, 100)
	if err != nil {
		t.Fatal(err)
	}
	v, err := x.View(10)
	if err != nil {
		t.Fatal(err)
	}
	now := ort.Live()
	if now.Tensors-before.Tensors != 2 || now.Bytes-before.Bytes != 128 {
		t.Errorf("before %+v, now %+v", before, now)
	}
	if err := errors.Join(x.Close(), v.Close()); err != nil {
		t.Error(err)
	}
	if after := ort.Live(); after != before {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

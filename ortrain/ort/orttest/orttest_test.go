package orttest_test

import (
	"fmt"
	"testing"

	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
)

// identity is the ONNX model y = Identity(x) over one float: IR version 8,
// opset 17.
const identity = "\x08\x08" + "B\x04\n\x00\x10\x11" + ":\x37" +
	"\n\x10\n\x01x\x12\x01y\"\x08Identity" + "\x12\x01g" +
	"Z\x0f\n\x01x\x12\x0a\n\x08\x08\x01\x12\x04\n\x02\x08\x01" +
	"b\x0f\n\x01y\x12\x0a\n\x08\x08\x01\x12\x04\n\x02\x08\x01"

func TestCachedIsShared(t *testing.T) {
	first, second := orttest.Cached(t, []byte(identity)), orttest.Cached(t, []byte(identity))
	if first != second {
		t.Error("the same model was loaded twice")
	}
	orttest.NoLeaks(t)
	x, y := orttest.Tensor[float32](t, []int64{1}, 7), orttest.Tensor[float32](t, []int64{1}, 0)
	s := orttest.Session(t, []byte(identity), ort.Options{})
	if s == first {
		t.Error("Session gave the shared one away")
	}
	if err := s.Run(t.Context(), []*ort.Tensor{x}, []*ort.Tensor{y}); err != nil || y.Float32s()[0] != 7 {
		t.Errorf("%v, %v", y.Float32s(), err)
	}
}

// spy records what a test would have reported.
type spy struct {
	testing.TB
	failed   bool
	cleanups []func()
}

func (s *spy) Helper()               {}
func (s *spy) Cleanup(f func())      { s.cleanups = append(s.cleanups, f) }
func (s *spy) Errorf(string, ...any) { s.failed = true }

func TestNoLeaksSees(t *testing.T) {
	s := &spy{TB: t}
	orttest.NoLeaks(s)
	x, err := ort.NewTensor(1, 3)
	if err != nil {
		t.Fatal(err)
	}
	s.cleanups[0]()
	if !s.failed {
		t.Error("an open tensor went unseen")
	}
	s.failed = false
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if s.cleanups[0](); s.failed {
		t.Error("a closed tensor was reported")
	}
}

// ExampleOpen is for examples of packages that run models.
func ExampleOpen() {
	env, err := orttest.Open()
	fmt.Println((env == nil) == (err != nil))
	// Output: true
}

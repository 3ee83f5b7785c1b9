package ort_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
)

func run(t *testing.T, s *ort.Session, in, out []*ort.Tensor) {
	t.Helper()
	if err := s.Run(t.Context(), in, out); err != nil {
		t.Fatal(err)
	}
}

func TestRunReadsAndWritesInPlace(t *testing.T) {
	orttest.NoLeaks(t)
	s := orttest.Session(t, add(), ort.Options{})
	x := orttest.Tensor[float32](t, []int64{2, 2}, 1, 2, 3, 4)
	y := orttest.Tensor[float32](t, []int64{2, 2}, 10, 20, 30, 40)
	z := orttest.Tensor[float32](t, []int64{2, 2}, 0, 0, 0, 0)
	got := z.Float32s()
	run(t, s, []*ort.Tensor{x, y}, []*ort.Tensor{z})
	if want := []float32{11, 22, 33, 44}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	x.Float32s()[3] = -40
	run(t, s, []*ort.Tensor{x, y}, []*ort.Tensor{z})
	if want := []float32{11, 22, 33, 0}; !slices.Equal(got, want) {
		t.Errorf("after a change of x got %v, want %v", got, want)
	}
}

func TestReshapeServesChangingBatches(t *testing.T) {
	orttest.NoLeaks(t)
	s := orttest.Session(t, add(), ort.Options{})
	x, y, z := orttest.Tensor(t, []int64{3, 2}, make([]float32, 6)...), orttest.Tensor(t, []int64{3, 2}, make([]float32, 6)...), orttest.Tensor(t, []int64{3, 2}, make([]float32, 6)...)
	for _, n := range []int64{1, 3, 0, 2, 2} {
		for _, tensor := range []*ort.Tensor{x, y, z} {
			if err := tensor.Reshape(n, 2); err != nil {
				t.Fatal(err)
			}
		}
		for i := range x.Float32s() {
			x.Float32s()[i], y.Float32s()[i] = float32(i), float32(n)
		}
		run(t, s, []*ort.Tensor{x, y}, []*ort.Tensor{z})
		if len(z.Float32s()) != int(2*n) {
			t.Fatalf("%d elements for %d rows", len(z.Float32s()), n)
		}
		for i, v := range z.Float32s() {
			if v != float32(i)+float32(n) {
				t.Errorf("n=%d: z[%d] = %g", n, i, v)
			}
		}
	}
}

func TestRankZero(t *testing.T) {
	orttest.NoLeaks(t)
	s := orttest.Session(t, unary("Neg", float, float), ort.Options{})
	x, y := orttest.Tensor[float32](t, nil, 3), orttest.Tensor[float32](t, nil, 0)
	run(t, s, []*ort.Tensor{x}, []*ort.Tensor{y})
	x.Float32s()[0] = 4
	run(t, s, []*ort.Tensor{x}, []*ort.Tensor{y})
	if got := y.Float32s()[0]; got != -4 {
		t.Errorf("got %g, want -4", got)
	}
	if info := s.Inputs()[0]; info.Shape == nil || len(info.Shape) != 0 || info.DType != onnx.Float {
		t.Errorf("input %+v; a float of rank 0 was expected", info)
	}
}

func TestElementTypes(t *testing.T) {
	orttest.NoLeaks(t)
	s := orttest.Session(t, unary("Not", boole, boole, 2), ort.Options{})
	x, y := orttest.Tensor(t, []int64{2}, true, false), orttest.Tensor(t, []int64{2}, false, false)
	run(t, s, []*ort.Tensor{x}, []*ort.Tensor{y})
	if got := y.Bools(); got[0] || !got[1] {
		t.Errorf("Not = %v", got)
	}
	s = orttest.Session(t, unary("Neg", i64, i64, 2), ort.Options{})
	a, b := orttest.Tensor[int64](t, []int64{2}, 5, -6), orttest.Tensor[int64](t, []int64{2}, 0, 0)
	run(t, s, []*ort.Tensor{a}, []*ort.Tensor{b})
	if got := b.Int64s(); !slices.Equal(got, []int64{-5, 6}) {
		t.Errorf("Neg = %v", got)
	}
}

func TestNilOutputIsAllocated(t *testing.T) {
	orttest.NoLeaks(t)
	for _, c := range []struct {
		name  string
		model []byte
		x     *ort.Tensor
		shape []int64
		bytes []byte
	}{
		{"unknown shape", nonZero(), orttest.Tensor[float32](t, []int64{4}, 0, 7, 0, 1), []int64{1, 2}, []byte{1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0}},
		{"no elements", nonZero(), orttest.Tensor[float32](t, []int64{2}, 0, 0), []int64{1, 0}, nil},
		{"rank 0", unary("Neg", float, float), orttest.Tensor[float32](t, nil, 1), []int64{}, []byte{0, 0, 0x80, 0xbf}},
		{"float16", unary("Cast16", float, half, 2), orttest.Tensor[float32](t, []int64{2}, 1, -2), []int64{2}, []byte{0, 0x3c, 0, 0xc0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "float16" {
				c.model = model(field(1, text(1, "x"), text(2, "y"), text(4, "Cast"), field(5, text(1, "to"), number(3, half), number(20, 2))),
					input("x", float, 2), output("y", half, 2))
			}
			out := []*ort.Tensor{nil}
			run(t, orttest.Session(t, c.model, ort.Options{}), []*ort.Tensor{c.x}, out)
			defer out[0].Close()
			if got := out[0].Shape(); !slices.Equal(got, c.shape) {
				t.Errorf("shape %v, want %v", got, c.shape)
			}
			if got := out[0].Bytes(); !slices.Equal(got, c.bytes) {
				t.Errorf("bytes %v, want %v", got, c.bytes)
			}
		})
	}
}

func TestPorts(t *testing.T) {
	s := orttest.Session(t, add(), ort.Options{Name: "sum"})
	if s.Name() != "sum" || len(s.Inputs()) != 2 || len(s.Outputs()) != 1 {
		t.Fatalf("%s: inputs %v, outputs %v", s.Name(), s.Inputs(), s.Outputs())
	}
	if got := s.Inputs()[1]; got.Name != "y" || got.DType != onnx.Float || !slices.Equal(got.Shape, []int64{-1, 2}) {
		t.Errorf("second input %+v", got)
	}
}

func TestRunFaults(t *testing.T) {
	orttest.NoLeaks(t)
	s := orttest.Session(t, add(), ort.Options{Name: "sum"})
	x, wide := orttest.Tensor[float32](t, []int64{1, 2}, 1, 2), orttest.Tensor[float32](t, []int64{1, 3}, 1, 2, 3)
	closed := orttest.Tensor[float32](t, []int64{1, 2}, 1, 2)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	var failed *ort.RunError
	if err := s.Run(t.Context(), []*ort.Tensor{x, wide}, []*ort.Tensor{x}); !errors.As(err, &failed) || failed.Session != "sum" {
		t.Errorf("a wrong shape gave %v", err)
	}
	for _, c := range []struct {
		in   []*ort.Tensor
		want error
		says string
	}{
		{[]*ort.Tensor{x}, ort.ErrShape, "1 inputs"},
		{[]*ort.Tensor{x, nil}, ort.ErrShape, "input y"},
		{[]*ort.Tensor{x, closed}, ort.ErrClosed, "input y"},
	} {
		err := s.Run(t.Context(), c.in, []*ort.Tensor{x})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want %v that says %q", err, c.want, c.says)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context(), []*ort.Tensor{x, x}, []*ort.Tensor{x}); !errors.Is(err, ort.ErrClosed) {
		t.Errorf("run after close gave %v", err)
	}
}

func TestModelFaults(t *testing.T) {
	orttest.NoLeaks(t)
	env := orttest.Env(t)
	for name, bytes := range map[string][]byte{"empty": nil, "garbage": []byte("not a model"), "unknown operator": unary("Nonsense", float, float, 1)} {
		if s, err := env.NewSession(bytes, ort.Options{Name: "broken"}); err == nil || !strings.Contains(err.Error(), "broken") {
			t.Errorf("%s: session %v, error %v", name, s, err)
		}
	}
}

func TestSessionFromFile(t *testing.T) {
	orttest.NoLeaks(t)
	path := filepath.Join(t.TempDir(), "add.onnx")
	if err := os.WriteFile(path, add(), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := orttest.Env(t).NewSessionFromFile(path, ort.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
}

// TestCancel stops a loop that would take hours.
func TestCancel(t *testing.T) {
	orttest.NoLeaks(t)
	s := orttest.Session(t, endless(), ort.Options{Name: "loop", IntraOpThreads: 1})
	const m = 64
	n := orttest.Tensor[int64](t, nil, 1)
	w := orttest.Tensor(t, []int64{m, m}, make([]float32, m*m)...)
	x := orttest.Tensor(t, []int64{m, m}, make([]float32, m*m)...)
	y := orttest.Tensor(t, []int64{m, m}, make([]float32, m*m)...)
	run(t, s, []*ort.Tensor{n, w, x}, []*ort.Tensor{y})

	n.Int64s()[0] = 1 << 40
	why := errors.New("had enough")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, why)
	defer cancel()
	err := s.Run(ctx, []*ort.Tensor{n, w, x}, []*ort.Tensor{y})
	if !errors.Is(err, why) || !strings.Contains(err.Error(), "loop") {
		t.Errorf("cancelled run gave %v", err)
	}
	if err := s.Run(ctx, []*ort.Tensor{n, w, x}, []*ort.Tensor{y}); !errors.Is(err, why) {
		t.Errorf("a run that begins cancelled gave %v", err)
	}
	n.Int64s()[0] = 1
	run(t, s, []*ort.Tensor{n, w, x}, []*ort.Tensor{y})
}

func TestConcurrentRuns(t *testing.T) {
	orttest.NoLeaks(t)
	s := orttest.Session(t, add(), ort.Options{IntraOpThreads: 1})
	x := orttest.Tensor[float32](t, []int64{1, 2}, 1, 2)
	var wg sync.WaitGroup
	for range 8 {
		z := orttest.Tensor[float32](t, []int64{1, 2}, 0, 0)
		wg.Go(func() {
			for range 50 {
				if err := s.Run(t.Context(), []*ort.Tensor{x, x}, []*ort.Tensor{z}); err != nil || z.Float32s()[1] != 4 {
					t.Errorf("z = %v, %v", z.Float32s(), err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestOptions(t *testing.T) {
	orttest.NoLeaks(t)
	dir := t.TempDir()
	registered := false
	opts := ort.Options{
		IntraOpThreads: 1, Spinning: true, Arena: true, MemPattern: true, Optimization: ort.OptimizeExtended,
		DisabledOptimizers: []string{"EliminateDropout", "GeluFusion"}, DenormalAsZero: true, RecordPlacement: true,
		ProfilePrefix: filepath.Join(dir, "profile"), OptimizedModelPath: filepath.Join(dir, "optimized.onnx"),
		Config: map[string]string{"session.disable_prepacking": "1"},
		Register: func(api, options unsafe.Pointer) error {
			registered = api != nil && options != nil
			return nil
		},
	}
	s := orttest.Session(t, add(), opts)
	x := orttest.Tensor[float32](t, []int64{1, 2}, 1, 2)
	run(t, s, []*ort.Tensor{x, x}, []*ort.Tensor{orttest.Tensor[float32](t, []int64{1, 2}, 0, 0)})
	placed, err := s.Placement()
	if err != nil || len(placed) != 1 || placed[0].Provider != "CPUExecutionProvider" || placed[0].Nodes != 1 || placed[0].Ops["Add"] != 1 {
		t.Errorf("placement %v, %v", placed, err)
	}
	profile, err := s.EndProfiling()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{profile, opts.OptimizedModelPath} {
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s was not written: %v", path, err)
		}
	}
	if !registered {
		t.Error("Register was not called with the table and the options")
	}
}

func TestOptionFaults(t *testing.T) {
	orttest.NoLeaks(t)
	env := orttest.Env(t)
	refuse := errors.New("no such operator")
	for name, opts := range map[string]ort.Options{
		"negative threads":    {IntraOpThreads: -1},
		"unknown level":       {Optimization: 99},
		"register":            {Register: func(_, _ unsafe.Pointer) error { return refuse }},
		"unknown config form": {Config: map[string]string{"": "1"}},
	} {
		s, err := env.NewSession(add(), opts)
		if err == nil {
			t.Errorf("%s: accepted", name)
			s.Close()
		}
		if name == "register" && !errors.Is(err, refuse) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	s := orttest.Session(t, add(), ort.Options{})
	if _, err := s.Placement(); err == nil || !strings.Contains(err.Error(), "RecordPlacement") {
		t.Errorf("placement without recording gave %v", err)
	}
}

func BenchmarkRun(b *testing.B) {
	s := orttest.Cached(b, add())
	x, z := orttest.Tensor[float32](b, []int64{1, 2}, 1, 2), orttest.Tensor[float32](b, []int64{1, 2}, 0, 0)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	for b.Loop() {
		if err := s.Run(ctx, []*ort.Tensor{x, x}, []*ort.Tensor{z}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRunManyTensors has as many inputs as a 12-layer encoder's training
// graph has parameters.
func BenchmarkRunManyTensors(b *testing.B) {
	graph := [][]byte{node("Identity", "y", "x0"), output("y", float, 1)}
	inputs := make([]*ort.Tensor, 200)
	for i := range inputs {
		graph = append(graph, input(fmt.Sprint("x", i), float, 1))
		inputs[i] = orttest.Tensor[float32](b, []int64{1}, 1)
	}
	s := orttest.Cached(b, model(graph...))
	y := []*ort.Tensor{orttest.Tensor[float32](b, []int64{1}, 0)}
	for b.Loop() {
		if err := s.Run(b.Context(), inputs, y); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReshape(b *testing.B) {
	s := orttest.Cached(b, add())
	x, z := orttest.Tensor(b, []int64{2, 2}, make([]float32, 4)...), orttest.Tensor(b, []int64{2, 2}, make([]float32, 4)...)
	n := int64(0)
	for b.Loop() {
		n = 3 - max(n, 1)
		_, _ = x.Reshape(n, 2), z.Reshape(n, 2)
		if err := s.Run(b.Context(), []*ort.Tensor{x, x}, []*ort.Tensor{z}); err != nil {
			b.Fatal(err)
		}
	}
}

package odtc_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk/disktest"
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// alike compares checkpoints by content.
var alike = cmp.Options{
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".closers" }, cmp.Ignore()),
	cmp.Comparer(func(a, b odtc.Tensor) bool {
		x, xerr := a.Bytes()
		y, yerr := b.Bytes()
		return a.Name == b.Name && a.DType == b.DType && len(a.Dims) == len(b.Dims) && (len(a.Dims) == 0 || cmp.Equal(a.Dims, b.Dims)) &&
			(a.Data == nil) == (b.Data == nil) && bytes.Equal(x, y) && xerr == nil && yerr == nil
	}),
}

func floats(name string, v []float32, dims ...int64) odtc.Tensor {
	return odtc.Tensor{Name: name, DType: onnx.Float, Dims: dims, Data: odtc.Floats(v)}
}

func ramp(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i) - 0.25
	}
	return v
}

// sample has every kind of thing that a checkpoint can hold.
func sample() *odtc.Checkpoint {
	return &odtc.Checkpoint{
		Trainable: []odtc.Tensor{
			floats("encoder.weight", ramp(60), 20, 3),
			floats("bias", []float32{1}, 1),
			floats("scale", []float32{float32(math.Inf(-1))}),
		},
		Frozen: []odtc.Tensor{
			{Name: "odd", DType: onnx.Uint8, Dims: []int64{3}, Data: odtc.Bytes("abc")},
			{Name: "position_ids", DType: onnx.Int64, Dims: []int64{1, 9}, Data: odtc.Bytes(strings.Repeat("x", 72))},
			{Name: "none", DType: onnx.Float, Dims: []int64{0, 4}, Data: odtc.Bytes(nil)},
		},
		Groups: []odtc.OptimizerGroup{{
			Name: "group0", Step: 1 << 40, InitialLearningRate: 5e-5,
			States: []odtc.ParameterState{
				{Parameter: "encoder.weight", Moments: []odtc.Tensor{floats("momentum0", ramp(60), 20, 3), floats("momentum1", ramp(60), 20, 3)}},
				{Parameter: "bias", Moments: []odtc.Tensor{floats("momentum0", []float32{2}, 1), floats("momentum1", []float32{3}, 1)}},
			},
		}, {Name: "empty"}},
		Properties: odtc.Properties{
			Ints:    map[string]int64{"epoch": -3, "zero": 0},
			Floats:  map[string]float32{"lr": 1e-4, "zero": 0},
			Strings: map[string]string{"data": "über", "empty": ""},
		},
	}
}

// store is the files of a checkpoint in memory, in the order of writing.
type store struct {
	files map[string][]byte
	order []string
}

type storeFile struct {
	bytes.Buffer
	s      *store
	suffix string
}

func (f *storeFile) Close() error {
	f.s.files[f.suffix] = f.Bytes()
	f.s.order = append(f.s.order, f.suffix)
	return nil
}

func (s *store) create(suffix string, _ int64) (io.WriteCloser, error) {
	return &storeFile{s: s, suffix: suffix}, nil
}

func (s *store) side(suffix string) (odtc.Data, error) {
	b, ok := s.files[suffix]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return odtc.Bytes(b), nil
}

func write(t *testing.T, c *odtc.Checkpoint, o odtc.Options) *store {
	t.Helper()
	s := &store{files: map[string][]byte{}}
	if err := odtc.Write(s.create, c, o); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRoundTrip(t *testing.T) {
	tests := []struct {
		name    string
		options odtc.Options
		files   []string
	}{
		{"inline", odtc.Options{}, []string{""}},
		{"external", odtc.Options{ExternalFrom: 1}, []string{".data", ""}},
		{"moments aside", odtc.Options{Limit: 1900}, []string{".moments", ""}},
		{"both", odtc.Options{Limit: 1300, ExternalFrom: 1}, []string{".data", ".moments", ""}},
		{"external because of the limit", odtc.Options{Limit: 1200}, []string{".data", ".moments", ""}},
	}
	for _, tt := range tests {
		want := sample()
		s := write(t, want, tt.options)
		if diff := cmp.Diff(tt.files, s.order); diff != "" {
			t.Errorf("%s: files of %d bytes: %s", tt.name, len(s.files[""]), diff)
		}
		if limit := tt.options.Limit; limit > 0 && int64(len(s.files[""])) > limit {
			t.Errorf("%s: %d bytes, limit %d", tt.name, len(s.files[""]), limit)
		}
		got, err := odtc.Read(odtc.Bytes(s.files[""]), s.side)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(want, got, alike); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		again := write(t, got, tt.options)
		if diff := cmp.Diff(s.files, again.files); diff != "" {
			t.Errorf("%s: the second writing differs", tt.name)
		}
	}
}

func TestBytesOfTheFile(t *testing.T) {
	b := write(t, &odtc.Checkpoint{}, odtc.Options{}).files[""]
	if string(b[4:8]) != "ODTC" {
		t.Errorf("identifier %q", b[4:8])
	}
	nominal := sample()
	nominal.Nominalize()
	got, err := odtc.Read(odtc.Bytes(write(t, nominal, odtc.Options{}).files[""]), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(nominal, got, alike); diff != "" {
		t.Error(diff)
	}
	if got.Trainable[0].Data != nil || !got.Nominal || got.Trainable[0].DType != onnx.Float {
		t.Errorf("nominal tensor %+v", got.Trainable[0])
	}
}

func TestWriteRefuses(t *testing.T) {
	a := floats("a", []float32{1}, 1)
	group := func(m ...odtc.Tensor) []odtc.OptimizerGroup {
		return []odtc.OptimizerGroup{{Name: "g", States: []odtc.ParameterState{{Parameter: "a", Moments: m}}}}
	}
	tests := []struct {
		name string
		c    odtc.Checkpoint
		o    odtc.Options
		want error
		text string
	}{
		{"name twice", odtc.Checkpoint{Trainable: []odtc.Tensor{a}, Frozen: []odtc.Tensor{a}}, odtc.Options{}, odtc.ErrTensor, `"a"`},
		{"moment twice", odtc.Checkpoint{Groups: group(a, a)}, odtc.Options{}, odtc.ErrTensor, `moments of "a"`},
		{"group twice", odtc.Checkpoint{Groups: append(group(), group()...)}, odtc.Options{}, odtc.ErrTensor, `group "g"`},
		{"state twice", odtc.Checkpoint{Groups: []odtc.OptimizerGroup{{States: make([]odtc.ParameterState, 2)}}}, odtc.Options{}, odtc.ErrTensor, "state"},
		{"no data", odtc.Checkpoint{Trainable: []odtc.Tensor{{Name: "a", DType: onnx.Float}}}, odtc.Options{}, odtc.ErrTensor, "without data"},
		{"wrong size", odtc.Checkpoint{Trainable: []odtc.Tensor{floats("a", ramp(3), 2)}}, odtc.Options{}, odtc.ErrTensor, "want 8 bytes"},
		{"negative", odtc.Checkpoint{Trainable: []odtc.Tensor{floats("a", nil, -1)}}, odtc.Options{}, odtc.ErrTensor, "[-1]"},
		{"huge", odtc.Checkpoint{Trainable: []odtc.Tensor{floats("a", nil, 1<<40, 1<<40)}}, odtc.Options{}, odtc.ErrTensor, "too large"},
		{"strings", odtc.Checkpoint{Trainable: []odtc.Tensor{{Name: "a", DType: onnx.String}}}, odtc.Options{}, odtc.ErrTensor, "string"},
		{"unknown type", odtc.Checkpoint{Trainable: []odtc.Tensor{{Name: "a", DType: 99}}}, odtc.Options{}, odtc.ErrTensor, "99"},
		{"rank", odtc.Checkpoint{Trainable: []odtc.Tensor{floats("a", nil, make([]int64, 65)...)}}, odtc.Options{}, odtc.ErrTensor, "65"},
		{"too large", odtc.Checkpoint{Trainable: []odtc.Tensor{a}}, odtc.Options{Limit: 50}, odtc.ErrTooLarge, "50"},
		{"moments of an odd type", odtc.Checkpoint{Groups: group(odtc.Tensor{Name: "m", DType: onnx.Complex64, Dims: []int64{9}, Data: make(odtc.Bytes, 72)})}, odtc.Options{Limit: 250}, odtc.ErrTensor, "complex64"},
	}
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "checkpoint")
		err := odtc.WriteFile(disk.OS(), path, &tt.c, tt.o)
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: got %v, want %v with %q", tt.name, err, tt.want, tt.text)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 0 {
			t.Errorf("%s: left %v", tt.name, left)
		}
	}
}

func TestFloatsNeedTheirShape(t *testing.T) {
	a := floats("a", ramp(100_000), 100_000)
	got := make([]float32, 100_000)
	if err := a.Float32(got); err != nil || !cmp.Equal(got, ramp(100_000)) {
		t.Errorf("floats changed: %v", err)
	}
	b := odtc.Tensor{Name: "b", DType: onnx.Int32, Dims: []int64{1}, Data: odtc.Bytes("1234")}
	for _, err := range []error{a.Float32(got[1:]), b.Float32(got[:1]), (&odtc.Tensor{}).Float32(nil)} {
		if !errors.Is(err, odtc.ErrTensor) {
			t.Errorf("got %v, want ErrTensor", err)
		}
	}
	if _, err := a.Data.ReadAt(make([]byte, 3), 0); err == nil {
		t.Error("a float was cut")
	}
	for _, d := range []odtc.Data{odtc.Floats(nil), odtc.Bytes(nil)} {
		if n, err := d.ReadAt(make([]byte, 4), 4); n != 0 || err != io.EOF {
			t.Errorf("past the end: %d, %v", n, err)
		}
	}
}

// onDisk writes the sample with both side files and returns its path.
func onDisk(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "checkpoint")
	if err := odtc.WriteFile(disk.OS(), path, sample(), odtc.Options{ExternalFrom: 1, Limit: 1300}); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen(t *testing.T) {
	path := onDisk(t)
	c, err := odtc.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), c, alike); diff != "" {
		t.Error(diff)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Trainable[0].Bytes(); err == nil {
		t.Error("data can be read from a closed checkpoint")
	}
	if err := c.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestSideFiles(t *testing.T) {
	tests := []struct {
		name, suffix string
		spoil        func(path string) error
	}{
		{"no data file", ".data", os.Remove},
		{"short data file", ".data", func(p string) error { return os.Truncate(p, 200) }},
		{"no moments", ".moments", os.Remove},
		{"short moments", ".moments", func(p string) error { return os.Truncate(p, 200) }},
		{"other moments", ".moments", func(p string) error {
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			b[len(b)-1] ^= 1
			return os.WriteFile(p, b, 0o600)
		}},
	}
	for _, tt := range tests {
		path := onDisk(t)
		if err := tt.spoil(path + tt.suffix); err != nil {
			t.Fatal(err)
		}
		_, err := odtc.Open(path)
		if !errors.Is(err, odtc.ErrSideFile) || !strings.Contains(err.Error(), tt.suffix) {
			t.Errorf("%s: got %v, want ErrSideFile naming %s", tt.name, err, tt.suffix)
		}
	}
	b, err := os.ReadFile(onDisk(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := odtc.Read(odtc.Bytes(b), nil); !errors.Is(err, odtc.ErrSideFile) {
		t.Errorf("from memory: got %v, want ErrSideFile", err)
	}
	if _, err := odtc.Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: got %v", err)
	}
}

// TestEveryFault lets each file operation fail: the error comes through and no
// hidden file stays.
func TestEveryFault(t *testing.T) {
	for at := 1; ; at++ {
		path := filepath.Join(t.TempDir(), "checkpoint")
		faults := &disktest.Faults{FS: disk.OS(), At: at, Err: syscall.ENOSPC}
		err := odtc.WriteFile(faults, path, sample(), odtc.Options{ExternalFrom: 1, Limit: 1300})
		if faults.Failed() == "" {
			if err != nil || at < 15 {
				t.Fatalf("after %d calls: %v", at-1, err)
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "checkpoint") {
			t.Errorf("%s: got %v", faults.Failed(), err)
		}
		left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
		if err != nil || len(left) > 0 {
			t.Errorf("%s: left %v", faults.Failed(), left)
		}
	}
}

func Example() {
	folder, err := os.MkdirTemp("", "odtc")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "checkpoint")
	err = odtc.WriteFile(disk.OS(), path, &odtc.Checkpoint{
		Trainable: []odtc.Tensor{{Name: "classifier.bias", DType: onnx.Float, Dims: []int64{2}, Data: odtc.Floats{0.5, -0.5}}},
	}, odtc.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := odtc.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	bias := make([]float32, 2)
	err = c.Trainable[0].Float32(bias)
	fmt.Println(c.Trainable[0].Name, c.Trainable[0].Dims, bias, err)
	// Output: classifier.bias [2] [0.5 -0.5] <nil>
}

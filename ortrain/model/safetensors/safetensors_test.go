package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk/disktest"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
)

// file puts a header before data.
func file(header string, data ...byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func open(b []byte) (*safetensors.File, error) {
	return safetensors.NewFile("case", bytes.NewReader(b), int64(len(b)))
}

func TestFaultsByName(t *testing.T) {
	four := make([]byte, 4)
	tests := []struct {
		name string
		file []byte
		want error
	}{
		{"empty file", nil, safetensors.ErrHeader},
		{"length beyond the file", file("{}")[:9], safetensors.ErrHeader},
		{"length beyond the bound", append(bytes.Repeat([]byte{0xff}, 8), "{}"...), safetensors.ErrHeader},
		{"empty header", file(""), safetensors.ErrHeader},
		{"no object", file("[]"), safetensors.ErrHeader},
		{"space first", file(" {}"), safetensors.ErrHeader},
		{"not UTF-8", file("{\"\xff\":{}}"), safetensors.ErrHeader},
		{"cut JSON", file(`{"a":{"dtype":"F32"`), safetensors.ErrHeader},
		{"text behind", file(`{}{}`), safetensors.ErrHeader},
		{"no offsets", file(`{"a":{"dtype":"F32","shape":[1]}}`, four...), safetensors.ErrHeader},
		{"three offsets", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}`, four...), safetensors.ErrHeader},
		{"unknown key", file(`{"a":{"dtype":"F32","shape":[1],"offsets":[0,4]}}`, four...), safetensors.ErrHeader},
		{"negative shape", file(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, four...), safetensors.ErrHeader},
		{"fraction in shape", file(`{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}`, four...), safetensors.ErrHeader},
		{"string in shape", file(`{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}`, four...), safetensors.ErrHeader},
		{"rank too high", file(`{"a":{"dtype":"U8","shape":[`+strings.Repeat("1,", 64)+`4],"data_offsets":[0,4]}}`, four...), safetensors.ErrHeader},
		{"metadata not text", file(`{"__metadata__":{"a":1}}`), safetensors.ErrHeader},
		{"name twice", file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}`, four...), safetensors.ErrDuplicate},
		{"key twice", file(`{"a":{"dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, four...), safetensors.ErrDuplicate},
		{"metadata twice", file(`{"__metadata__":{},"__metadata__":{}}`), safetensors.ErrDuplicate},
		{"unknown type", file(`{"a":{"dtype":"F4","shape":[8],"data_offsets":[0,4]}}`, four...), safetensors.ErrDType},
		{"wrong type for size", file(`{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,4]}}`, four...), safetensors.ErrSize},
		{"wrong shape for size", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, four...), safetensors.ErrSize},
		{"shape overflows", file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`), safetensors.ErrSize},
		{"backwards", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, four...), safetensors.ErrRange},
		{"past the end", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, four...), safetensors.ErrRange},
		{"far past the end", file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}}`, four...), safetensors.ErrRange},
		{"overlap", file(`{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}`, four...), safetensors.ErrOverlap},
		{"same bytes", file(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`, four...), safetensors.ErrOverlap},
		{"gap before", file(`{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}`, four...), safetensors.ErrGap},
		{"gap behind", file(`{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}`, four...), safetensors.ErrGap},
		{"bytes without a tensor", file(`{}`, four...), safetensors.ErrGap},
	}
	for _, tt := range tests {
		_, err := open(tt.file)
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), "safetensors: case: ") {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestReadsWhatTheFormatAllows(t *testing.T) {
	f, err := open(file(`{"b":{"data_offsets":[4,6],"dtype":"BF16","shape":[]},"__metadata__":{"format":"pt"},`+
		`"empty":{"dtype":"I64","shape":[0,3],"data_offsets":[4,4]},"a":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}   `,
		1, 2, 3, 4, 0x80, 0x3f))
	if err != nil {
		t.Fatal(err)
	}
	start := f.Infos()[0].Offset
	want := []safetensors.Info{
		{Name: "a", DType: safetensors.U8, Shape: []int64{2, 2}, Offset: start, Size: 4},
		{Name: "empty", DType: safetensors.I64, Shape: []int64{0, 3}, Offset: start + 4},
		{Name: "b", DType: safetensors.BF16, Offset: start + 4, Size: 2},
	}
	if diff := cmp.Diff(want, f.Infos()); diff != "" {
		t.Error(diff)
	}
	if f.Metadata()["format"] != "pt" {
		t.Errorf("metadata %v", f.Metadata())
	}
	one := make([]float32, 1)
	if err := f.ReadFloat32("b", one); err != nil || one[0] != 1 {
		t.Errorf("b = %v, %v; want 1", one, err)
	}
	for name, want := range map[string]error{"a": safetensors.ErrDType, "c": safetensors.ErrNotFound} {
		if err := f.ReadFloat32(name, one); !errors.Is(err, want) {
			t.Errorf("read %s: got %v, want %v", name, err, want)
		}
	}
	if err := f.ReadFloat32("b", nil); !errors.Is(err, safetensors.ErrSize) {
		t.Errorf("read into nothing: got %v, want ErrSize", err)
	}
	if s, err := f.Section("a"); err != nil || s.Size() != 4 {
		t.Errorf("section of a: %v", err)
	}
}

// TestWidening compares every half against its definition in float64.
func TestWidening(t *testing.T) {
	data := make([]byte, 0, 1<<17)
	for h := range 1 << 16 {
		data = binary.LittleEndian.AppendUint16(data, uint16(h))
	}
	for _, d := range []safetensors.DType{safetensors.F16, safetensors.BF16} {
		f, err := open(file(fmt.Sprintf(`{"h":{"dtype":"%s","shape":[65536],"data_offsets":[0,131072]}}`, d), data...))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, 1<<16)
		if err := f.ReadFloat32("h", got); err != nil {
			t.Fatal(err)
		}
		for h, v := range got {
			want := define(d, uint16(h))
			if float64(v) != want && !(math.IsNaN(float64(v)) && math.IsNaN(want)) || math.Signbit(float64(v)) != (h>>15 == 1) {
				t.Fatalf("%s %#04x = %g, want %g", d, h, v, want)
			}
		}
	}
}

// define is the value of a half by IEEE 754: (-1)^s · 2^(e-bias) · 1.f.
func define(d safetensors.DType, h uint16) float64 {
	fractionBits, bias := 10, 15
	if d == safetensors.BF16 {
		fractionBits, bias = 7, 127
	}
	e := int(h&0x7fff) >> fractionBits
	f := float64(int(h)&(1<<fractionBits-1)) / float64(int(1)<<fractionBits)
	var v float64
	switch {
	case e == 2*bias+1 && f == 0:
		v = math.Inf(1)
	case e == 2*bias+1:
		return math.NaN()
	case e == 0:
		v = math.Ldexp(f, 1-bias)
	default:
		v = math.Ldexp(1+f, e-bias)
	}
	if h>>15 == 1 {
		v = -v
	}
	return v
}

func TestDoublesAreRounded(t *testing.T) {
	data := binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.Pi))
	f, err := open(file(`{"pi":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, data...))
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 1)
	if err := f.ReadFloat32("pi", got); err != nil || got[0] != math.Pi {
		t.Errorf("got %v, %v", got, err)
	}
}

// ramp is longer than the reader's and writer's chunk.
func ramp(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i) / 3
	}
	return v
}

func TestRoundTrip(t *testing.T) {
	big := ramp(100_003)
	path := filepath.Join(t.TempDir(), safetensors.FileName)
	tensors := []safetensors.Tensor{
		{Name: "weight", DType: safetensors.F32, Shape: []int64{100_003}, Floats: big},
		{Name: `odd "name" <é>`, DType: safetensors.F32, Floats: []float32{float32(math.NaN())}},
		{Name: "none", DType: safetensors.F32, Shape: []int64{3, 0}},
		{Name: "ids", DType: safetensors.U8, Shape: []int64{3}, Bytes: strings.NewReader("abc")},
	}
	if err := safetensors.WriteFile(disk.OS(), path, tensors, nil); err != nil {
		t.Fatal(err)
	}
	set, err := safetensors.OpenFolder(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	for i, info := range set.Infos() {
		if info.Name != tensors[i].Name || !cmp.Equal(info.Shape, tensors[i].Shape) {
			t.Errorf("tensor %d is %+v, want %+v", i, info, tensors[i])
		}
	}
	if info, _ := set.Lookup("weight"); info.Offset%8 != 0 {
		t.Errorf("data starts at %d, not aligned", info.Offset)
	}
	got := make([]float32, len(big))
	if err := set.ReadFloat32("weight", got); err != nil || !cmp.Equal(got, big) {
		t.Errorf("floats changed, %v", err)
	}
	s, err := set.Section("ids")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(s); string(text) != "abc" || err != nil {
		t.Errorf("bytes %q, %v", text, err)
	}
}

func TestWriteRefuses(t *testing.T) {
	one := []float32{1}
	a := safetensors.Tensor{Name: "a", DType: safetensors.F32, Shape: []int64{1}, Floats: one}
	tests := []struct {
		name    string
		tensors []safetensors.Tensor
		want    error
	}{
		{"name twice", []safetensors.Tensor{a, a}, safetensors.ErrDuplicate},
		{"reserved name", []safetensors.Tensor{{Name: "__metadata__", DType: safetensors.F32, Floats: one}}, safetensors.ErrDuplicate},
		{"bad name", []safetensors.Tensor{{Name: "\xff", DType: safetensors.F32, Floats: one}}, safetensors.ErrHeader},
		{"no type", []safetensors.Tensor{{Name: "a", Floats: one}}, safetensors.ErrDType},
		{"floats as halves", []safetensors.Tensor{{Name: "a", DType: safetensors.F16, Floats: one}}, safetensors.ErrDType},
		{"too few", []safetensors.Tensor{{Name: "a", DType: safetensors.F32, Shape: []int64{2}, Floats: one}}, safetensors.ErrSize},
		{"nothing", []safetensors.Tensor{{Name: "a", DType: safetensors.F32, Shape: []int64{2}}}, safetensors.ErrSize},
		{"negative", []safetensors.Tensor{{Name: "a", DType: safetensors.F32, Shape: []int64{-1}, Floats: one}}, safetensors.ErrSize},
		{"both", []safetensors.Tensor{{Name: "a", DType: safetensors.F32, Floats: one, Bytes: strings.NewReader("1234")}}, safetensors.ErrSize},
		{"short reader", []safetensors.Tensor{{Name: "a", DType: safetensors.F32, Bytes: strings.NewReader("123")}}, safetensors.ErrSize},
		{"long reader", []safetensors.Tensor{{Name: "a", DType: safetensors.F32, Bytes: strings.NewReader("12345")}}, safetensors.ErrSize},
	}
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "out")
		if err := safetensors.WriteFile(disk.OS(), path, tt.tensors, nil); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 0 {
			t.Errorf("%s: left %v", tt.name, left)
		}
	}
}

func TestWriteIsAtomic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	full := &disktest.Faults{FS: disk.OS(), At: 2, Err: syscall.ENOSPC}
	err := safetensors.WriteFile(full, path, []safetensors.Tensor{{Name: "a", DType: safetensors.F32, Floats: []float32{1}}}, nil)
	var space *disk.SpaceError
	if !errors.As(err, &space) || space.Need < 12 {
		t.Errorf("got %v, want a SpaceError with the bytes needed", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func FuzzNewFile(f *testing.F) {
	f.Add(file(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"__metadata__":{"format":"pt"}}`, 0, 60, 0, 64))
	f.Add(file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`))
	f.Add(file(`{"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}`, make([]byte, 8)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := open(b)
		if err != nil {
			return
		}
		var again bytes.Buffer
		var tensors []safetensors.Tensor
		for _, info := range file.Infos() {
			if info.DType.IsFloat() {
				if err := file.ReadFloat32(info.Name, make([]float32, info.Len())); err != nil {
					t.Errorf("read %q: %v", info.Name, err)
				}
			}
			s, err := file.Section(info.Name)
			if err != nil {
				t.Fatal(err)
			}
			tensors = append(tensors, safetensors.Tensor{Name: info.Name, DType: info.DType, Shape: info.Shape, Bytes: s})
		}
		if err := safetensors.Write(&again, tensors, file.Metadata()); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		copied, err := open(again.Bytes())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if len(copied.Infos()) != len(file.Infos()) {
			t.Errorf("%d tensors became %d", len(file.Infos()), len(copied.Infos()))
		}
	})
}

func Example() {
	var b bytes.Buffer
	err := safetensors.Write(&b, []safetensors.Tensor{
		{Name: "classifier.bias", DType: safetensors.F32, Shape: []int64{2}, Floats: []float32{0.5, -0.5}},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := safetensors.NewFile("memory", bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	bias := make([]float32, 2)
	err = f.ReadFloat32("classifier.bias", bias)
	fmt.Println(f.Infos()[0].DType, f.Infos()[0].Shape, bias, err)
	// Output: F32 [2] [0.5 -0.5] <nil>
}

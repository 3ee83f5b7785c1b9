package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
)

// sharedFiles lists other people's ONNX files.
func sharedFiles(t testing.TB) []string {
	root := os.Getenv("ORTRAIN_SHARED")
	if root == "" {
		root = "../../../../shared"
	}
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".onnx" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Skipf("no ONNX files in %s (%v); set ORTRAIN_SHARED to the shared folder", root, err)
	}
	return files
}

func mustEncode(t testing.TB, m *onnx.Model) []byte {
	t.Helper()
	data, err := wire.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mustDecode(t testing.TB, data []byte) *onnx.Model {
	t.Helper()
	m, err := wire.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// roundTrip checks the codec's law: what Encode wrote comes back byte for byte
// and with the same structure.
func roundTrip(t testing.TB, m *onnx.Model) {
	t.Helper()
	first := mustEncode(t, m)
	back := mustDecode(t, first)
	onnxtest.Equal(t, back, m)
	if second := mustEncode(t, back); !bytes.Equal(first, second) {
		t.Errorf("encoded again: %d bytes that differ from the %d before", len(second), len(first))
	}
}

func TestGoldenFilesOfOthersRoundTrip(t *testing.T) {
	for _, path := range sharedFiles(t) {
		t.Run(filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), func(t *testing.T) {
			m, err := wire.ReadFile(path, wire.Options{})
			if err != nil {
				t.Fatal(err)
			}
			roundTrip(t, m)
		})
	}
}

func TestMadeModelsRoundTrip(t *testing.T) {
	for seed := range uint64(200) {
		roundTrip(t, onnxtest.Random(seed))
		roundTrip(t, onnxtest.Exotic(seed))
	}
}

func TestIRVersions(t *testing.T) {
	for version := int64(3); version <= 11; version++ {
		m := onnxtest.Random(1)
		m.IRVersion = version
		if back := mustDecode(t, mustEncode(t, m)); back.IRVersion != version {
			t.Errorf("IR version %d came back as %d", version, back.IRVersion)
		}
	}
}

// What the representation has no place for is carried along.
func TestUnknownFieldsAreKept(t *testing.T) {
	data := mustEncode(t, onnxtest.Random(3))
	data = protowire.AppendTag(data, 20, protowire.BytesType) // training_info
	data = protowire.AppendBytes(data, []byte{0x0a, 0x00})
	data = protowire.AppendTag(data, 999, protowire.VarintType) // of a later version
	data = protowire.AppendVarint(data, 7)
	once := mustEncode(t, mustDecode(t, data))
	if !bytes.Contains(once, []byte{0x0a, 0x00}) || len(once) != len(data) {
		t.Errorf("%d bytes with unknown fields became %d", len(data), len(once))
	}
	if twice := mustEncode(t, mustDecode(t, once)); !bytes.Equal(once, twice) {
		t.Error("the second round changed bytes")
	}
}

// Typed data fields become raw data with the same values.
func TestTypedDataBecomesRaw(t *testing.T) {
	packed := func(values ...uint64) []byte {
		var b []byte
		for _, v := range values {
			b = protowire.AppendVarint(b, v)
		}
		return b
	}
	floats := protowire.AppendFixed32(protowire.AppendFixed32(nil, 0x3f800000), 0xc0000000)
	minus := int64(-3)
	for _, c := range []struct {
		dtype onnx.DType
		field protowire.Number
		data  []byte
		want  *onnx.Tensor
	}{
		{onnx.Float, 4, floats, onnx.NewTensor([]int64{2}, float32(1), -2)},
		{onnx.Int32, 5, packed(7, uint64(minus)), onnx.NewTensor([]int64{2}, int32(7), -3)},
		{onnx.Bool, 5, packed(1, 0), &onnx.Tensor{DType: onnx.Bool, Dims: []int64{2}, Raw: []byte{1, 0}}},
		{onnx.Float16, 5, packed(0x3c00, 0xbc00), &onnx.Tensor{DType: onnx.Float16, Dims: []int64{2}, Raw: []byte{0, 0x3c, 0, 0xbc}}},
		{onnx.Int64, 7, packed(7, uint64(minus)), onnx.NewTensor([]int64{2}, int64(7), -3)},
	} {
		var tensor []byte
		tensor = protowire.AppendVarint(protowire.AppendTag(tensor, 1, protowire.VarintType), 2) // dims
		tensor = protowire.AppendVarint(protowire.AppendTag(tensor, 2, protowire.VarintType), uint64(c.dtype))
		tensor = protowire.AppendBytes(protowire.AppendTag(tensor, c.field, protowire.BytesType), c.data)
		tensor = protowire.AppendString(protowire.AppendTag(tensor, 8, protowire.BytesType), "w")
		m := mustDecode(t, modelWith(t, 5, tensor))
		got := m.Graph.Initializer("w")
		if got == nil || got.Init.DType != c.want.DType || !bytes.Equal(got.Init.Raw, c.want.Raw) {
			t.Errorf("%s: got %+v, want %+v", c.dtype, got, c.want)
		}
	}
}

// modelWith is a small model whose graph has one more field.
func modelWith(_ testing.TB, field protowire.Number, value []byte) []byte {
	sub := func(to []byte, n protowire.Number, fields ...[]byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(to, n, protowire.BytesType), bytes.Join(fields, nil))
	}
	number := func(n protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
	}
	float := sub(nil, 2, sub(nil, 1, number(1, uint64(onnx.Float))))
	graph := sub(nil, 1, sub(nil, 1, []byte("x")), sub(nil, 2, []byte("y")), sub(nil, 4, []byte("Neg")))
	graph = sub(graph, 2, []byte("g"))
	graph = sub(graph, field, value)
	graph = sub(graph, 11, sub(nil, 1, []byte("x")), float)
	graph = sub(graph, 12, sub(nil, 1, []byte("y")), float)
	return sub(sub(number(1, 9), 7, graph), 8, number(2, 17))
}

// Prefixes of a file, and files with one byte changed, are refused by a typed
// error or read; nothing panics.
func TestDamagedBytes(t *testing.T) {
	data := mustEncode(t, onnxtest.Exotic(1))
	const stride = 5 // all of them take half a minute
	for n := 0; n < len(data); n += stride {
		check(t, data[:n])
		damaged := bytes.Clone(data)
		damaged[n] ^= 1 << (n % 8)
		check(t, damaged)
	}
}

// check decodes; what is read must encode and come back.
func check(t testing.TB, data []byte) {
	t.Helper()
	m, err := wire.Decode(data)
	if err != nil {
		if !errors.Is(err, onnx.ErrInvalid) {
			t.Fatalf("got %v, want an error that wraps onnx.ErrInvalid", err)
		}
		return
	}
	encoded, err := wire.Encode(m)
	if err != nil {
		t.Fatalf("a decoded model does not encode: %v", err)
	}
	if again := mustEncode(t, mustDecode(t, encoded)); !bytes.Equal(encoded, again) {
		t.Fatal("the second round changed bytes")
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	data := mustEncode(t, onnxtest.Random(1))
	_, err := wire.Decode(data[:len(data)-3])
	var place *wire.Error
	if !errors.As(err, &place) || place.Reason == "" || place.Offset <= 0 {
		t.Errorf("got %v, want a *wire.Error with place and reason", err)
	}
	cyclic := onnxtest.MustParse(t, `<ir_version: 9, opset_import: ["" : 17]> g (float[2] x) => (float[2] y) { z = Neg (x) y = Neg (z) }`)
	nodes := cyclic.Graph.Nodes
	encoded := mustEncode(t, cyclic)
	nodes[0].Inputs[0] = nodes[1].Outputs[0]
	if _, err := wire.Encode(cyclic); !errors.Is(err, onnx.ErrInvalid) {
		t.Errorf("encoding a cycle: got %v, want ErrInvalid", err)
	}
	// The same cycle in a file: the first node reads y instead of x.
	at := bytes.LastIndex(encoded[:bytes.Index(encoded, []byte("Neg"))], []byte("x"))
	encoded[at] = 'y'
	if _, err := wire.Decode(encoded); !errors.Is(err, onnx.ErrInvalid) {
		t.Errorf("decoding a cycle: got %v, want ErrInvalid", err)
	}
}

// A few bytes must not make the decoder allocate much: lengths and sizes in the
// file are claims.
func TestClaimsAreChecked(t *testing.T) {
	var tensor []byte
	for range 4 { // dims 1<<20 each
		tensor = protowire.AppendVarint(protowire.AppendTag(tensor, 1, protowire.VarintType), 1<<20)
	}
	tensor = protowire.AppendVarint(protowire.AppendTag(tensor, 2, protowire.VarintType), uint64(onnx.Float))
	tensor = protowire.AppendString(protowire.AppendTag(tensor, 8, protowire.BytesType), "w")
	if _, err := wire.Decode(modelWith(t, 5, tensor)); !errors.Is(err, onnx.ErrInvalid) {
		t.Errorf("a tensor of 2^80 elements without data: got %v, want ErrInvalid", err)
	}
	deep := []byte{}
	for range 10_000 { // a type in a type in a type
		deep = protowire.AppendBytes(protowire.AppendTag(nil, 4, protowire.BytesType), protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), deep))
	}
	value := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "deep")
	value = protowire.AppendBytes(protowire.AppendTag(value, 2, protowire.BytesType), deep)
	if _, err := wire.Decode(modelWith(t, 11, value)); !errors.Is(err, onnx.ErrInvalid) {
		t.Errorf("10,000 nested types: got %v, want ErrInvalid", err)
	}
}

func FuzzDecode(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(mustEncode(f, onnxtest.Random(seed)))
		f.Add(mustEncode(f, onnxtest.Exotic(seed)))
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, data) })
}

func Example() {
	m, err := onnx.Parse(`<ir_version: 9, opset_import: ["" : 17]>
		double (float[N] x) => (float[N] y) { y = Add (x, x) }`)
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := wire.Encode(m)
	if err != nil {
		fmt.Println(err)
		return
	}
	back, err := wire.Decode(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(back.Graph.Name, back.Graph.Nodes[0])
	_, err = wire.Decode(data[:20])
	fmt.Println(errors.Is(err, onnx.ErrInvalid))
	// Output:
	// double y = Add (x, x)
	// true
}

package wire

import (
	"encoding/binary"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// typed collects the elements of a tensor as its fields give them, before the
// element type is known for sure.
type typed struct {
	field   protowire.Number // 0 for none
	bytes   []byte           // of raw_data, float_data, double_data
	ints    []int64          // of int32_data, int64_data, uint64_data
	strings []string
}

// tensor reads a TensorProto.
func (d *decoder) tensor(m *message) *onnx.Tensor {
	t := &onnx.Tensor{}
	var data typed
	var external []onnx.Pair
	location := int64(0)
	for m.next() {
		switch m.num {
		case 1:
			m.ints(&t.Dims)
		case 2:
			t.DType = d.dtype(m)
		case 3:
			m.fail("segment", "tensors in segments are not supported; save the model with whole tensors")
		case 4, 5, 6, 7, 9, 10, 11:
			data.read(m)
		case 8:
			t.Name = m.str()
		case 12:
			t.Doc = m.str()
		case 13:
			external = append(external, d.pair(m.sub("external_data", len(external))))
		case 14:
			location = m.int()
		case 16:
			t.Metadata = append(t.Metadata, d.pair(m.sub("metadata_props", len(t.Metadata))))
		default:
			m.keep(&t.Extra)
		}
	}
	m.start = 0
	switch {
	case m.d.err != nil:
	case location == 1 && data.field != 0:
		m.fail("", "tensor %q has data both in the model and in an external file", t.Name)
	case location == 1:
		t.External = readExternal(m, external)
	case location != 0 || len(external) > 0:
		m.fail("data_location", "tensor %q names an external file but data_location is %d; 1 is expected", t.Name, location)
	default:
		data.store(m, t)
	}
	if t.Dims == nil {
		t.Dims = []int64{}
	}
	return t
}

// read takes the current data field.
func (data *typed) read(m *message) {
	if data.field != 0 && data.field != m.num {
		m.fail("", "the tensor has data in two fields, %d and %d", data.field, m.num)
		return
	}
	first := data.field == 0
	data.field = m.num
	var b []byte
	switch m.num {
	case 5, 7, 11:
		m.ints(&data.ints)
		return
	case 6:
		data.strings = append(data.strings, m.str())
		return
	case 4:
		b = m.fixed(4)
	case 10:
		b = m.fixed(8)
	case 9:
		b = m.bytes()
	}
	if first || m.num == 9 {
		data.bytes = b
	} else {
		data.bytes = append(data.bytes, b...) // never into the file: windows on it are capped
	}
}

// store puts the data into t as raw bytes or strings.
func (data *typed) store(m *message, t *onnx.Tensor) {
	t.Raw = data.bytes
	want := fieldOf(t.DType)
	switch {
	case t.DType == onnx.Undefined:
		m.fail("data_type", "tensor %q has no element type", t.Name)
		return
	case data.field != 0 && data.field != want && (data.field != 9 || want == 6):
		m.fail("", "tensor %q of type %s has its data in field %d; %d is expected", t.Name, t.DType, data.field, want)
		return
	case want == 6:
		t.Raw, t.Strings = nil, data.strings
	case data.ints != nil:
		t.Raw = packInts(data.ints, max(t.DType.Bits()/8, 1))
	}
	if t.Raw == nil && want != 6 {
		t.Raw = []byte{}
	}
}

// fieldOf returns the number of the typed data field for d: float_data 4,
// int32_data 5, string_data 6, int64_data 7, double_data 10, uint64_data 11.
func fieldOf(d onnx.DType) protowire.Number {
	switch d {
	case onnx.Float, onnx.Complex64:
		return 4
	case onnx.String:
		return 6
	case onnx.Int64:
		return 7
	case onnx.Double, onnx.Complex128:
		return 10
	case onnx.Uint32, onnx.Uint64:
		return 11
	}
	return 5
}

// packInts stores the low size bytes of every number. Types narrower than a
// byte have a byte of packed elements per number.
func packInts(list []int64, size int) []byte {
	raw := make([]byte, 0, len(list)*size)
	for _, v := range list {
		for i := range size {
			raw = append(raw, byte(v>>(8*i)))
		}
	}
	return raw
}

func floats(raw []byte) []float32 {
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

// readExternal reads where a tensor's data lies.
func readExternal(m *message, pairs []onnx.Pair) *onnx.External {
	e := &onnx.External{Length: -1}
	number := func(p onnx.Pair) int64 {
		n, err := strconv.ParseInt(p.Value, 10, 64)
		if err != nil || n < 0 {
			m.fail("external_data", "%s %q; a number of bytes is expected", p.Key, p.Value)
		}
		return n
	}
	for _, p := range pairs {
		switch p.Key {
		case "location":
			e.Location = p.Value
		case "offset":
			e.Offset = number(p)
		case "length":
			e.Length = number(p)
		case "checksum":
			e.Checksum = p.Value
		default:
			e.Other = append(e.Other, p)
		}
	}
	if err := checkLocation(e.Location); err != nil {
		m.fail("external_data", "%v", err)
	}
	return e
}

// sparse reads a SparseTensorProto.
func (d *decoder) sparse(m *message) *onnx.SparseTensor {
	sp := &onnx.SparseTensor{}
	for m.next() {
		switch m.num {
		case 1:
			sp.Values = d.tensor(m.one("values"))
		case 2:
			sp.Indices = d.tensor(m.one("indices"))
		case 3:
			m.ints(&sp.Dims)
		default:
			m.unknown()
		}
	}
	m.start = 0
	if sp.Values == nil || sp.Indices == nil {
		m.fail("", "a sparse tensor lacks its values or its indices")
		sp.Values, sp.Indices = &onnx.Tensor{}, &onnx.Tensor{}
	}
	return sp
}

package wire

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a cursor over the fields of one protobuf message. Errors stick to
// the decoder: after the first, next returns false everywhere.
type message struct {
	d *decoder
	// up, name and index say which field of which message this is; index is -1
	// for a field that is not repeated.
	up    *message
	name  string
	index int

	b   []byte // the message
	off int    // where b starts in the file
	pos int    // where the next field starts in b

	// The current field.
	start int
	num   protowire.Number
	typ   protowire.Type
	u     uint64 // value of a varint or fixed field
	val   []byte // value of a bytes field
	seen  uint64 // numbers of the submessages met so far
}

// next moves to the next field.
func (m *message) next() bool {
	if m.d.err != nil || m.pos >= len(m.b) {
		return false
	}
	m.start = m.pos
	num, typ, n := protowire.ConsumeTag(m.b[m.pos:])
	if n < 0 {
		return m.damaged(n)
	}
	m.num, m.typ, m.pos = num, typ, m.pos+n
	rest := m.b[m.pos:]
	switch typ {
	case protowire.VarintType:
		m.u, n = protowire.ConsumeVarint(rest)
	case protowire.Fixed32Type:
		var v uint32
		v, n = protowire.ConsumeFixed32(rest)
		m.u = uint64(v)
	case protowire.Fixed64Type:
		m.u, n = protowire.ConsumeFixed64(rest)
	case protowire.BytesType:
		m.val, n = protowire.ConsumeBytes(rest)
	default:
		m.fail("", "wire type %d; ONNX files have no groups: the file is damaged or no ONNX model", typ)
		return false
	}
	if n < 0 {
		return m.damaged(n)
	}
	m.pos += n
	return true
}

// rewind moves before the first field.
func (m *message) rewind() { m.pos, m.seen = 0, 0 }

func (m *message) damaged(n int) bool {
	m.fail("", "%v; the file is cut short, damaged or no ONNX model", protowire.ParseError(n))
	return false
}

// fail records what is wrong with the current field, or with its part last.
func (m *message) fail(last, format string, args ...any) {
	if m.d.err == nil {
		m.d.err = &Error{Offset: int64(m.off + m.start), Path: m.path(last), Reason: fmt.Sprintf(format, args...)}
	}
}

func (m *message) want(t protowire.Type) bool {
	if m.typ == t {
		return true
	}
	m.fail("", "field %d has wire type %d; %d is expected", m.num, m.typ, t)
	return false
}

// sub returns the current field as element index of the repeated message name.
func (m *message) sub(name string, index int) *message {
	s := &message{d: m.d, up: m, name: name, index: index}
	if m.want(protowire.BytesType) {
		s.b, s.off = m.val, m.off+m.pos-len(m.val)
	}
	return s
}

// one returns the current field as the message name, which may occur once.
func (m *message) one(name string) *message {
	if bit := uint64(1) << (m.num & 63); m.seen&bit != 0 {
		m.fail(name, "the field occurs twice; one is expected")
	} else {
		m.seen |= bit
	}
	return m.sub(name, -1)
}

// int returns the current field as an integer.
func (m *message) int() int64 {
	m.want(protowire.VarintType)
	return int64(m.u)
}

// float returns the current field as a float.
func (m *message) float() float32 {
	m.want(protowire.Fixed32Type)
	return math.Float32frombits(uint32(m.u))
}

// bytes returns the current field without copying it.
func (m *message) bytes() []byte {
	if !m.want(protowire.BytesType) {
		return nil
	}
	return m.val[:len(m.val):len(m.val)]
}

// str returns the current field as a string.
func (m *message) str() string { return string(m.bytes()) }

// word returns the current field as a string that occurs often in a file.
func (m *message) word() string {
	b := m.bytes()
	if s, ok := m.d.words[string(b)]; ok {
		return s
	}
	s := string(b)
	m.d.words[s] = s
	return s
}

// keep appends the current field, tag included, to extra.
func (m *message) keep(extra *[]byte) { *extra = append(*extra, m.b[m.start:m.pos]...) }

// unknown refuses the current field.
func (m *message) unknown() {
	m.fail("", "field %d is not known here and cannot be kept", m.num)
}

// ints appends the current field, one integer or a packed list.
func (m *message) ints(list *[]int64) {
	if m.typ == protowire.VarintType {
		*list = append(*list, int64(m.u))
		return
	}
	packed := m.bytes()
	*list = grow(*list, varints(packed))
	for len(packed) > 0 && m.d.err == nil {
		v, n := protowire.ConsumeVarint(packed)
		if n < 0 {
			m.damaged(n)
			return
		}
		*list = append(*list, int64(v))
		packed = packed[n:]
	}
}

// fixed returns the current field as little-endian elements of size bytes, one
// or a packed list.
func (m *message) fixed(size int) []byte {
	switch {
	case m.typ == protowire.Fixed32Type && size == 4:
		return binary.LittleEndian.AppendUint32(nil, uint32(m.u))
	case m.typ == protowire.Fixed64Type && size == 8:
		return binary.LittleEndian.AppendUint64(nil, m.u)
	}
	b := m.bytes()
	if len(b)%size != 0 {
		m.fail("", "field %d has %d bytes; a multiple of %d is expected", m.num, len(b), size)
	}
	return b
}

// varints counts the numbers in packed: the bytes that end one.
func varints(packed []byte) int {
	n := 0
	for _, b := range packed {
		if b < 0x80 {
			n++
		}
	}
	return n
}

func grow(list []int64, n int) []int64 {
	if list == nil {
		return make([]int64, 0, n)
	}
	return list
}

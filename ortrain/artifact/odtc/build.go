package odtc

import "encoding/binary"

// builder lays out a FlatBuffer front to back: tables, shapes and names first,
// the tensors' data behind them. The usual builder goes back to front and
// needs the whole file in memory; here only the tables are, and the data is
// copied straight from its place to the file.
type builder struct {
	buf   []byte
	blobs []blob
}

// blob is a data vector that will stand behind the tables.
type blob struct {
	ref  int // where the offset that points to it stands
	data Data
}

// object is something that an offset can point to. build appends it to the
// buffer and returns its position; a data vector returns -1 and is placed at
// the end.
type object func(b *builder, ref int) int

// field is one field of a table. Fields with default values are left out of
// tables by not listing them.
type field struct {
	id, width int
	bits      uint64
	child     object // of an offset
}

func scalar(id, width int, bits uint64) field { return field{id: id, width: width, bits: bits} }
func reference(id int, child object) field    { return field{id: id, width: 4, child: child} }

// refer makes the offset at ref point to a position.
func (b *builder) refer(ref, to int) {
	binary.LittleEndian.PutUint32(b.buf[ref:], uint32(to-ref))
}

// pad appends zeros until the buffer ends behind bytes past a multiple of align.
func (b *builder) pad(align, behind int) {
	b.buf = append(b.buf, make([]byte, (behind-len(b.buf)%align+align)%align)...)
}

const wide = 8 // the largest alignment

// tableOf is a table of the given fields.
func tableOf(fields ...field) object {
	return func(b *builder, _ int) int {
		slots := 0
		for _, f := range fields {
			slots = max(slots, f.id+1)
		}
		// The table starts 4 below a multiple of 8, so that its widest fields,
		// which come first, are aligned behind its own 4-byte header.
		vtableSize := vtableHeader + 2*slots
		b.pad(wide, (2*wide-tableHeader-vtableSize%wide)%wide)
		vtable := len(b.buf)
		at := vtable + vtableSize
		b.buf = append(b.buf, make([]byte, vtableSize+tableHeader)...)
		binary.LittleEndian.PutUint32(b.buf[at:], uint32(vtableSize))
		places := make([]int, len(fields))
		for _, width := range []int{8, 4, 1} {
			for i, f := range fields {
				if f.width != width {
					continue
				}
				places[i] = len(b.buf)
				binary.LittleEndian.PutUint16(b.buf[vtable+vtableHeader+2*f.id:], uint16(len(b.buf)-at))
				b.buf = append(b.buf, binary.LittleEndian.AppendUint64(nil, f.bits)[:width]...)
			}
		}
		binary.LittleEndian.PutUint16(b.buf[vtable:], uint16(vtableSize))
		binary.LittleEndian.PutUint16(b.buf[vtable+2:], uint16(len(b.buf)-at))
		for i, f := range fields {
			if f.child == nil {
				continue
			}
			if to := f.child(b, places[i]); to >= 0 {
				b.refer(places[i], to)
			}
		}
		return at
	}
}

// listOf is a vector of tables.
func listOf[T any](list []T, element func(*T) object) object {
	return func(b *builder, _ int) int {
		b.pad(4, 0)
		at := len(b.buf)
		b.buf = binary.LittleEndian.AppendUint32(b.buf, uint32(len(list)))
		b.buf = append(b.buf, make([]byte, 4*len(list))...)
		for i := range list {
			ref := at + 4 + 4*i
			b.refer(ref, element(&list[i])(b, ref))
		}
		return at
	}
}

// text is a string: length, bytes, and a zero that is not counted.
func text(s string) object {
	return func(b *builder, _ int) int {
		b.pad(4, 0)
		at := len(b.buf)
		b.buf = binary.LittleEndian.AppendUint32(b.buf, uint32(len(s)))
		b.buf = append(append(b.buf, s...), 0)
		return at
	}
}

// integers is a vector of int64, aligned to 8 behind its length.
func integers(list []int64) object {
	return func(b *builder, _ int) int {
		b.pad(wide, 4)
		at := len(b.buf)
		b.buf = binary.LittleEndian.AppendUint32(b.buf, uint32(len(list)))
		for _, v := range list {
			b.buf = binary.LittleEndian.AppendUint64(b.buf, uint64(v))
		}
		return at
	}
}

// later is a vector of bytes that is placed behind all tables.
func later(data Data) object {
	return func(b *builder, ref int) int {
		b.blobs = append(b.blobs, blob{ref, data})
		return -1
	}
}

// build lays out the buffer with a root table. It returns the bytes of the
// tables, in which the offsets of the blobs are set, and the size of the file.
func build(root object) (b *builder, size int64) {
	b = &builder{buf: append(make([]byte, 4), Identifier...)}
	b.refer(0, root(b, 0))
	b.pad(wide, 4)
	size = int64(len(b.buf))
	for _, blob := range b.blobs {
		// Above the limit the offset wraps; the caller looks at the size first.
		binary.LittleEndian.PutUint32(b.buf[blob.ref:], uint32(size-int64(blob.ref)))
		size += blobSize(blob.data)
	}
	return b, size
}

// blobSize is the length prefix, the data, and padding that puts the next blob's
// data on a multiple of 8, as int64 and double want it.
func blobSize(d Data) int64 {
	return (4 + d.Size() + wide - 1) / wide * wide
}

package odtc

import (
	"encoding/binary"
	"fmt"
	"io"
)

// buffer reads a FlatBuffer from a file by bounds-checked access. It exists
// because the accessors of the FlatBuffers runtime panic on bad offsets and
// want the whole file in memory. The first error sticks; after it every access
// gives zeros, so readers need to look only once.
type buffer struct {
	r    io.ReaderAt
	size int64
	// page holds the bytes read last, from position at.
	page []byte
	at   int64
	// budget is how many more bytes of names, shapes and table entries may be
	// taken out. Offsets may point at one place from many, so a small file
	// could otherwise describe a large checkpoint.
	budget int64
	err    error
}

const (
	pageSize = 1 << 14
	// maxSize is the limit of FlatBuffers' signed 32-bit offsets.
	maxSize = 1<<31 - 1
	// budgetFactor is far above what a writer that shares nothing needs (1),
	// or one that shares its strings (below 4).
	budgetFactor = 8
	budgetFloor  = 1 << 16
)

func newBuffer(r io.ReaderAt, size int64) *buffer {
	return &buffer{r: r, size: size, budget: budgetFactor*size + budgetFloor}
}

func (b *buffer) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("%w: "+format, append([]any{ErrFormat}, args...)...)
	}
}

// zeros is what accesses give after an error.
var zeros [8]byte

// bytes returns n ≤ 8 bytes at a position; they are valid until the next call.
func (b *buffer) bytes(at int64, n int) []byte {
	if b.err != nil {
		return zeros[:n]
	}
	if at < 0 || at > b.size-int64(n) {
		b.fail("offset %d lies outside its %d bytes", at, b.size)
		return zeros[:n]
	}
	if at < b.at || at+int64(n) > b.at+int64(len(b.page)) {
		start := at &^ (pageSize - 1)
		end := min(b.size, start+2*pageSize)
		if cap(b.page) == 0 {
			b.page = make([]byte, 0, 2*pageSize)
		}
		b.page, b.at = b.page[:end-start], start
		if err := readFull(b.r, b.page, start); err != nil {
			b.page = b.page[:0]
			b.err = err
			return zeros[:n]
		}
	}
	i := at - b.at
	return b.page[i : i+int64(n)]
}

func (b *buffer) u16(at int64) uint16 { return binary.LittleEndian.Uint16(b.bytes(at, 2)) }
func (b *buffer) u32(at int64) uint32 { return binary.LittleEndian.Uint32(b.bytes(at, 4)) }
func (b *buffer) u64(at int64) uint64 { return binary.LittleEndian.Uint64(b.bytes(at, 8)) }

func (b *buffer) spend(n int64) bool {
	if b.err == nil && n > b.budget {
		b.fail("it names the same bytes over and over")
	}
	b.budget -= n
	return b.err == nil
}

// follow returns the position that the offset at a position points to.
func (b *buffer) follow(at int64) int64 {
	to := at + int64(b.u32(at))
	if b.err == nil && (to == at || to > b.size-4) {
		b.fail("the offset at %d points to %d of %d bytes", at, to, b.size)
	}
	return to
}

// table is a position whose field offsets have been checked. The zero table
// has no fields.
type table struct {
	b      *buffer
	at     int64
	vtable int64
	// fields is the size of the vtable, size that of the table, in bytes.
	fields, size int64
}

const (
	vtableHeader = 4 // sizes of vtable and table, two bytes each
	tableHeader  = 4 // offset of the vtable
)

func (b *buffer) table(at int64) table {
	t := table{b: b, at: at, vtable: at - int64(int32(b.u32(at)))}
	t.fields, t.size = int64(b.u16(t.vtable)), int64(b.u16(t.vtable+2))
	if b.err != nil {
		return table{}
	}
	if t.fields < vtableHeader || t.fields%2 != 0 || t.vtable+t.fields > b.size || t.size < tableHeader || at+t.size > b.size {
		b.fail("the table at %d has a bad layout", at)
		return table{}
	}
	b.spend(t.size)
	return t
}

// field returns the position of a field of width bytes, or 0 if it is absent.
func (t table) field(id int, width int64) int64 {
	slot := vtableHeader + 2*int64(id)
	if t.b == nil || slot+2 > t.fields {
		return 0
	}
	offset := int64(t.b.u16(t.vtable + slot))
	if offset == 0 {
		return 0
	}
	if offset < tableHeader || offset+width > t.size {
		t.b.fail("field %d of the table at %d lies outside it", id, t.at)
		return 0
	}
	return t.at + offset
}

func (t table) u32(id int) uint32 {
	if at := t.field(id, 4); at != 0 {
		return t.b.u32(at)
	}
	return 0
}

func (t table) i64(id int, missing int64) int64 {
	if at := t.field(id, 8); at != 0 {
		return int64(t.b.u64(at))
	}
	return missing
}

func (t table) bool(id int) bool {
	at := t.field(id, 1)
	return at != 0 && t.b.bytes(at, 1)[0] != 0
}

// sub returns the table that a field points to.
func (t table) sub(id int) (sub table, ok bool) {
	at := t.field(id, 4)
	if at == 0 {
		return table{}, false
	}
	sub = t.b.table(t.b.follow(at))
	return sub, t.b.err == nil
}

// vector returns where the elements of a vector start and how many there are.
func (t table) vector(id int, width int64) (at, n int64, ok bool) {
	ref := t.field(id, 4)
	if ref == 0 {
		return 0, 0, false
	}
	at = t.b.follow(ref)
	n = int64(t.b.u32(at))
	if t.b.err != nil {
		return 0, 0, false
	}
	at += 4
	if n > (t.b.size-at)/width {
		t.b.fail("a vector of %d elements at %d runs past the end", n, at)
		return 0, 0, false
	}
	return at, n, true
}

// tables calls each for the tables of a vector of tables.
func (t table) tables(id int, each func(table)) (ok bool) {
	at, n, ok := t.vector(id, 4)
	if !ok {
		return false
	}
	for i := int64(0); i < n && t.b.err == nil; i++ {
		if element := t.b.table(t.b.follow(at + 4*i)); t.b.err == nil {
			each(element)
		}
	}
	return true
}

func (t table) str(id int) string {
	at, n, ok := t.vector(id, 1)
	if !ok || !t.b.spend(n) {
		return ""
	}
	s := make([]byte, n)
	if err := readFull(t.b.r, s, at); err != nil && t.b.err == nil {
		t.b.err = err
	}
	return string(s)
}

func (t table) i64s(id int) []int64 {
	at, n, ok := t.vector(id, 8)
	if !ok || n == 0 || !t.b.spend(8*n) {
		return nil
	}
	list := make([]int64, n)
	for i := range list {
		list[i] = int64(t.b.u64(at + 8*int64(i)))
	}
	return list
}

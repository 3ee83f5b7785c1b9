package record

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// fixed is a growing column of numbers without nulls, in counted memory. What
// every row has goes through here: Arrow's own builders keep a bitmap of nulls
// and check for room several times a value.
type fixed[T arrow.FixedWidthType] struct {
	memory *Allocator
	buffer *memory.Buffer
	values []T // all that buffer has room for
	n      int // of them in use
}

// reserve makes room for that many more values.
func (f *fixed[T]) reserve(more int) {
	if f.n+more <= len(f.values) {
		return
	}
	if f.buffer == nil {
		f.buffer = memory.NewResizableBuffer(f.memory)
	}
	var v T
	size := len(arrow.GetBytes([]T{v}))
	f.buffer.ResizeNoShrink(size * f.n) // what is in use is kept
	f.buffer.Reserve(size * max(f.n+more, 2*f.n, 64))
	f.values = arrow.GetData[T](f.buffer.Buf())
}

// push appends a value.
func (f *fixed[T]) push(v T) {
	if f.n == len(f.values) {
		f.reserve(1)
	}
	f.values[f.n] = v
	f.n++
}

// take hands the buffer over and begins anew.
func (f *fixed[T]) take() *memory.Buffer {
	if f.buffer == nil {
		f.reserve(1) // an empty column has a buffer too
	}
	var v T
	f.buffer.ResizeNoShrink(len(arrow.GetBytes([]T{v})) * f.n)
	out := f.buffer
	f.buffer, f.values, f.n = nil, nil, 0
	return out
}

// array hands the values over as an Arrow array.
func (f *fixed[T]) array(typ arrow.DataType) arrow.Array {
	n := f.n
	buffer := f.take()
	defer buffer.Release()
	data := array.NewData(typ, n, []*memory.Buffer{nil, buffer}, nil, 0, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

func (f *fixed[T]) release() {
	if f.buffer != nil {
		f.buffer.Release()
		f.buffer, f.values, f.n = nil, nil, 0
	}
}

// texts is a growing column of texts without nulls.
type texts struct {
	ends  fixed[int32] // of each text in bytes; before the first: 0
	bytes fixed[byte]
}

// push appends a text, unless all together are too long for one column.
func (t *texts) push(text string) error {
	b := &t.bytes
	if b.n+len(text) > math.MaxInt32 {
		return fmt.Errorf("record: the texts of one batch have more than %d MiB; take fewer rows at a time: %w", math.MaxInt32>>20, ErrSchema)
	}
	if t.ends.n == 0 {
		t.ends.push(0)
	}
	if len(text) > len(b.values)-b.n {
		b.reserve(len(text))
	}
	b.n += copy(b.values[b.n:], text)
	t.ends.push(int32(b.n))
	return nil
}

func (t *texts) reserve(rows, bytes int) {
	t.ends.reserve(rows + 1)
	t.bytes.reserve(bytes)
}

// array hands the texts over as an Arrow array.
func (t *texts) array() arrow.Array {
	if t.ends.n == 0 {
		t.ends.push(0)
	}
	n := t.ends.n - 1
	ends, bytes := t.ends.take(), t.bytes.take()
	defer ends.Release()
	defer bytes.Release()
	data := array.NewData(arrow.BinaryTypes.String, n, []*memory.Buffer{nil, ends, bytes}, nil, 0, 0)
	defer data.Release()
	return array.NewStringData(data)
}

func (t *texts) release() {
	t.ends.release()
	t.bytes.release()
}

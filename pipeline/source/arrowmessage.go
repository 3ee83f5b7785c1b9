package source

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/ortrain/ortrain/pipeline/record"
)

// Kinds of message, as Message.fbs numbers them.
const (
	schemaMessage     = 1
	dictionaryMessage = 2
	batchMessage      = 3
)

// Bounds on what messages may declare.
const (
	maxMetadata   = 64 << 20 // bytes of one message's metadata
	maxBatchRows  = 1 << 31
	messageMarker = 0xffffffff
	padding       = 64
)

// messages reads the messages of an Arrow IPC stream one after another. Nothing
// is allocated that the stream only declares: every size is held against what
// is left of the file.
type messages struct {
	r          io.ReaderAt
	start, end int64
	memory     *record.Lease

	at   int64
	skip int // record batches to pass over
	err  error
	last *ipc.Message
}

func newMessages(r io.ReaderAt, start, end int64, memory *record.Lease) *messages {
	return &messages{r: r, start: start, end: end, memory: memory, at: start}
}

// rewind begins again.
func (m *messages) rewind() { m.at, m.skip, m.err = m.start, 0, nil }

// message is the place of a message and what its metadata say.
type message struct {
	meta       []byte
	kind       byte
	body, size int64 // where the body lies
	rows       int64 // of a record batch
	compressed bool
	buffers    [][2]int64 // of a compressed body: offset and length
}

// header reads the metadata of the next message and goes past its body. The
// end of the stream is io.EOF.
func (m *messages) header() (message, error) {
	if m.at >= m.end {
		return message{}, io.EOF
	}
	size, at, err := m.prefix()
	if err != nil {
		return message{}, err
	}
	if size == 0 {
		// What follows would be lost in silence. Only padding may.
		if rest := m.end - at; rest >= padding {
			return message{}, fmt.Errorf("byte %d: the stream ends, but %d bytes follow: %w", m.at, rest, ErrFormat)
		}
		return message{}, io.EOF
	}
	if size > maxMetadata || int64(size) > m.end-at {
		return message{}, fmt.Errorf("byte %d: a message declares %d bytes of metadata, %d are left: %w", m.at, size, m.end-at, ErrFormat)
	}
	out := message{meta: make([]byte, size)}
	if n, err := m.r.ReadAt(out.meta, at); n < len(out.meta) {
		return message{}, m.cut(err)
	}
	if err := out.parse(); err != nil {
		return message{}, fmt.Errorf("byte %d: %w", m.at, err)
	}
	out.body = at + int64(size)
	if out.size < 0 || out.size > m.end-out.body {
		return message{}, fmt.Errorf("byte %d: a message declares %d bytes, %d are left; the file was cut off or is damaged: %w", m.at, out.size, m.end-out.body, ErrFormat)
	}
	m.at = out.body + out.size
	return out, nil
}

// prefix reads the size of the next message's metadata, and where they lie.
func (m *messages) prefix() (size uint32, at int64, err error) {
	var word [4]byte
	n, err := m.r.ReadAt(word[:], m.at)
	if n == 0 && errors.Is(err, io.EOF) {
		return 0, 0, io.EOF // a stream may end without saying so
	}
	if n < len(word) {
		return 0, 0, m.cut(err)
	}
	size, at = binary.LittleEndian.Uint32(word[:]), m.at+4
	if size == messageMarker {
		if n, err := m.r.ReadAt(word[:], at); n < len(word) {
			return 0, 0, m.cut(err)
		}
		size, at = binary.LittleEndian.Uint32(word[:]), at+4
	}
	return size, at, nil
}

func (m *messages) cut(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		err = ErrFormat
	}
	return fmt.Errorf("byte %d: the file ends within a message: %w", m.at, err)
}

// parse reads kind, size and number of rows, and checks what the decoder would
// believe. A damaged table makes it panic, which the caller catches.
func (m *message) parse() error {
	if len(m.meta) < 8 {
		return fmt.Errorf("a message of %d bytes: %w", len(m.meta), ErrFormat)
	}
	t := flatbuffers.Table{Bytes: m.meta, Pos: flatbuffers.GetUOffsetT(m.meta)}
	if o := t.Offset(6); o != 0 {
		m.kind = t.GetByte(t.Pos + flatbuffers.UOffsetT(o))
	}
	if o := t.Offset(10); o != 0 {
		m.size = t.GetInt64(t.Pos + flatbuffers.UOffsetT(o))
	}
	o := t.Offset(8)
	if o == 0 {
		return fmt.Errorf("a message without content: %w", ErrFormat)
	}
	var header flatbuffers.Table
	t.Union(&header, flatbuffers.UOffsetT(o))
	switch m.kind {
	case schemaMessage:
		return checkSchema(header)
	case dictionaryMessage:
		if o = header.Offset(6); o == 0 {
			return fmt.Errorf("a dictionary without content: %w", ErrFormat)
		}
		batch := flatbuffers.Table{Bytes: m.meta, Pos: header.Indirect(header.Pos + flatbuffers.UOffsetT(o))}
		return m.checkBatch(batch)
	case batchMessage:
		return m.checkBatch(header)
	}
	return nil
}

// checkBatch checks the declared lengths and places of a record batch.
func (m *message) checkBatch(t flatbuffers.Table) error {
	if o := t.Offset(4); o != 0 {
		m.rows = t.GetInt64(t.Pos + flatbuffers.UOffsetT(o))
	}
	if m.rows < 0 || m.rows > maxBatchRows {
		return fmt.Errorf("a record batch of %d rows: %w", m.rows, ErrFormat)
	}
	if err := checkNodes(t); err != nil {
		return err
	}
	m.compressed = t.Offset(10) != 0
	return m.checkBuffers(t)
}

const pair = 16 // bytes of two int64

// checkNodes checks the lengths of the columns.
func checkNodes(t flatbuffers.Table) error {
	at, n, err := vector(t, 6, pair)
	for i := range n {
		length, nulls := t.GetInt64(at+pair*i), t.GetInt64(at+pair*i+8)
		if length < 0 || length > maxBatchRows || nulls < 0 || nulls > length {
			return fmt.Errorf("a column of %d values with %d nulls: %w", length, nulls, ErrFormat)
		}
	}
	return err
}

// checkBuffers checks where the buffers lie, and how many each column has.
func (m *message) checkBuffers(t flatbuffers.Table) error {
	at, buffers, err := vector(t, 8, pair)
	if err != nil {
		return err
	}
	for i := range buffers {
		offset, length := t.GetInt64(at+pair*i), t.GetInt64(at+pair*i+8)
		if offset < 0 || length < 0 || offset > m.size || length > m.size-offset {
			return fmt.Errorf("a buffer of %d bytes at %d in a body of %d bytes: %w", length, offset, m.size, ErrFormat)
		}
		if m.compressed {
			m.buffers = append(m.buffers, [2]int64{offset, length})
		}
	}
	at, n, err := vector(t, 12, 8)
	for i := range n {
		if count := t.GetInt64(at + 8*i); count < 0 || count > int64(buffers) {
			return fmt.Errorf("a column of %d buffers among %d: %w", count, buffers, ErrFormat)
		}
	}
	return err
}

// Message implements ipc.MessageReader.
func (m *messages) Message() (*ipc.Message, error) {
	for {
		h, err := m.header()
		if err != nil {
			m.err = err
			return nil, err
		}
		if h.kind == batchMessage && m.skip > 0 {
			m.skip--
			continue
		}
		body, err := m.readBody(h)
		if err != nil {
			m.err = err
			return nil, err
		}
		m.drop()
		meta := memory.NewBufferBytes(h.meta)
		m.last = ipc.NewMessage(meta, body)
		meta.Release()
		body.Release()
		return m.last, nil
	}
}

// readBody reads a message's body.
func (m *messages) readBody(h message) (*memory.Buffer, error) {
	body := memory.NewResizableBuffer(m.memory)
	body.Resize(int(h.size))
	if n, err := m.r.ReadAt(body.Bytes(), h.body); int64(n) < h.size {
		body.Release()
		return nil, m.cut(err)
	}
	if err := h.checkSizes(body.Bytes()); err != nil {
		body.Release()
		return nil, fmt.Errorf("byte %d: %w", h.body, err)
	}
	return body, nil
}

// maxRatio is what compression is believed to save: the most that zstd reaches,
// with blocks of one repeated byte.
const maxRatio = 1 << 15

// checkSizes looks at what compressed buffers declare to hold: the first eight
// bytes of each, of which the decoder allocates as much as they say.
func (h message) checkSizes(body []byte) error {
	const prefix = 8
	var all int64
	for _, b := range h.buffers {
		if b[1] < prefix {
			continue
		}
		size := int64(binary.LittleEndian.Uint64(body[b[0]:]))
		if stored := b[1] - prefix; size > (stored+1)*maxRatio {
			return fmt.Errorf("a compressed buffer of %d bytes that declares to hold %d: %w", stored, size, ErrFormat)
		}
		all += max(size, 0)
	}
	if all > (h.size+1)*maxRatio { // buffers may share their bytes
		return fmt.Errorf("a compressed body of %d bytes that declares to hold %d: %w", h.size, all, ErrFormat)
	}
	return nil
}

// drop releases the last message.
func (m *messages) drop() {
	if m.last != nil {
		m.last.Release()
		m.last = nil
	}
}

// Retain implements ipc.MessageReader: a reader is kept by its table.
func (m *messages) Retain() {}

// Release implements ipc.MessageReader.
func (m *messages) Release() { m.drop() }

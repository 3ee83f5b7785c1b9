package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/ortrain/ortrain/pipeline/record"
)

// maxDecoded bounds the memory that one open Arrow or Parquet file may take for
// what it decodes at a time. Units: bytes.
const maxDecoded = 2 << 30

var _ = register(format{extensions: []string{".arrow", ".arrows", ".feather"}, open: openArrow})

// arrowMagic begins and ends an IPC file; a stream has none.
var arrowMagic = []byte("ARROW1")

// arrowTable reads Arrow IPC. A file is a stream of messages between a magic
// word and a footer, so both are read as streams; the footer says nothing that
// the messages do not.
type arrowTable struct {
	in     *input
	memory *record.Lease
	msgs   *messages
	reader *ipc.Reader
	start  int64 // where the messages begin
	end    int64 // and end

	chosen []int
	rec    arrow.Record
	at     int // rows of rec already returned
	batch  int // record batches read so far
	out    chunk
}

func openArrow(in *input, opts Options) (table, error) {
	t := &arrowTable{in: in, memory: record.NewLease(opts.Memory, maxDecoded)}
	if err := t.begin(); err != nil {
		return nil, firstOf(err, t.close())
	}
	return t, nil
}

// begin reads magic word and schema.
func (t *arrowTable) begin() error {
	if !t.in.seekable() {
		return fmt.Errorf("a compressed Arrow file; its buffers may be compressed, so decompress the file: %w", ErrFormat)
	}
	if err := t.checkMagic(); err != nil {
		return err
	}
	t.msgs = newMessages(t.in.at, t.start, t.end, t.memory)
	return t.restart()
}

// checkMagic tells a file from a stream, a whole file from one cut off, and
// finds where the messages end.
func (t *arrowTable) checkMagic() error {
	t.end = t.in.size
	if t.end == 0 {
		return fmt.Errorf("the file is empty: %w", ErrEmpty)
	}
	head := make([]byte, len(arrowMagic))
	if _, err := t.in.at.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.Equal(head, arrowMagic) {
		return nil
	}
	tail := make([]byte, 4+len(arrowMagic))
	if t.end < 8+int64(len(tail)) {
		return fmt.Errorf("the file ends after %d bytes; it was cut off: %w", t.end, ErrFormat)
	}
	if _, err := t.in.at.ReadAt(tail, t.end-int64(len(tail))); err != nil {
		return err
	}
	if !bytes.Equal(tail[4:], arrowMagic) {
		return fmt.Errorf("the file begins as an Arrow file and does not end as one; it was cut off: %w", ErrFormat)
	}
	t.start = 8
	t.end -= int64(len(tail)) + int64(binary.LittleEndian.Uint32(tail))
	if t.end < t.start {
		return fmt.Errorf("the footer is longer than the file: %w", ErrFormat)
	}
	return nil
}

// restart makes a new reader of the messages, which reads the schema.
func (t *arrowTable) restart() error {
	return guard(func() (err error) {
		t.reader, err = ipc.NewReaderFromMessageReader(t.msgs, ipc.WithAllocator(t.memory))
		if err != nil {
			return t.explain(err)
		}
		return nil
	})
}

// explain prefers the error of the messages, which the reader may hide.
func (t *arrowTable) explain(err error) error {
	if t.msgs.err != nil && !errors.Is(t.msgs.err, io.EOF) {
		err = t.msgs.err
	}
	return asFormat(err)
}

func (t *arrowTable) columns() []string {
	var out []string
	for _, f := range t.reader.Schema().Fields() {
		out = append(out, f.Name)
	}
	return out
}

func (t *arrowTable) classes(column string) []string {
	text, ok := t.reader.Schema().Metadata().GetValue(featuresKey)
	if !ok {
		return nil
	}
	return declaredClasses(text, column)
}

func (t *arrowTable) typeOf(column string) string {
	for _, f := range t.reader.Schema().Fields() {
		if f.Name == column {
			return f.Type.String()
		}
	}
	return ""
}

func (t *arrowTable) choose(columns []string) error {
	t.chosen = nil
	for _, name := range columns {
		found := t.reader.Schema().FieldIndices(name)
		if len(found) != 1 {
			return &Error{Column: name, Err: fmt.Errorf("%d columns have this name: %w", len(found), ErrNoColumn)}
		}
		t.chosen = append(t.chosen, found[0])
	}
	t.out.cells = make([][]cell, len(columns))
	return nil
}

func (t *arrowTable) read(ctx context.Context, limit int) (chunk, error) {
	for t.rec == nil || t.at == int(t.rec.NumRows()) {
		if err := ctx.Err(); err != nil {
			return chunk{}, err
		}
		if err := t.nextRecord(); err != nil {
			return chunk{}, err
		}
	}
	to := min(t.at+limit, int(t.rec.NumRows()))
	t.out.reset()
	t.out.rows, t.out.group, t.out.line = to-t.at, t.batch, nil
	for c, i := range t.chosen {
		err := guard(func() (err error) {
			t.out.cells[c], err = appendCells(t.out.cells[c], t.rec.Column(i), t.at, to)
			return err
		})
		if err != nil {
			return chunk{}, &Error{RowGroup: t.batch, Column: t.rec.ColumnName(i), Err: asFormat(err)}
		}
	}
	t.at = to
	return t.out, nil
}

// nextRecord reads the next record batch.
func (t *arrowTable) nextRecord() error {
	t.rec, t.at = nil, 0
	t.batch++
	err := guard(func() error {
		if t.reader.Next() {
			t.rec = t.reader.Record()
			return nil
		}
		if err := t.reader.Err(); err != nil {
			return t.explain(err)
		}
		if err := t.msgs.err; err != nil && !errors.Is(err, io.EOF) {
			return asFormat(err)
		}
		return io.EOF
	})
	if err != nil && !errors.Is(err, io.EOF) {
		return &Error{RowGroup: t.batch, Err: err}
	}
	return err
}

// parts lists the record batches that have rows.
func (t *arrowTable) parts(ctx context.Context) ([]Part, error) {
	var out []Part
	err := guard(func() error {
		t.msgs.rewind()
		for group := 1; ; {
			if err := ctx.Err(); err != nil {
				return err
			}
			m, err := t.msgs.header()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return asFormat(err)
			}
			if m.kind != batchMessage {
				continue
			}
			if m.rows > 0 {
				out = append(out, Part{Group: group, Rows: int(m.rows)})
			}
			group++
		}
	})
	return out, err
}

// seek makes the next record batch that of the part. The dictionaries before it
// are read, other batches are not.
func (t *arrowTable) seek(p Part) error {
	t.reader.Release()
	t.msgs.rewind()
	t.msgs.skip = p.Group - 1
	t.batch, t.rec, t.at = p.Group-1, nil, 0
	return t.restart()
}

func (t *arrowTable) close() error {
	if t.reader != nil {
		// Frees what is counted; a damaged file may make it panic.
		_ = guard(func() error { t.reader.Release(); return nil })
	}
	t.memory.Close()
	return nil
}

package sink

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// arrowExtension is that of Arrow IPC files.
const arrowExtension = ".arrow"

var _ = register(format{extensions: []string{arrowExtension, ".feather"}, open: openArrow})

// arrowEncoder writes an Arrow IPC file, one record batch for every record.
type arrowEncoder struct{ w *ipc.FileWriter }

func openArrow(w io.Writer, schema *arrow.Schema, _ Options, mem memory.Allocator) (encoder, error) {
	fw, err := ipc.NewFileWriter(&forward{w: w}, ipc.WithSchema(schema), ipc.WithAllocator(mem))
	if err != nil {
		return nil, err
	}
	return &arrowEncoder{fw}, nil
}

func (e *arrowEncoder) write(rec arrow.Record) error { return e.w.Write(rec) }
func (e *arrowEncoder) finish() error                { return e.w.Close() }

// forward lets the encoder ask where it is, which is all it seeks for.
type forward struct {
	w  io.Writer
	at int64
}

// Write implements io.Writer.
func (f *forward) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	f.at += int64(n)
	return n, err
}

// Seek implements io.Seeker for the place where the writer is.
func (f *forward) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, fmt.Errorf("seek to %d of %d: an Arrow file is written forwards: %w", offset, whence, ErrFormat)
	}
	return f.at, nil
}

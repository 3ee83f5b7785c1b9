package sink

import (
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
)

var _ = register(format{extensions: []string{".parquet"}, open: openParquet})

// parquetEncoder writes Parquet: snappy, dictionaries but for texts, row groups of
// Options.GroupRows.
type parquetEncoder struct {
	w           *pqarrow.FileWriter
	rows, limit int64 // of the open row group
}

func openParquet(w io.Writer, schema *arrow.Schema, opts Options, mem memory.Allocator) (encoder, error) {
	props := []parquet.WriterProperty{parquet.WithAllocator(mem), parquet.WithCompression(compress.Codecs.Snappy), parquet.WithCreatedBy("ortrain")}
	for _, name := range []string{opts.Text, opts.Pair, usualText, usualFirst, usualSecond} {
		// Hardly a text comes twice: a dictionary would be all of them, and in the way.
		props = append(props, parquet.WithDictionaryFor(name, false))
	}
	fw, err := pqarrow.NewFileWriter(schema, writerOnly{w}, parquet.NewWriterProperties(props...), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema(), pqarrow.WithAllocator(mem)))
	if err != nil {
		return nil, err
	}
	return &parquetEncoder{w: fw, limit: int64(opts.GroupRows)}, nil
}

// writerOnly hides Close: the output is closed elsewhere.
type writerOnly struct{ io.Writer }

func (e *parquetEncoder) write(rec arrow.Record) error {
	for at := int64(0); at < rec.NumRows(); {
		if e.rows == e.limit {
			e.w.NewBufferedRowGroup()
			e.rows = 0
		}
		n := min(e.limit-e.rows, rec.NumRows()-at)
		part := rec.NewSlice(at, at+n)
		err := e.w.WriteBuffered(part)
		part.Release()
		if err != nil {
			return err
		}
		at += n
		e.rows += n
	}
	return nil
}

func (e *parquetEncoder) finish() error { return e.w.Close() }

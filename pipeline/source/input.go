package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// maxWindow bounds what a zstd stream may ask to keep. Units: bytes.
const maxWindow = 128 << 20

// input is one file that is read: a plain one at any place, a compressed one
// from its beginning.
type input struct {
	path  string
	at    io.ReaderAt
	size  int64
	file  *os.File // nil: closed by somebody else
	codec string   // ".gz", ".zst" or none
}

// openInput opens a path; standard input lies in spool.
func openInput(path string, spool *os.File) (*input, error) {
	if path == Stdin {
		info, err := spool.Stat()
		if err != nil {
			return nil, err
		}
		return &input{path: path, at: spool, size: info.Size()}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is no regular file; give a pipe as standard input, %q: %w", Stdin, ErrFormat)
	}
	if err != nil {
		return nil, firstOf(err, file.Close())
	}
	in := &input{path: path, at: file, size: info.Size(), file: file}
	if ext := strings.ToLower(filepath.Ext(path)); ext == ".gz" || ext == ".zst" {
		in.codec = ext
	}
	return in, nil
}

func (in *input) close() error {
	if in.file == nil {
		return nil
	}
	return in.file.Close()
}

// seekable reports whether reading can begin anywhere.
func (in *input) seekable() bool { return in.codec == "" }

// stream returns the content from an offset on. A compressed file has only
// offset 0. The returned function frees what the stream holds.
func (in *input) stream(offset int64) (io.Reader, func(), error) {
	raw := io.NewSectionReader(in.at, offset, max(in.size-offset, 0))
	switch in.codec {
	case ".gz":
		r, err := gzip.NewReader(raw)
		if err != nil {
			return nil, nil, fmt.Errorf("not gzip: %w: %w", err, ErrFormat)
		}
		return damaged{r}, func() { r.Close() }, nil
	case ".zst":
		r, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, fmt.Errorf("not zstd: %w: %w", err, ErrFormat)
		}
		return damaged{r}, r.Close, nil
	}
	return raw, func() {}, nil
}

// damaged marks the errors of a decompressor as those of a file.
type damaged struct{ r io.Reader }

// Read implements io.Reader.
func (d damaged) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && err != io.EOF {
		var path *os.PathError
		if !errors.As(err, &path) {
			err = fmt.Errorf("the compressed data are damaged or cut off: %w: %w", err, ErrFormat)
		}
	}
	return n, err
}

// spoolStdin copies standard input to a temporary file without a name, since a
// data set is read more than once.
func spoolStdin(ctx context.Context, stdin io.Reader) (*os.File, error) {
	if stdin == nil {
		return nil, &Error{Path: Stdin, Err: fmt.Errorf("standard input is asked for, but none is given: %w", ErrEmpty)}
	}
	file, err := os.CreateTemp("", "ortrain-stdin-*")
	if err != nil {
		return nil, err
	}
	// Open files live on without a name; the operating system removes this one
	// when the last user is gone.
	err = os.Remove(file.Name())
	buffer := make([]byte, 1<<20)
	for err == nil {
		var n int
		if n, err = stdin.Read(buffer); n > 0 {
			if _, writing := file.Write(buffer[:n]); writing != nil {
				err = writing
			}
		}
		if err == nil {
			err = ctx.Err()
		}
	}
	if !errors.Is(err, io.EOF) {
		return nil, firstOf(at(fmt.Errorf("standard input: %w", err), Stdin), file.Close())
	}
	return file, nil
}

// blockBytes is how much of a text file is held at once, and pieceBytes how much
// is read at once, which should stay in the processor's caches.
const blockBytes, pieceBytes = 1 << 20, 1 << 16

// textReader gives out the text of a file in pieces that share memory: what is
// cut out of s stays valid.
type textReader struct {
	r    io.Reader
	free func()
	s    string
	pos  int   // what of s is consumed
	base int64 // offset of s in the content
	line int   // line that begins at pos, from 1
	eof  bool
	// first is how much is read at first: no more than is there or asked for.
	first int64
	piece []byte // what was read last
}

// newTextReader reads the content of in from where a part begins.
func newTextReader(in *input, from Part) (*textReader, error) {
	r, free, err := in.stream(from.Offset)
	if err != nil {
		return nil, err
	}
	t := &textReader{r: r, free: free, base: from.Offset, line: from.Line, first: blockBytes}
	if in.seekable() {
		t.first = min(t.first, in.size-from.Offset+1)
	}
	if from.Bytes > 0 {
		t.first = min(t.first, from.Bytes+2) // a quote's end shows two bytes later
	}
	if from.Offset == 0 {
		if err := t.skipMark(); err != nil {
			free()
			return nil, err
		}
	}
	return t, nil
}

// close frees what the stream holds.
func (t *textReader) close() {
	if t != nil {
		t.free()
	}
}

// skipMark drops a UTF-8 byte order mark and refuses UTF-16 and UTF-32.
func (t *textReader) skipMark() error {
	for len(t.s) < 4 && !t.eof {
		if err := t.more(); err != nil {
			return err
		}
	}
	head := []byte(t.s[:min(len(t.s), 4)])
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		t.pos = 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.IndexByte(head, 0) >= 0:
		return fmt.Errorf("the file is UTF-16 or UTF-32, or no text at all; convert it to UTF-8: %w", ErrUTF8)
	}
	return nil
}

// more makes s longer, dropping what is consumed. At the end it sets eof.
func (t *textReader) more() error {
	rest := t.s[t.pos:]
	if len(rest) > maxRecord {
		return fmt.Errorf("one row is longer than %d MiB; is a quote never closed? %w", maxRecord>>20, ErrTooLarge)
	}
	// As much again as there is, so that a long row is not copied too often.
	size := max(blockBytes, len(rest))
	if t.first > 0 {
		size, t.first = max(int(t.first), 4), 0
	}
	var grown strings.Builder // its memory is not cleared first
	grown.Grow(len(rest) + size)
	grown.WriteString(rest)
	if want := min(size, pieceBytes); len(t.piece) < want {
		t.piece = make([]byte, want)
	}
	for size > 0 && !t.eof {
		n, err := t.r.Read(t.piece[:min(size, len(t.piece))])
		grown.Write(t.piece[:n])
		size -= n
		// Compared, not unwrapped: a decompressor's error about an early end, which
		// io.EOF may lie within, is no end.
		if err == io.EOF { //nolint:errorlint // see above
			t.eof = true
		} else if err != nil {
			return err
		}
	}
	t.base += int64(t.pos)
	t.s, t.pos = grown.String(), 0
	return nil
}

// offset is where the text at pos lies in the content.
func (t *textReader) offset() int64 { return t.base + int64(t.pos) }

// next returns the next line without its end, or io.EOF. Its number is t.line
// minus 1 afterwards.
func (t *textReader) next() (string, error) {
	for from := 0; ; {
		rest := t.s[t.pos:]
		if n := strings.IndexByte(rest[from:], '\n'); n >= 0 {
			n += from
			t.pos += n + 1
			t.line++
			return strings.TrimSuffix(rest[:n], "\r"), nil
		}
		if t.eof {
			if rest == "" {
				return "", io.EOF
			}
			t.pos = len(t.s)
			t.line++
			return strings.TrimSuffix(rest, "\r"), nil
		}
		from = len(rest)
		if err := t.more(); err != nil {
			return "", &Error{Line: t.line, Err: err}
		}
	}
}

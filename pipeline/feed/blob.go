package feed

import (
	"errors"
	"fmt"
	"os"
)

// blob is a sequence of bytes, in memory up to a limit and beyond it in a
// temporary file. What one append adds lies wholly in one of the two.
type blob struct {
	limit  int64
	size   int64
	blocks [][]byte // all full but the last
	held   int64    // bytes in blocks
	file   *os.File
	buffer []byte // of the file, not yet written
}

// blockSize is that of a piece of memory, and of a write. Units: bytes.
const blockSize = 1 << 20

// append adds s at offset size.
func (b *blob) append(s string) error {
	if b.file == nil && b.size+int64(len(s)) > b.limit && s != "" {
		if err := b.spill(); err != nil {
			return err
		}
	}
	b.size += int64(len(s))
	if b.file != nil {
		b.buffer = append(b.buffer, s...)
		if len(b.buffer) >= blockSize {
			return b.flush()
		}
		return nil
	}
	b.held += int64(len(s))
	for s != "" {
		last := len(b.blocks) - 1
		if last < 0 || len(b.blocks[last]) == blockSize {
			b.blocks = append(b.blocks, nil)
			last++
		}
		n := min(len(s), blockSize-len(b.blocks[last]))
		b.blocks[last] = append(b.blocks[last], s[:n]...)
		s = s[n:]
	}
	return nil
}

// spill begins the file. It is unlinked at once where the system allows that,
// so that it goes with the process whatever happens.
func (b *blob) spill() (err error) {
	if b.file, err = os.CreateTemp("", "ortrain-feed-*"); err != nil {
		return fmt.Errorf("feed: texts beyond the memory budget need a temporary file; raise the budget or set TMPDIR: %w", err)
	}
	_ = os.Remove(b.file.Name())
	return nil
}

// flush writes what is buffered; reading needs it done.
func (b *blob) flush() error {
	if len(b.buffer) == 0 {
		return nil
	}
	if _, err := b.file.Write(b.buffer); err != nil {
		return fmt.Errorf("feed: temporary file of texts: %w", err)
	}
	b.buffer = b.buffer[:0]
	return nil
}

// read returns n bytes from an offset that append began at.
func (b *blob) read(offset int64, n int) (string, error) {
	out := make([]byte, 0, n)
	if offset >= b.held {
		out = out[:n]
		if n == 0 {
			return "", nil
		}
		if _, err := b.file.ReadAt(out, offset-b.held); err != nil {
			return "", fmt.Errorf("feed: temporary file of texts: %w", err)
		}
		return string(out), nil
	}
	for len(out) < n {
		at := offset + int64(len(out))
		from := b.blocks[at/blockSize][at%blockSize:]
		out = append(out, from[:min(len(from), n-len(out))]...)
	}
	return string(out), nil
}

func (b *blob) close() error {
	b.blocks, b.buffer = nil, nil
	if b.file == nil {
		return nil
	}
	name := b.file.Name()
	err := b.file.Close()
	b.file = nil
	if gone := os.Remove(name); err == nil && !errors.Is(gone, os.ErrNotExist) {
		err = gone
	}
	return err
}

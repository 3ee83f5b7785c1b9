package sink

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Stdout is the path that stands for standard output.
const Stdout = "-"

// bufferSize joins the small writes of encoders. Units: bytes.
const bufferSize = 1 << 18

// output is where a file's bytes go: a hidden name beside its path, until
// commit gives it its own.
type output struct {
	path, partial string
	file          *os.File // nil for standard output
	w             *bufio.Writer
}

func openOutput(path string, stdout io.Writer) (*output, error) {
	if path == Stdout {
		if stdout == nil {
			return nil, fmt.Errorf("standard output is asked for, but none is given: %w", ErrFormat)
		}
		return &output{path: path, w: bufio.NewWriterSize(stdout, bufferSize)}, nil
	}
	o := &output{path: path, partial: filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".partial")}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file; choose another name: %w", path, ErrFormat)
	}
	// A file of that name was left by a process that died.
	if err := os.Remove(o.partial); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var err error
	if o.file, err = os.OpenFile(o.partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
		return nil, err
	}
	o.w = bufio.NewWriterSize(o.file, bufferSize)
	return o, nil
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) { return o.w.Write(p) }

// commit makes the path hold what was written.
func (o *output) commit() error {
	if err := o.w.Flush(); err != nil || o.file == nil {
		return err
	}
	if err := o.file.Sync(); err != nil {
		return err
	}
	file := o.file
	o.file = nil
	err := file.Close()
	if err == nil {
		err = os.Rename(o.partial, o.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(o.partial))
	}
	return syncFolder(filepath.Dir(o.path))
}

// close removes what was not committed.
func (o *output) close() error {
	if o.file == nil {
		return nil
	}
	file := o.file
	o.file = nil
	return errors.Join(file.Close(), os.Remove(o.partial))
}

// syncFolder makes a renamed file survive a power cut, where folders can be
// synced.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	// Some systems cannot sync folders; the rename has happened all the same.
	_ = d.Sync()
	return d.Close()
}

package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// Writer is a checkpoint that is being written.
type Writer interface {
	// Create opens a file of the checkpoint. The name is a plain file name that
	// is used once. size is how many bytes will be written, for the message when
	// the disk is full; 0 if that is not known. The caller closes the file.
	Create(name string, size int64) (io.WriteCloser, error)
}

type writer struct {
	// live gives the error of a cancelled context.
	live func() error
	fsys disk.FS
	dir  string
	open int
	// sums holds the hash of each closed file, "" for an open one.
	sums map[string]string
}

// Create implements Writer.
func (w *writer) Create(name string, size int64) (io.WriteCloser, error) {
	if err := w.live(); err != nil {
		return nil, err
	}
	_, used := w.sums[name]
	if used || !plain(name) {
		return nil, fmt.Errorf("file name %q; want a plain name that is not used yet", name)
	}
	f, err := disk.Create(w.fsys, filepath.Join(w.dir, name), size)
	if err != nil {
		return nil, err
	}
	w.sums[name] = ""
	w.open++
	return &file{WriteCloser: f, w: w, name: name, sum: sha256.New()}, nil
}

// plain reports whether a name can stand in SHA256SUMS and in any folder.
func plain(name string) bool {
	return name != "" && name != SumsFile && !strings.HasPrefix(name, ".") &&
		!strings.ContainsAny(name, "/\\:\n\r\x00") && filepath.IsLocal(name)
}

type file struct {
	io.WriteCloser
	w      *writer
	name   string
	sum    hash.Hash
	closed bool
}

// Write implements io.Writer.
func (f *file) Write(p []byte) (int, error) {
	if err := f.w.live(); err != nil {
		return 0, err
	}
	n, err := f.WriteCloser.Write(p)
	f.sum.Write(p[:n])
	return n, err
}

// Close implements io.Closer.
func (f *file) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	f.w.open--
	if err := f.WriteCloser.Close(); err != nil {
		return err
	}
	f.w.sums[f.name] = hex.EncodeToString(f.sum.Sum(nil))
	return nil
}

// finish writes the hashes, in the form that sha256sum -c reads.
func (w *writer) finish() error {
	if err := w.live(); err != nil {
		return err
	}
	if w.open != 0 {
		return fmt.Errorf("%d of its files were not closed", w.open)
	}
	var text bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(w.sums)) {
		if w.sums[name] == "" {
			return fmt.Errorf("%s was not written to its end", name)
		}
		fmt.Fprintf(&text, "%s  %s\n", w.sums[name], name)
	}
	f, err := disk.Create(w.fsys, filepath.Join(w.dir, SumsFile), int64(text.Len()))
	if err != nil {
		return err
	}
	_, err = f.Write(text.Bytes())
	return errors.Join(err, f.Close())
}

// writeJSON writes a file of indented JSON.
func writeJSON(w Writer, name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("checkpoint: %s: %w", name, err)
	}
	f, err := w.Create(name, int64(len(text)+1))
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Close())
}

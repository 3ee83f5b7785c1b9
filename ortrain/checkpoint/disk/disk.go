// Package disk writes files and folders that are either whole or absent.
//
// Nouns: an FS is the handful of file operations that ortrain's writers use, so
// that tests can make any of them fail; OS is the real one. WriteFile is the
// path: the bytes go to a hidden name beside the target, are synced, and are
// renamed over it.
//
// Errors keep the operating system's error in their chain. A device that is
// full gives a *SpaceError, which names the file and the bytes it needs.
//
// An FS is safe for concurrent use on different names. Two writers of one name
// at a time are kept apart by Lock, which the caller takes.
//
// It does not remember anything and does not retry.
package disk

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
)

// File is a file that is being written.
type File interface {
	io.Writer
	// Sync returns once the bytes written so far survive a power cut.
	Sync() error
	Close() error
}

// FS is what ortrain's writers ask of a file system. Names are paths of the
// operating system. Every method behaves as the function of package os with
// that name, except where its comment says more.
type FS interface {
	// Create opens name for writing, emptied if it exists.
	Create(name string) (File, error)
	Open(name string) (io.ReadCloser, error)
	Lstat(name string) (fs.FileInfo, error)
	// ReadDir lists a folder sorted by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	MkdirAll(name string) error
	Rename(from, to string) error
	RemoveAll(name string) error
	Symlink(target, link string) error
	Readlink(link string) (string, error)
	// SyncDir makes the entries of a folder survive a power cut.
	SyncDir(name string) error
}

// SpaceError says that a device is full. It unwraps to the system's error, so
// errors.Is(err, syscall.ENOSPC) holds too.
type SpaceError struct {
	// Path is the file that did not fit.
	Path string
	// Need is the size in bytes that the file was to have, 0 if its writer did
	// not say. Written is how much of it had been handed over.
	Need, Written int64
	Err           error
}

// Error implements error.
func (e *SpaceError) Error() string {
	need := ""
	if e.Need > 0 {
		need = fmt.Sprintf(", %d bytes needed", e.Need)
	}
	return fmt.Sprintf("disk: no room for %s: %d bytes written%s; free some space or choose another folder: %v", e.Path, e.Written, need, e.Err)
}

// Unwrap returns the system's error.
func (e *SpaceError) Unwrap() error { return e.Err }

// ShortError says that a device has not the room that is going to be needed.
type ShortError struct {
	// Dir lies on the device; Need and Free are in bytes.
	Dir        string
	Need, Free int64
}

// Error implements error.
func (e *ShortError) Error() string {
	return fmt.Sprintf("disk: %s has no room: %d bytes needed, %d bytes free; free some space or choose another folder", e.Dir, e.Need, e.Free)
}

// Is makes errors.Is(err, syscall.ENOSPC) hold.
func (e *ShortError) Is(target error) bool { return target == syscall.ENOSPC }

// CheckFree returns a *ShortError if the device that holds dir, which exists,
// has less than need bytes left. Where the system does not say it returns nil.
func CheckFree(dir string, need int64) error {
	free, known, err := Free(dir)
	if err != nil || !known || free >= need {
		return err
	}
	return &ShortError{Dir: dir, Need: need, Free: free}
}

// ErrLocked says that somebody else holds a lock.
var ErrLocked = errors.New("locked by another process")

// partialSuffix ends the hidden names under which files are written. A file of
// that name found later was left by a process that died; the next write of the
// same target empties it.
const partialSuffix = ".partial"

// Partial returns the hidden name beside path under which path is written.
func Partial(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+partialSuffix)
}

// IsPartial reports whether a file name is one that Partial makes.
func IsPartial(name string) bool {
	base := filepath.Base(name)
	return strings.HasPrefix(base, ".") && strings.HasSuffix(base, partialSuffix)
}

// WriteFile makes path hold what write writes, or leaves it as it was. size is
// the number of bytes that write will write, for the message when the device
// is full; 0 if that is not known. The file and its folder are synced before
// WriteFile returns nil.
func WriteFile(fsys FS, path string, size int64, write func(w io.Writer) error) (err error) {
	partial := Partial(path)
	f, err := Create(fsys, partial, size)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// The first error is what the caller must see.
			_ = fsys.RemoveAll(partial)
		}
	}()
	err = write(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return Replace(fsys, partial, path)
}

// Replace renames a finished file or folder to its final name, replacing a
// file of that name, and makes the change survive a power cut.
func Replace(fsys FS, from, to string) error {
	if err := fsys.Rename(from, to); err != nil {
		return fmt.Errorf("disk: give %s its final name: %w", to, err)
	}
	if err := fsys.SyncDir(filepath.Dir(to)); err != nil {
		return fmt.Errorf("disk: sync folder of %s: %w", to, err)
	}
	return nil
}

// bufferSize joins the small writes of encoders into calls of a useful size.
const bufferSize = 1 << 18

// Create opens a file for buffered writing; its Close writes the rest, syncs
// and closes. size is as in WriteFile.
func Create(fsys FS, path string, size int64) (io.WriteCloser, error) {
	w := &writer{path: path, need: size}
	f, err := fsys.Create(path)
	if err != nil {
		return nil, w.explain("create", err)
	}
	w.file = f
	w.buffer = bufio.NewWriterSize(direct{w}, bufferSize)
	return w, nil
}

// writer turns the failures of a File into errors that name it.
type writer struct {
	path          string
	need, written int64
	file          File
	buffer        *bufio.Writer
}

// direct is the unbuffered end of a writer.
type direct struct{ w *writer }

func (d direct) Write(p []byte) (int, error) {
	n, err := d.w.file.Write(p)
	d.w.written += int64(n)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		err = d.w.explain("write", err)
	}
	return n, err
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) { return w.buffer.Write(p) }

// Close flushes, syncs and closes, and reports the first failure.
func (w *writer) Close() error {
	err := w.buffer.Flush()
	if err == nil {
		if serr := w.file.Sync(); serr != nil {
			err = w.explain("sync", serr)
		}
	}
	if cerr := w.file.Close(); cerr != nil && err == nil {
		err = w.explain("close", cerr)
	}
	return err
}

func (w *writer) explain(verb string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &SpaceError{Path: w.path, Need: w.need, Written: w.written, Err: err}
	}
	return fmt.Errorf("disk: %s %s: %w", verb, w.path, err)
}

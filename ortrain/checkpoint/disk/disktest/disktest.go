// Package disktest makes the file operations of package disk fail where a test
// wants them to.
package disktest

import (
	"io"
	"io/fs"
	"sync"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// Faults passes every call on to FS, except that call number At (from 1) fails
// with Err. With Dead every later call fails too, which leaves on the disk what
// a killed process would have left. With Short a failing write hands on half of
// its bytes first. With NoSync syncs are counted but not done, for speed. A
// Faults is safe for concurrent use.
type Faults struct {
	FS     disk.FS
	At     int
	Err    error
	Dead   bool
	Short  bool
	NoSync bool

	mu    sync.Mutex
	calls int
	last  string
}

// Calls returns the number of calls seen so far.
func (f *Faults) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// Failed returns the operation and name of the first call that failed.
func (f *Faults) Failed() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

func (f *Faults) next(op, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.At == 0 || f.calls < f.At || f.calls > f.At && !f.Dead {
		return nil
	}
	if f.last == "" {
		f.last = op + " " + name
	}
	return &fs.PathError{Op: op, Path: name, Err: f.Err}
}

// Create implements disk.FS.
func (f *Faults) Create(name string) (disk.File, error) {
	if err := f.next("create", name); err != nil {
		return nil, err
	}
	file, err := f.FS.Create(name)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file, f, name}, nil
}

type faultyFile struct {
	disk.File
	faults *Faults
	name   string
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.faults.next("write", f.name); err != nil {
		n := 0
		if f.faults.Short {
			n, _ = f.File.Write(p[:len(p)/2])
		}
		return n, err
	}
	return f.File.Write(p)
}

func (f *faultyFile) Sync() error {
	if err := f.faults.next("sync", f.name); err != nil {
		return err
	}
	if f.faults.NoSync {
		return nil
	}
	return f.File.Sync()
}

// Close closes the real file in any case, so that tests leak nothing.
func (f *faultyFile) Close() error {
	err := f.faults.next("close", f.name)
	if cerr := f.File.Close(); err == nil {
		err = cerr
	}
	return err
}

// Open implements disk.FS.
func (f *Faults) Open(name string) (io.ReadCloser, error) {
	if err := f.next("open", name); err != nil {
		return nil, err
	}
	return f.FS.Open(name)
}

// Lstat implements disk.FS.
func (f *Faults) Lstat(name string) (fs.FileInfo, error) {
	if err := f.next("lstat", name); err != nil {
		return nil, err
	}
	return f.FS.Lstat(name)
}

// ReadDir implements disk.FS.
func (f *Faults) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.next("readdir", name); err != nil {
		return nil, err
	}
	return f.FS.ReadDir(name)
}

// MkdirAll implements disk.FS.
func (f *Faults) MkdirAll(name string) error {
	if err := f.next("mkdir", name); err != nil {
		return err
	}
	return f.FS.MkdirAll(name)
}

// Rename implements disk.FS.
func (f *Faults) Rename(from, to string) error {
	if err := f.next("rename", to); err != nil {
		return err
	}
	return f.FS.Rename(from, to)
}

// RemoveAll implements disk.FS.
func (f *Faults) RemoveAll(name string) error {
	if err := f.next("remove", name); err != nil {
		return err
	}
	return f.FS.RemoveAll(name)
}

// Symlink implements disk.FS.
func (f *Faults) Symlink(target, link string) error {
	if err := f.next("symlink", link); err != nil {
		return err
	}
	return f.FS.Symlink(target, link)
}

// Readlink implements disk.FS.
func (f *Faults) Readlink(link string) (string, error) {
	if err := f.next("readlink", link); err != nil {
		return "", err
	}
	return f.FS.Readlink(link)
}

// SyncDir implements disk.FS.
func (f *Faults) SyncDir(name string) error {
	if err := f.next("sync", name); err != nil {
		return err
	}
	if f.NoSync {
		return nil
	}
	return f.FS.SyncDir(name)
}

package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// OS returns the file system of the operating system.
func OS() FS { return osFS{} }

type osFS struct{}

const (
	fileMode   = 0o666 // before the umask, as os.Create
	folderMode = 0o777
)

func (osFS) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
}
func (osFS) Open(name string) (io.ReadCloser, error)    { return os.Open(name) }
func (osFS) Lstat(name string) (fs.FileInfo, error)     { return os.Lstat(name) }
func (osFS) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }
func (osFS) MkdirAll(name string) error                 { return os.MkdirAll(name, folderMode) }
func (osFS) Rename(from, to string) error               { return os.Rename(from, to) }
func (osFS) RemoveAll(name string) error                { return os.RemoveAll(name) }
func (osFS) Symlink(target, link string) error          { return os.Symlink(target, link) }
func (osFS) Readlink(link string) (string, error)       { return os.Readlink(link) }

// SyncDir does nothing on Windows, which cannot open a folder for syncing.
func (osFS) SyncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

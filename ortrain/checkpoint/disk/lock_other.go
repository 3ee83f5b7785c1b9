//go:build !unix

package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Lock takes the lock file at path without waiting. It gives ErrLocked when
// the file exists. Closing the result removes it; after a crash it must be
// removed by hand.
func Lock(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if errors.Is(err, fs.ErrExist) {
		err = ErrLocked
	}
	if err != nil {
		return nil, fmt.Errorf("disk: lock %s: %w", path, err)
	}
	return lockFile{f}, nil
}

type lockFile struct{ *os.File }

func (l lockFile) Close() error { return errors.Join(l.File.Close(), os.Remove(l.Name())) }

//go:build linux || darwin

package disk

import (
	"fmt"
	"math"
	"syscall"
)

// Free returns how many bytes this process may still write to the device that
// holds a folder; ok is false where the system does not say.
func Free(dir string) (bytes int64, ok bool, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false, fmt.Errorf("disk: free space of %s: %w", dir, err)
	}
	size := uint64(s.Bsize)
	if size == 0 || s.Bavail > math.MaxInt64/size {
		return 0, false, nil
	}
	return int64(s.Bavail * size), true, nil
}

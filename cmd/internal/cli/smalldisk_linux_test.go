package cli_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func mount(dir, bytes string) error {
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+bytes)
}

// mounts reports whether this process may mount a file system: as root it may,
// outside of most containers.
func mounts(t *testing.T) bool {
	dir := t.TempDir()
	if mount(dir, "4096") != nil {
		return false
	}
	return syscall.Unmount(dir, 0) == nil
}

// smallDisk mounts a file system until the script ends.
func smallDisk(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(mount(dir, args[1]))
	ts.Defer(func() { ts.Check(syscall.Unmount(dir, syscall.MNT_DETACH)) })
}

package disk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk/disktest"
)

// long needs several buffers.
var long = bytes.Repeat([]byte("0123456789abcdef"), 1<<16)

func writeLong(fsys disk.FS, path string) error {
	return disk.WriteFile(fsys, path, int64(len(long)), func(w io.Writer) error {
		_, err := w.Write(long)
		return err
	})
}

func TestWriteFileReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeLong(disk.OS(), path); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, long) {
		t.Fatalf("read %d bytes, %v; want the %d written", len(got), err, len(long))
	}
	only(t, path)
}

// only fails unless path is the only entry of its folder.
func only(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

// TestEveryFault lets each call fail in turn: the old file must stay whole or
// the new one be there whole, and only a dead process may leave a hidden file.
func TestEveryFault(t *testing.T) {
	for _, dead := range []bool{false, true} {
		for at := 1; ; at++ {
			path := filepath.Join(t.TempDir(), "weights")
			if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			faults := &disktest.Faults{FS: disk.OS(), At: at, Err: syscall.EIO, Dead: dead, Short: true}
			err := writeLong(faults, path)
			if faults.Failed() == "" {
				if err != nil || at < 6 {
					t.Fatalf("after %d calls: %v", at-1, err)
				}
				break
			}
			if !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), "weights") {
				t.Errorf("%s: got %v; want an input/output error that names the file", faults.Failed(), err)
			}
			got, rerr := os.ReadFile(path)
			if rerr != nil || string(got) != "old" && !bytes.Equal(got, long) {
				t.Errorf("%s: torn file of %d bytes, %v", faults.Failed(), len(got), rerr)
			}
			if !dead {
				only(t, path)
			}
		}
	}
}

func TestWriterErrorLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights")
	stop := errors.New("encoder gave up")
	err := disk.WriteFile(disk.OS(), path, 0, func(io.Writer) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("got %v, want %v", err, stop)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("file exists: %v", err)
	}
	only(t, path)
}

func TestFullDeviceSaysHowMuch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights")
	err := writeLong(&disktest.Faults{FS: disk.OS(), At: 3, Err: syscall.ENOSPC, Dead: true}, path)
	var full *disk.SpaceError
	if !errors.As(err, &full) || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v, want a SpaceError", err)
	}
	if full.Need != int64(len(long)) || full.Path != disk.Partial(path) || !strings.Contains(err.Error(), "1048576 bytes needed") {
		t.Errorf("got %+v: %v", full, err)
	}
}

func TestLockKeepsOthersOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := disk.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := disk.Lock(path); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("second lock: got %v, want ErrLocked", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := disk.Lock(path)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func ExampleWriteFile() {
	folder, err := os.MkdirTemp("", "disk")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "label.txt")
	err = disk.WriteFile(disk.OS(), path, 0, func(w io.Writer) error {
		_, err := io.WriteString(w, "whole or absent")
		return err
	})
	text, _ := os.ReadFile(path)
	fmt.Println(string(text), err)
	// Output: whole or absent <nil>
}

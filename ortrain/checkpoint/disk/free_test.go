package disk_test

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

func TestCheckFree(t *testing.T) {
	dir := t.TempDir()
	free, known, err := disk.Free(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !known {
		t.Skip("skipped: this system does not say how much is free")
	}
	if free <= 0 {
		t.Fatalf("%d bytes are free in %s", free, dir)
	}
	if err := disk.CheckFree(dir, 1); err != nil {
		t.Errorf("one byte: %v", err)
	}
	err = disk.CheckFree(dir, math.MaxInt64)
	var short *disk.ShortError
	if !errors.As(err, &short) || short.Need != math.MaxInt64 || short.Free <= 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v, want a ShortError", err)
	}
	for _, want := range []string{dir, "9223372036854775807 bytes needed", "bytes free"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	if err := disk.CheckFree(filepath.Join(dir, "none"), 1); err == nil {
		t.Error("a folder that does not exist has room")
	}
}

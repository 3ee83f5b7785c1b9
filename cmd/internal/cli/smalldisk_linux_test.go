package cli_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ortrain/ortrain/cmd/internal/cli"
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

// The disk is full at each stage of a recipe: the run ends with what is missing,
// where and what to do; nothing half-written has a name; with room again the next
// run goes on, and the last one ends as one that had room.
func TestFullDiskAtEachStage(t *testing.T) {
	if !mounts(t) {
		t.Skip("a small file system cannot be mounted here")
	}
	w := newStopWorld(t, filepath.Join("disk", "out"))
	if err := os.MkdirAll("disk", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := mount("disk", "8m"); err != nil {
		t.Fatal(err)
	}
	disk, err := filepath.Abs("disk")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	for i, s := range stopped {
		var later []string
		for _, l := range stopped[i:] {
			later = append(later, l.name+".skip=true")
		}
		if code, said := w.run(nil, later...); i > 0 && code != cli.ExitOK {
			t.Fatalf("the stages before %s: exit code %d\n%s", s.name, code, said)
		}
		fill(t, filepath.Join(disk, "ballast"))
		code, said := w.again(t, nil)
		message := lastMessage(said)
		if code != cli.ExitFailure {
			t.Fatalf("%s: exit code %d; %d is expected\n%s", s.name, code, cli.ExitFailure, said)
		}
		for _, want := range []string{"stage " + s.name, w.out, "free some space"} {
			if !strings.Contains(message, want) {
				t.Errorf("%s: the message does not say %q:\n%s", s.name, want, message)
			}
		}
		if !strings.Contains(message, "no room") && !strings.Contains(message, "no space left") {
			t.Errorf("%s: the message does not say that the disk is full:\n%s", s.name, message)
		}
		if found := raw.FindString(message); found != "" {
			t.Errorf("%s: the message shows %q:\n%s", s.name, found, message)
		}
		w.halves(t, i)
		if err := os.Remove(filepath.Join(disk, "ballast")); err != nil {
			t.Fatal(err)
		}
	}
	w.ends(t)
}

// fill takes all room of a disk but two pages, which a record needs.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page, size := make([]byte, os.Getpagesize()), int64(0)
	for {
		n, err := f.Write(page)
		size += int64(n)
		if errors.Is(err, syscall.ENOSPC) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(size - 2*int64(len(page))); err != nil {
		t.Fatal(err)
	}
}

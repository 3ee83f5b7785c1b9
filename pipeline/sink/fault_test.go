package sink

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// full is a device with room for so many bytes.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		n := f.room
		f.room = 0
		return n, syscall.ENOSPC
	}
	f.room -= len(p)
	return len(p), nil
}

// TestAFullDisk fails the writing of a file at several places: the error keeps
// the system's, memory is given back and no file stays.
func TestAFullDisk(t *testing.T) {
	for _, ext := range Formats() {
		for _, room := range []int{0, 10, 1000, 3000} {
			dir := t.TempDir()
			memory := new(record.Allocator)
			f, err := Create(filepath.Join(dir, "rows"+ext), Options{Memory: memory, GroupRows: 10})
			if err != nil {
				t.Fatal(err)
			}
			f.out.w = bufio.NewWriterSize(&full{room}, 16)
			err = nil
			for i := 0; i < 20 && err == nil; i++ {
				b, made := record.Of(memory, []sample.Example{{Text: strings.Repeat("no pattern 0123456789"[i%20:], 20+i), Label: sample.Class(int64(i))}})
				if made != nil {
					t.Fatal(made)
				}
				err = f.Write(t.Context(), b)
				b.Release()
			}
			if err == nil {
				err = f.Commit(t.Context())
			}
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "rows"+ext) {
				t.Errorf("%s with room for %d: %v, want ENOSPC and the path", ext, room, err)
			}
			if again := f.Commit(t.Context()); again == nil {
				t.Errorf("%s with room for %d: committed after an error", ext, room)
			}
			if err := f.Close(); err != nil {
				t.Errorf("%s: close: %v", ext, err)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("%s with room for %d: %v stay", ext, room, left)
			}
			if n := memory.Bytes(); n != 0 {
				t.Errorf("%s with room for %d: %d bytes are still counted", ext, room, n)
			}
		}
	}
}

package checkpoint_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ortrain/ortrain/ortrain/checkpoint"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// known reports whether an error is one that readers of checkpoints may give.
func known(err error) bool {
	return err == nil || errors.Is(err, checkpoint.ErrCorrupt) || errors.Is(err, checkpoint.ErrVersion) || errors.Is(err, checkpoint.ErrNone)
}

// memory is a file system to read from; whatever else is done with it panics.
type memory struct {
	disk.FS
	files fstest.MapFS
}

func (m memory) Open(name string) (io.ReadCloser, error) { return m.files.Open(filepath.ToSlash(name)) }
func (m memory) Lstat(name string) (fs.FileInfo, error)  { return m.files.Stat(filepath.ToSlash(name)) }
func (m memory) ReadDir(name string) ([]fs.DirEntry, error) {
	return m.files.ReadDir(filepath.ToSlash(name))
}

// folder is a file system with one checkpoint, and a file beside it.
func folder(files map[string][]byte) memory {
	m := memory{files: fstest.MapFS{"a": &fstest.MapFile{Data: []byte("text")}}}
	for name, text := range files {
		m.files[checkpoint.Name(1)+"/"+name] = &fstest.MapFile{Data: text}
	}
	return m
}

// Whatever the two JSON files of a checkpoint hold, they are read or refused by
// name, and what is read can be written.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"global_step":3,"log_history":[{"step":1,"loss":null}],"stateful_callbacks":{"ortrain":{}}}`), []byte(`{"format":1,"step":3,"data":{"epoch":1,"batch":2,"examples":16},"rng_key":"42"}`))
	f.Add([]byte(`{"epoch":1e400}`), []byte(`{"format":2}`))
	f.Add([]byte(`[]`), []byte(`{"rng_key":18446744073709551616}`))
	f.Add([]byte("\xff"), []byte{})
	f.Fuzz(func(t *testing.T, state, cursor []byte) {
		files := map[string][]byte{checkpoint.StateFile: state, checkpoint.CursorFile: cursor}
		sums := ""
		for name, text := range files {
			sums += fmt.Sprintf("%x  %s\n", sha256.Sum256(text), name)
		}
		files[checkpoint.SumsFile] = []byte(sums)
		c, err := checkpoint.Load(t.Context(), folder(files), checkpoint.Name(1))
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.State()
		if !known(err) {
			t.Errorf("state: %v", err)
		}
		if err == nil && (math.IsNaN(s.Epoch) || math.IsInf(s.Epoch, 0)) {
			t.Errorf("epoch %g", s.Epoch)
		}
		if _, err := c.Cursor(); !known(err) {
			t.Errorf("cursor: %v", err)
		}
	})
}

// A list of hashes from outside never leads out of the checkpoint's folder.
func FuzzSums(f *testing.F) {
	whole := fmt.Sprintf("%x  a\n", sha256.Sum256([]byte("text")))
	for _, text := range []string{whole, "", "\n", whole + whole, strings.Replace(whole, "  a", "  ../a", 1), strings.Repeat("0", 1<<17), whole[:60]} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, sums string) {
		c, err := checkpoint.Load(t.Context(), folder(map[string][]byte{"a": []byte("text"), checkpoint.SumsFile: []byte(sums)}), checkpoint.Name(1))
		if !known(err) {
			t.Errorf("%v", err)
		}
		if err == nil && (len(c.Files) != 1 || c.Files[0] != "a") {
			t.Errorf("files %q", c.Files)
		}
	})
}

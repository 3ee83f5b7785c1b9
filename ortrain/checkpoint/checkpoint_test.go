package checkpoint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/ortrain/checkpoint"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk/disktest"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// content writes a checkpoint of three files, one with the given text.
func content(text string) func(checkpoint.Writer) error {
	return func(w checkpoint.Writer) error {
		f, err := w.Create("checkpoint", int64(len(text)))
		if err != nil {
			return err
		}
		_, err = io.WriteString(f, text)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		if err := checkpoint.WriteState(w, &checkpoint.TrainerState{GlobalStep: 5}); err != nil {
			return err
		}
		return checkpoint.WriteCursor(w, checkpoint.Cursor{Step: 5})
	}
}

// open opens a store that is closed at the end of the test. Syncs are left out
// unless the test brings its own file system.
func open(t *testing.T, dir string, o checkpoint.Options) *checkpoint.Store {
	t.Helper()
	if o.FS == nil {
		o.FS = &disktest.Faults{FS: disk.OS(), NoSync: true}
	}
	s, err := checkpoint.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func save(t *testing.T, s *checkpoint.Store, step int64, text string) string {
	t.Helper()
	path, err := s.Write(t.Context(), step, content(text))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// text returns what the checkpoint at path was made with.
func text(t *testing.T, path string) string {
	t.Helper()
	c, err := checkpoint.Load(t.Context(), nil, path)
	if err != nil {
		t.Error(err)
		return ""
	}
	b, err := os.ReadFile(c.Path("checkpoint"))
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

func TestWriteAndLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "run")
	s := open(t, dir, checkpoint.Options{})
	save(t, s, 5, "five")
	path := save(t, s, 10, "ten")
	if err := s.MarkBest(5); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"best", "checkpoint-10", "checkpoint-5", "last"}, names(t, dir)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"SHA256SUMS", "checkpoint", "cursor.json", "trainer_state.json"}, names(t, path)); diff != "" {
		t.Error(diff)
	}
	for link, want := range map[string]string{"best": "five", "last": "ten", "checkpoint-10": "ten"} {
		if got := text(t, filepath.Join(dir, link)); got != want {
			t.Errorf("%s holds %q, want %q", link, got, want)
		}
	}
	if got, err := checkpoint.Latest(nil, dir); err != nil || got != path {
		t.Errorf("latest %s, %v", got, err)
	}
	if step, ok, err := s.Best(); step != 5 || !ok || err != nil {
		t.Errorf("best %d, %v, %v", step, ok, err)
	}
	if err := s.MarkBest(7); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a best that does not exist: %v", err)
	}
}

func TestReplaceSameStep(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, checkpoint.Options{})
	save(t, s, 5, "old")
	path := save(t, s, 5, "new")
	if got := text(t, path); got != "new" {
		t.Errorf("got %q", got)
	}
	if diff := cmp.Diff([]string{"checkpoint-5", "last"}, names(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestRotation(t *testing.T) {
	tests := []struct {
		limit, best int64
		want        string
	}{
		{0, 2, "1 2 3 10"},
		{1, 0, "10"},
		{1, 2, "2 10"},
		{1, 10, "10"},
		{2, 1, "1 10"},
		{3, 1, "1 3 10"},
		{3, 0, "2 3 10"},
		{9, 0, "1 2 3 10"},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		s := open(t, dir, checkpoint.Options{SaveTotalLimit: int(tt.limit)})
		for _, step := range []int64{1, 2, 3, 10} {
			save(t, s, step, "x")
			if step == tt.best {
				if err := s.MarkBest(step); err != nil {
					t.Fatal(err)
				}
			}
		}
		steps, err := checkpoint.Steps(nil, dir)
		if got := strings.Trim(fmt.Sprint(steps), "[]"); got != tt.want || err != nil {
			t.Errorf("limit %d, best %d: kept %s, want %s (%v)", tt.limit, tt.best, got, tt.want, err)
		}
	}
	if _, err := checkpoint.Open(t.TempDir(), checkpoint.Options{SaveTotalLimit: -1}); err == nil {
		t.Error("a negative limit was taken")
	}
}

func TestCorruptFilesAreNamed(t *testing.T) {
	write := func(name, text string) func(string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600) }
	}
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.Remove(filepath.Join(dir, name)) }
	}
	tests := []struct {
		name, file, reason string
		spoil              func(dir string) error
	}{
		{"changed", "checkpoint", "wrong hash", write("checkpoint", "tEn")},
		{"cut", "cursor.json", "wrong hash", write("cursor.json", "")},
		{"missing", "trainer_state.json", "is missing", remove("trainer_state.json")},
		{"no sums", "SHA256SUMS", "is missing", remove("SHA256SUMS")},
		{"empty sums", "SHA256SUMS", "is empty", write("SHA256SUMS", "")},
		{"added", "checkpoint.data", "no hash", write("checkpoint.data", "x")},
		{"not a hash", "SHA256SUMS", "malformed", write("SHA256SUMS", "abc  checkpoint\n")},
		{"path in sums", "SHA256SUMS", "malformed", write("SHA256SUMS", strings.Repeat("0", 64)+"  ../checkpoint\n")},
		{"long line", "SHA256SUMS", "too long", write("SHA256SUMS", strings.Repeat("0", 1<<17))},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		s := open(t, dir, checkpoint.Options{})
		save(t, s, 5, "five")
		path := save(t, s, 10, "ten")
		if err := tt.spoil(path); err != nil {
			t.Fatal(err)
		}
		_, err := checkpoint.Load(t.Context(), nil, path)
		var corrupt *checkpoint.CorruptError
		if !errors.As(err, &corrupt) || !errors.Is(err, checkpoint.ErrCorrupt) || corrupt.File != tt.file || !strings.Contains(corrupt.Reason, tt.reason) {
			t.Errorf("%s: got %v, want %s %s", tt.name, err, tt.file, tt.reason)
			continue
		}
		c, skipped, err := checkpoint.Auto(t.Context(), nil, dir)
		if err != nil || filepath.Base(c.Dir) != "checkpoint-5" || len(skipped) != 1 || !errors.As(skipped[0], &corrupt) {
			t.Errorf("%s: auto gave %v, skipped %v, %v", tt.name, c, skipped, err)
		}
	}
}

func TestAllCorruptIsNotNone(t *testing.T) {
	dir := t.TempDir()
	path := save(t, open(t, dir, checkpoint.Options{}), 5, "five")
	if err := os.Remove(filepath.Join(path, "checkpoint")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := checkpoint.Auto(t.Context(), nil, dir); !errors.Is(err, checkpoint.ErrCorrupt) || errors.Is(err, checkpoint.ErrNone) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
}

func TestNone(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	_, latest := checkpoint.Latest(nil, dir)
	_, load := checkpoint.Load(t.Context(), nil, filepath.Join(dir, "checkpoint-5"))
	_, _, auto := checkpoint.Auto(t.Context(), nil, dir)
	_, _, autoMissing := checkpoint.Auto(t.Context(), nil, missing)
	for i, err := range []error{latest, load, auto, autoMissing} {
		if !errors.Is(err, checkpoint.ErrNone) {
			t.Errorf("%d: got %v, want ErrNone", i, err)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	for _, name := range []string{"", "SHA256SUMS", ".hidden", "a/b", "..", `a\b`, "a\nb"} {
		dir := t.TempDir()
		_, err := open(t, dir, checkpoint.Options{}).Write(t.Context(), 1, func(w checkpoint.Writer) error {
			_, err := w.Create(name, 0)
			return err
		})
		if err == nil || len(names(t, dir)) != 0 {
			t.Errorf("%q: %v, left %v", name, err, names(t, dir))
		}
	}
	dir := t.TempDir()
	s := open(t, dir, checkpoint.Options{})
	stop := errors.New("stop")
	for want, write := range map[string]func(w checkpoint.Writer) error{
		"stop": func(checkpoint.Writer) error { return stop },
		"not used yet": func(w checkpoint.Writer) error {
			return errors.Join(content("x")(w), content("y")(w))
		},
		"not closed": func(w checkpoint.Writer) error { _, err := w.Create("a", 0); return err },
	} {
		if _, err := s.Write(t.Context(), 1, write); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := s.Write(t.Context(), -1, content("x")); err == nil {
		t.Error("a negative step was taken")
	}
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestCancel(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, checkpoint.Options{})
	path := save(t, s, 5, "five")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Write(ctx, 10, func(w checkpoint.Writer) error {
		cancel()
		return content("ten")(w)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("write: got %v", err)
	}
	if diff := cmp.Diff([]string{"checkpoint-5", "last"}, names(t, dir)); diff != "" {
		t.Error(diff)
	}
	if _, err := checkpoint.Load(ctx, nil, path); !errors.Is(err, context.Canceled) {
		t.Errorf("load: got %v", err)
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, checkpoint.Options{Lock: disk.Lock})
	if _, err := checkpoint.Open(dir, checkpoint.Options{Lock: disk.Lock}); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
}

// TestEveryFault writes a second checkpoint, over an older one of its step or
// beside it, and lets each file operation fail, once or for good. Whatever
// fails, every checkpoint that is seen is whole, one is there, and the next
// Open leaves no hidden file.
func TestEveryFault(t *testing.T) {
	for _, dead := range []bool{false, true} {
		for _, step := range []int64{5, 10} {
			for at := 1; ; at++ {
				dir := t.TempDir()
				first := open(t, dir, checkpoint.Options{})
				save(t, first, 1, "one")
				save(t, first, 5, "old")
				faults := &disktest.Faults{FS: disk.OS(), Err: syscall.ENOSPC, Dead: dead, Short: true, NoSync: true}
				s := open(t, dir, checkpoint.Options{FS: faults, SaveTotalLimit: 2})
				faults.At = faults.Calls() + at
				_, err := s.Write(t.Context(), step, content("new"))
				if err == nil {
					err = s.MarkBest(step)
				}
				if faults.Failed() == "" {
					if err != nil || at < 30 {
						t.Fatalf("after %d calls: %v", at, err)
					}
					break
				}
				name := fmt.Sprintf("step %d, dead %v, %s", step, dead, strings.ReplaceAll(faults.Failed(), dir, ""))
				if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir) {
					t.Errorf("%s: got %v", name, err)
				}
				if !dead {
					checkWhole(t, name+" (before recovery)", dir)
				}
				open(t, dir, checkpoint.Options{})
				checkWhole(t, name, dir)
			}
		}
	}
}

func checkWhole(t *testing.T, name, dir string) {
	t.Helper()
	seen := 0
	for _, entry := range names(t, dir) {
		if strings.HasPrefix(entry, ".") && !strings.Contains(name, "before") {
			t.Errorf("%s: left %s", name, entry)
		}
		if !strings.HasPrefix(entry, "checkpoint-") {
			continue
		}
		seen++
		got := text(t, filepath.Join(dir, entry))
		if want := map[string]string{"checkpoint-1": "one", "checkpoint-10": "new"}[entry]; got != want && (entry != "checkpoint-5" || got != "old" && got != "new") {
			t.Errorf("%s: %s holds %q", name, entry, got)
		}
	}
	if seen < 2 {
		t.Errorf("%s: only %v is left", name, names(t, dir))
	}
	for _, link := range []string{"best", "last"} {
		if _, err := os.Lstat(filepath.Join(dir, link)); err == nil {
			text(t, filepath.Join(dir, link))
		}
	}
}

func TestFullDiskSaysHowMuch(t *testing.T) {
	dir := t.TempDir()
	faults := &disktest.Faults{FS: disk.OS(), Err: syscall.ENOSPC, Dead: true}
	s := open(t, dir, checkpoint.Options{FS: faults})
	faults.At = faults.Calls() + 4 // the first write
	_, err := s.Write(t.Context(), 5, content("nineteen bytes long"))
	var full *disk.SpaceError
	if !errors.As(err, &full) || full.Need != 19 || !strings.Contains(err.Error(), filepath.Join(dir, "checkpoint-5")) {
		t.Errorf("got %v", err)
	}
}

func TestOpenRemovesOnlyItsOwn(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".checkpoint-7.partial", ".checkpoint-7.replaced", ".last.partial", ".notes.partial", ".checkpoint-x.replaced", "notes"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir, checkpoint.Options{})
	want := []string{".checkpoint-x.replaced", ".notes.partial", "checkpoint-7", "notes"}
	if diff := cmp.Diff(want, names(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func ExampleStore_Write() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	store, err := checkpoint.Open(dir, checkpoint.Options{SaveTotalLimit: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	ctx := context.Background()
	_, err = store.Write(ctx, 500, func(w checkpoint.Writer) error {
		return checkpoint.WriteCursor(w, checkpoint.Cursor{Step: 500, Data: sample.Cursor{Epoch: 1, Batch: 20}, Key: 42})
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := checkpoint.Load(ctx, nil, filepath.Join(dir, checkpoint.LastLink))
	if err != nil {
		fmt.Println(err)
		return
	}
	cursor, err := c.Cursor()
	fmt.Println(filepath.Base(c.Dir), cursor.Data.Epoch, cursor.Data.Batch, err)
	// Output: checkpoint-500 1 20 <nil>
}

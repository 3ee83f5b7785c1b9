package flow_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/cmd/internal/flow"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// world is a small table of stages over one input file, which counts what runs.
//
//	a ── b ── d      b and c need a; d needs b; a reads the file
//	 └── c
type world struct {
	dir, input string
	fsys       disk.FS
	ran        map[string]int
	// reached is called between the parts of a stage's work.
	reached func() error
	version string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{dir: filepath.Join(dir, "out"), input: filepath.Join(dir, "input.txt"), fsys: quick{disk.OS()}, ran: map[string]int{}, reached: func() error { return nil }, version: "1"}
	write(t, w.input, "words")
	return w
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) table() flow.Table {
	stage := func(name string, resumes bool, needs ...string) flow.Stage {
		return flow.Stage{Name: name, Needs: needs, Resumes: resumes, Plan: func(r flow.Request) (flow.Job, error) {
			job := flow.Job{Outputs: map[string]string{"text": "text.txt"}}
			for _, s := range r.Section.Settings {
				job.Options = append(job.Options, s.Key+"="+strings.Join(s.Values, ","))
			}
			var from []string
			for _, need := range needs {
				if path, ok := r.Output(need, "text"); ok {
					from = append(from, path)
				}
			}
			if name == "a" {
				job.Reads, from = []flow.Read{{As: "input", Path: w.input}}, []string{w.input}
			}
			job.Run = func(_ context.Context, dir string) (flow.Outcome, error) { return w.work(name, dir, job.Options, from) }
			return job, nil
		}}
	}
	return flow.NewTable(stage("a", false), stage("b", true, "a"), stage("c", false, "a"), stage("d", false, "b"), flow.Stage{Name: "later"})
}

// work writes what goes in with the stage's name, in two parts, of which the
// first is kept by stages that resume.
func (w *world) work(name, dir string, options, from []string) (flow.Outcome, error) {
	text := name + "(" + strings.Join(options, " ")
	for _, path := range from {
		data, err := os.ReadFile(path)
		if err != nil {
			return flow.Outcome{}, err
		}
		text += string(data)
	}
	if err := w.reached(); err != nil {
		return flow.Outcome{}, err
	}
	half := filepath.Join(dir, "half")
	if _, err := os.Stat(half); err == nil && name != "b" {
		return flow.Outcome{}, fmt.Errorf("%s begins in a folder with %s", name, half)
	}
	if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
		return flow.Outcome{}, err
	}
	if err := w.reached(); err != nil {
		return flow.Outcome{}, err
	}
	w.ran[name]++
	return flow.Outcome{Rows: 1}, os.WriteFile(filepath.Join(dir, "text.txt"), []byte(text+")"), 0o600)
}

const abcd = "output_dir: out\na: {x: 1}\nb: {x: 2}\nc: {}\nd:\n"

func schema() flow.Schema {
	var s flow.Schema
	for _, name := range []string{"a", "b", "c", "d"} {
		s.Stages = append(s.Stages, flow.StageKeys{Name: name, Options: []string{"x", "rate"}, Wired: map[string]string{"input": "data"}, Built: true})
	}
	s.Stages = append(s.Stages, flow.StageKeys{Name: "later"})
	s.Shared, s.Data = []string{"seed"}, []string{"file", "text_column"}
	s.Nearest = func(name string, among []string) string { return among[0] }
	return s
}

func (w *world) flow(t *testing.T, text string) *flow.Flow {
	t.Helper()
	r, err := flow.ParseRecipe("r.yaml", []byte(text), schema())
	if err != nil {
		t.Fatal(err)
	}
	f, err := flow.New(w.table(), r, flow.Options{Dir: w.dir, Version: w.version, FS: w.fsys, Now: func() time.Time { return time.Unix(0, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// run runs a recipe and returns the stages that worked.
func (w *world) run(t *testing.T, text string) []string {
	t.Helper()
	w.ran = map[string]int{}
	lines, err := w.flow(t, text).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if l.Cached != (w.ran[l.Stage] == 0) {
			t.Errorf("stage %s: cached is %v, but it ran %d times", l.Stage, l.Cached, w.ran[l.Stage])
		}
	}
	return slices.Sorted(maps.Keys(w.ran))
}

// bytes are all files of the output folder.
func (w *world) bytes(t *testing.T) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(w.dir, path)
		out[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A change makes anew what depends on it, and nothing else.
func TestInvalidation(t *testing.T) {
	w := newWorld(t)
	if got := w.run(t, abcd); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Fatalf("the first run did %v", got)
	}
	for _, c := range []struct {
		what   string
		change func()
		text   string
		want   []string
	}{
		{"nothing", func() {}, abcd, nil},
		{"an option of d", func() {}, abcd + "  x: 1\n", []string{"d"}},
		{"and back", func() {}, abcd, []string{"d"}},
		{"an option of b", func() {}, strings.Replace(abcd, "x: 2", "x: 3", 1), []string{"b", "d"}},
		{"an option of c", func() {}, strings.Replace(strings.Replace(abcd, "x: 2", "x: 3", 1), "c: {}", "c: {x: 0}", 1), []string{"c"}},
		{"an option of a", func() {}, strings.Replace(abcd, "x: 1", "x: 7", 1), []string{"a", "b", "c", "d"}},
		{"the input", func() { write(t, w.input, "others") }, strings.Replace(abcd, "x: 1", "x: 7", 1), []string{"a", "b", "c", "d"}},
		{"the input's time", func() { write(t, w.input, "others") }, strings.Replace(abcd, "x: 1", "x: 7", 1), nil},
		{"b left out", func() {}, strings.Replace(strings.Replace(abcd, "x: 1", "x: 7", 1), "b: {x: 2}", "b: {skip: true}", 1), []string{"d"}},
		{"the program", func() { w.version = "2" }, abcd, []string{"a", "b", "c", "d"}},
		{"a lost result", func() { os.Remove(filepath.Join(w.dir, "c", "text.txt")) }, abcd, []string{"c"}},
		{"a cut result", func() { write(t, filepath.Join(w.dir, "b", "text.txt"), "") }, abcd, []string{"b"}},
		{"a lost folder", func() { os.RemoveAll(filepath.Join(w.dir, "a")) }, abcd, []string{"a"}},
		{"a broken record", func() { write(t, filepath.Join(w.dir, "d", flow.RecordFile), "{") }, abcd, []string{"d"}},
	} {
		c.change()
		if got := w.run(t, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v ran; want %v", c.what, got, c.want)
		}
	}
}

// errKilled ends everything that a killed process does.
var errKilled = errors.New("killed")

// quick is the file system without waiting for the disk.
type quick struct{ disk.FS }

func (q quick) Create(name string) (disk.File, error) {
	f, err := q.FS.Create(name)
	return quickFile{f}, err
}
func (quick) SyncDir(string) error { return nil }

type quickFile struct{ disk.File }

func (quickFile) Sync() error { return nil }

// mortal is a file system that dies at the given change to it: that one and all
// after it do nothing.
type mortal struct {
	disk.FS
	left int
}

func (m *mortal) alive() error {
	if m.left--; m.left < 0 {
		return errKilled
	}
	return nil
}

func (m *mortal) Create(name string) (disk.File, error) {
	if err := m.alive(); err != nil {
		return nil, err
	}
	f, err := m.FS.Create(name)
	return mortalFile{f, m}, err
}

type mortalFile struct {
	disk.File
	m *mortal
}

// Write writes half of what it is given when it is killed.
func (f mortalFile) Write(p []byte) (int, error) {
	if err := f.m.alive(); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, err
	}
	return f.File.Write(p)
}

func (m *mortal) MkdirAll(name string) error {
	return m.do(func() error { return m.FS.MkdirAll(name) })
}
func (m *mortal) Rename(from, to string) error {
	return m.do(func() error { return m.FS.Rename(from, to) })
}
func (m *mortal) RemoveAll(name string) error {
	return m.do(func() error { return m.FS.RemoveAll(name) })
}

func (m *mortal) do(fn func() error) error {
	if err := m.alive(); err != nil {
		return err
	}
	return fn()
}

// Killed at every change to the disk and between the parts of every stage, and
// run again: the same bytes, and no stage that was done is done again. The run
// that is killed follows one of another recipe, so folders are replaced too.
func TestKilledAnywhere(t *testing.T) {
	other := strings.Replace(abcd, "x: 1", "x: 5", 1)
	straight := newWorld(t)
	straight.run(t, other)
	straight.run(t, abcd)
	want := straight.bytes(t)
	points := 0
	for ; ; points++ {
		w := newWorld(t)
		w.run(t, other)
		m := &mortal{FS: quick{disk.OS()}, left: points}
		w.fsys, w.reached, w.ran = m, m.alive, map[string]int{}
		lines, err := w.flow(t, abcd).Run(t.Context())
		if err == nil {
			break
		}
		if !errors.Is(err, errKilled) {
			t.Fatalf("killed at change %d: %v", points, err)
		}
		w.fsys, w.reached = quick{disk.OS()}, func() error { return nil }
		done := map[string]bool{}
		for _, l := range lines {
			done[l.Stage] = true
		}
		states, err := w.flow(t, abcd).Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range states {
			if done[s.Stage] && !s.Done {
				t.Errorf("killed at change %d: stage %s was done and is not any more", points, s.Stage)
			}
			done[s.Stage] = s.Done
		}
		for _, stage := range w.run(t, abcd) {
			if done[stage] {
				t.Errorf("killed at change %d: stage %s is done again", points, stage)
			}
		}
		if diff := cmp.Diff(want, w.bytes(t)); diff != "" {
			t.Fatalf("killed at change %d, the bytes differ:\n%s", points, diff)
		}
	}
	if points < 40 {
		t.Errorf("only %d points to kill at; the flow makes more changes than that", points)
	}
}

// A stage that resumes finds what it has left; one that has other inputs since
// does not.
func TestResumes(t *testing.T) {
	for _, c := range []struct {
		then string
		want bool
	}{{abcd, true}, {strings.Replace(abcd, "x: 2", "x: 9", 1), false}} {
		w := newWorld(t)
		n := 0
		w.reached = func() error {
			if n++; n == 4 { // within b, whose first half is there
				return errKilled
			}
			return nil
		}
		if _, err := w.flow(t, abcd).Run(t.Context()); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		var stage *flow.StageError
		if _, err := w.flow(t, abcd).Run(cancelled(t)); !errors.Is(err, context.Canceled) || errors.As(err, &stage) {
			t.Errorf("with a cancelled context: %v", err)
		}
		states, err := w.flow(t, c.then).Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if states[1].Begun != c.want || states[0].Done != true {
			t.Errorf("%q: stages are %+v; b begun: %v is expected", c.then, states, c.want)
		}
		w.run(t, c.then)
	}
}

func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// Two processes do not run in one folder.
func TestLocked(t *testing.T) {
	w := newWorld(t)
	w.run(t, abcd)
	l, err := disk.Lock(filepath.Join(w.dir, ".lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := w.flow(t, abcd).Run(t.Context()); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("in a locked folder: %v", err)
	}
}

// Faults are all named at once, with their lines.
func TestRecipeFaults(t *testing.T) {
	for text, want := range map[string][]string{
		"":                       {"r.yaml is empty"},
		"x: [":                   {"r.yaml, line 1 (x: [): broken YAML", "close every ["},
		"- a\n":                  {"r.yaml, line 1: the recipe is a list"},
		"nam: x\na:\n  rat: 1\n": {"line 1: a recipe has no key nam; did you mean name", "line 3: stage a has no option rat"},
		"data: {fil: x}\n":       {"line 1: data has no key fil; did you mean file"},
		"a: {skip: perhaps}\n":   {"skip is \"perhaps\""},
		"a:\n  input: x\n":       {"line 2: input is not set under a: it comes from data"},
		"a:\n  x: 1\n  x: 2\n":   {"line 3: x is there twice"},
		"a: 7\n":                 {"stage a is \"7\"; keys with values are expected"},
		"a: {x: {y: 1}}\n":       {"x is a map"},
		"output_dir: [1, 2]\n":   {"output_dir is a list"},
	} {
		_, err := flow.ParseRecipe("r.yaml", []byte(text), schema())
		if !errors.Is(err, flow.ErrRecipe) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %v; %q is expected", text, err, part)
			}
		}
	}
	w := newWorld(t)
	for text, want := range map[string]string{
		"a:\nlater:\n  anything: 1\n": "line 2: the stage later is not built into this version",
		"seed: 1\n":                   "no stage is left",
		"a: {skip: true}\n":           "no stage is left",
	} {
		r, err := flow.ParseRecipe("r.yaml", []byte(text), schema())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := flow.New(w.table(), r, flow.Options{Dir: w.dir}); !errors.Is(err, flow.ErrRecipe) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; %q is expected", text, err, want)
		}
	}
}

// What is rendered is read again as the same, after changes of all kinds.
func TestRecipeRoundTrip(t *testing.T) {
	s := schema()
	read := func(text string) *flow.Recipe {
		t.Helper()
		r, err := flow.ParseRecipe("r.yaml", []byte(text), s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	render := func(r *flow.Recipe) string {
		t.Helper()
		text, err := r.YAML([]string{"a", "b", "c", "d", "later"})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	r := read("name: n\ndata: [u.csv, v.csv]\na: {x: [1, 2], rate: 1e-3}\nb:\nlater: {skip: true, y: 1}\n")
	for _, change := range []string{"seed=7", "a.rate=2", "d.x=null", "output_dir=out"} {
		if err := r.Set(change, s); err != nil {
			t.Fatal(err)
		}
	}
	r.Override("x", "9", s)
	want := "name: n\noutput_dir: out\nseed: 7\ndata:\n  file: [u.csv, v.csv]\na:\n  x: 9\n  rate: 2\nb:\n  x: 9\nd:\n  x: 9\n"
	if got := render(r); got != want {
		t.Errorf("rendered:\n%s\nwant:\n%s", got, want)
	}
	if again := render(read(want)); again != want {
		t.Errorf("read and rendered again:\n%s", again)
	}
	for _, bad := range []string{"seed", "=1", "nothing=1", "a.nothing=1", "a.b.c=1"} {
		if err := r.Set(bad, s); !errors.Is(err, flow.ErrRecipe) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func ExampleFlow() {
	dir, _ := os.MkdirTemp("", "flow")
	defer os.RemoveAll(dir)
	table := flow.NewTable(flow.Stage{Name: "greet", Plan: func(r flow.Request) (flow.Job, error) {
		whom, _ := r.Section.Settings.Get("whom")
		return flow.Job{
			Options: []string{"whom=" + whom}, Outputs: map[string]string{"letter": "letter.txt"},
			Run: func(_ context.Context, dir string) (flow.Outcome, error) {
				return flow.Outcome{Rows: 1}, os.WriteFile(filepath.Join(dir, "letter.txt"), []byte("Dear "+whom), 0o600)
			},
		}, nil
	}})
	schema := flow.Schema{Stages: []flow.StageKeys{{Name: "greet", Options: []string{"whom"}, Built: true}}}
	for range 2 {
		recipe, err := flow.ParseRecipe("recipe.yaml", []byte("greet: {whom: Ada}"), schema)
		if err != nil {
			panic(err)
		}
		f, err := flow.New(table, recipe, flow.Options{Dir: dir, Version: "1"})
		if err != nil {
			panic(err)
		}
		lines, err := f.Run(context.Background())
		if err != nil {
			panic(err)
		}
		fmt.Println(lines[0].Stage, lines[0].Rows, lines[0].Cached)
	}
	// Output:
	// greet 1 false
	// greet 1 true
}

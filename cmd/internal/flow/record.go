package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// RecordFile is the name of a stage's record in its folder.
const RecordFile = "stage.json"

// Record says what a folder was made from and what it holds.
type Record struct {
	Stage string `json:"stage"`
	// Inputs is the hash of everything that the stage depends on.
	Inputs  string   `json:"inputs"`
	Version string   `json:"version"`
	Options []string `json:"options"`
	// Finished is false as long as the stage is under way.
	Finished bool `json:"finished"`
	Outcome
	// Seconds of the run that finished.
	Seconds float64 `json:"seconds"`
	// Files are those of the folder with their size in bytes.
	Files []File `json:"files"`
}

// File is a file of a folder.
type File struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// ReadRecord reads the record of a folder; ok is false when there is none, or
// none that can be read.
func ReadRecord(fsys disk.FS, dir string) (r Record, ok bool, err error) {
	f, err := fsys.Open(filepath.Join(dir, RecordFile))
	if errors.Is(err, os.ErrNotExist) {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	defer f.Close() // it was only read
	data, err := io.ReadAll(f)
	if err != nil {
		return r, false, err
	}
	if json.Unmarshal(data, &r) != nil {
		return Record{}, false, nil
	}
	return r, true, nil
}

func writeRecord(fsys disk.FS, dir string, r Record) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	return disk.WriteFile(fsys, filepath.Join(dir, RecordFile), int64(len(data)), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// files lists what a stage has written. Links count as what they point to, and
// folders behind links are left out.
func files(dir string) ([]File, error) {
	var out []File
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil || rel == RecordFile || disk.IsPartial(path) {
			return err
		}
		info, err := os.Stat(path)
		if err != nil || info.IsDir() {
			return err
		}
		out = append(out, File{filepath.ToSlash(rel), info.Size()})
		return nil
	})
	return out, err
}

// whole reports whether a folder still holds what later stages use of it.
func (p *Planned) whole(fsys disk.FS, dir string, r Record) (bool, error) {
	sizes := make(map[string]int64, len(r.Files))
	for _, f := range r.Files {
		sizes[f.Name] = f.Size
	}
	for _, name := range p.Job.Outputs {
		info, err := fsys.Lstat(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if size, known := sizes[filepath.ToSlash(name)]; known && info.Mode().IsRegular() && info.Size() != size {
			return false, nil
		}
	}
	return true, nil
}

// Status says how far a stage is.
type Status struct {
	Stage string
	// Done says that its folder was made from what the recipe says now; Begun,
	// that an unfinished run of it would be gone on with.
	Done, Begun bool
	Record      Record
}

// Look says how far every stage is, and runs nothing.
func (f *Flow) Look(ctx context.Context) ([]Status, error) {
	if err := f.hashes(ctx); err != nil {
		return nil, err
	}
	out := make([]Status, len(f.jobs))
	for i, p := range f.jobs {
		s, err := f.status(p)
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", p.Stage.Name, err)
		}
		out[i] = s
	}
	return out, nil
}

func (f *Flow) status(p *Planned) (Status, error) {
	s := Status{Stage: p.Stage.Name}
	for _, dir := range []string{p.Dir, disk.Partial(p.Dir)} {
		r, ok, err := ReadRecord(f.opts.FS, dir)
		if err != nil {
			return s, err
		}
		if !ok || r.Inputs != p.hash {
			continue
		}
		if !r.Finished {
			s.Begun = p.Stage.Resumes
			continue
		}
		if s.Done, err = p.whole(f.opts.FS, dir, r); s.Done || err != nil {
			s.Record, s.Begun = r, false
			return s, err
		}
	}
	return s, nil
}

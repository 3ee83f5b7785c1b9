package flow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// Line is a row of the table at the end.
type Line struct {
	Record
	Cached bool
}

// StageError says which stage failed.
type StageError struct {
	Stage string
	Err   error
}

// Error implements error.
func (e *StageError) Error() string { return "stage " + e.Stage + ": " + e.Err.Error() }

// Unwrap returns the stage's own error.
func (e *StageError) Unwrap() error { return e.Err }

// Run does every stage that is not done yet, and returns a line for each stage
// that is, also when it ends with an error: a *StageError where a stage failed.
func (f *Flow) Run(ctx context.Context) (lines []Line, err error) {
	if err := f.opts.FS.MkdirAll(f.opts.Dir); err != nil {
		return nil, err
	}
	lock, err := disk.Lock(filepath.Join(f.opts.Dir, ".lock"))
	if errors.Is(err, disk.ErrLocked) {
		return nil, fmt.Errorf("another process runs a recipe in %s: %w", f.opts.Dir, err)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := f.hashes(ctx); err != nil {
		return nil, err
	}
	for i, p := range f.jobs {
		if err := ctx.Err(); err != nil {
			return lines, err
		}
		line, err := f.stage(ctx, p, i+1)
		if err != nil {
			return lines, &StageError{p.Stage.Name, err}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// stage brings one stage to its end.
func (f *Flow) stage(ctx context.Context, p *Planned, number int) (Line, error) {
	tell := func(what string, r Record) {
		f.opts.Tell(Event{Stage: p.Stage.Name, What: what, Number: number, Of: len(f.jobs), Record: r})
	}
	s, err := f.status(p)
	if err != nil {
		return Line{}, err
	}
	if s.Done {
		tell(Cached, s.Record)
		return Line{s.Record, true}, f.commit(p)
	}
	partial := disk.Partial(p.Dir)
	r := Record{Stage: p.Stage.Name, Inputs: p.hash, Version: f.opts.Version, Options: p.Job.Options}
	if s.Begun {
		tell(Resumed, r)
	} else {
		tell(Began, r)
		if err := f.opts.FS.RemoveAll(partial); err != nil {
			return Line{}, err
		}
		if err := f.opts.FS.MkdirAll(partial); err != nil {
			return Line{}, err
		}
		if err := writeRecord(f.opts.FS, partial, r); err != nil {
			return Line{}, err
		}
	}
	began := f.opts.Now()
	if r.Outcome, err = p.Job.Run(ctx, partial); err != nil {
		return Line{}, err
	}
	r.Seconds = f.opts.Now().Sub(began).Seconds()
	if r.Files, err = files(partial); err != nil {
		return Line{}, err
	}
	r.Finished = true
	if whole, err := p.whole(f.opts.FS, partial, r); err != nil || !whole {
		return Line{}, errors.Join(err, fmt.Errorf("it ended, but not all of %v is in %s", p.Job.Outputs, partial))
	}
	if err := writeRecord(f.opts.FS, partial, r); err != nil {
		return Line{}, err
	}
	if err := f.commit(p); err != nil {
		return Line{}, err
	}
	tell(Done, r)
	return Line{r, false}, nil
}

// commit gives a finished folder its name, in place of an older one, and
// removes what stopped commits have left. It does nothing where the folder has
// its name already. A process that dies on the way leaves the finished folder
// under one of its names.
func (f *Flow) commit(p *Planned) error {
	fsys, partial := f.opts.FS, disk.Partial(p.Dir)
	old := disk.Partial(p.Dir + ".old")
	r, ok, err := ReadRecord(fsys, partial)
	if err != nil {
		return err
	}
	if ok && r.Finished && r.Inputs == p.hash {
		if err := fsys.RemoveAll(old); err != nil {
			return err
		}
		if err := fsys.Rename(p.Dir, old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := disk.Replace(fsys, partial, p.Dir); err != nil {
			return err
		}
	} else if err := fsys.RemoveAll(partial); err != nil {
		return err
	}
	return fsys.RemoveAll(old)
}

package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// Options are the choices of a Store. The zero value keeps every checkpoint.
type Options struct {
	// FS is where the folder lies; nil means the operating system.
	FS disk.FS
	// SaveTotalLimit is the number of checkpoints to keep, 0 for all. Best and
	// last are kept in any case, so that 1 can mean two.
	SaveTotalLimit int
	// Lock, if set, takes the lock file in the run folder, such as disk.Lock
	// does, so that no two runs share a folder. Close releases it.
	Lock func(path string) (io.Closer, error)
}

// lockFile is hidden, since it is no part of a run's results.
const lockFile = ".lock"

// Store is the folder of one run.
type Store struct {
	dir   string
	fsys  disk.FS
	limit int
	lock  io.Closer
}

// Open makes dir if it is missing, takes the lock, and removes what a killed
// run left half-written. The caller closes the Store.
func Open(dir string, o Options) (*Store, error) {
	s := &Store{dir: dir, fsys: orOS(o.FS), limit: o.SaveTotalLimit}
	if o.SaveTotalLimit < 0 {
		return nil, fmt.Errorf("checkpoint: save_total_limit is %d; want 0 (keep all) or more", o.SaveTotalLimit)
	}
	if err := s.fsys.MkdirAll(dir); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if o.Lock != nil {
		lock, err := o.Lock(filepath.Join(dir, lockFile))
		if err != nil {
			return nil, fmt.Errorf("checkpoint: %s is in use by another run; wait for it or choose another output_dir: %w", dir, err)
		}
		s.lock = lock
	}
	if err := s.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("checkpoint: clean up %s: %w", dir, err), s.Close())
	}
	return s, nil
}

// Close releases the lock.
func (s *Store) Close() error {
	if s.lock == nil {
		return nil
	}
	err := s.lock.Close()
	s.lock = nil
	return err
}

// replacedSuffix ends the hidden name of a checkpoint whose place is being
// taken by a new one of the same step.
const replacedSuffix = ".replaced"

func (s *Store) replaced(name string) string {
	return filepath.Join(s.dir, "."+name+replacedSuffix)
}

// recover undoes what a killed run had begun.
func (s *Store) recover() error {
	entries, err := s.fsys.ReadDir(s.dir)
	if err != nil {
		return err
	}
	present := map[string]bool{}
	for _, e := range entries {
		present[e.Name()] = true
	}
	for _, e := range entries {
		path := filepath.Join(s.dir, e.Name())
		hidden, isHidden := strings.CutPrefix(e.Name(), ".")
		name, isReplaced := strings.CutSuffix(hidden, replacedSuffix)
		_, ours := stepOf(name)
		switch {
		case isHidden && isReplaced && ours && !present[name]:
			err = disk.Replace(s.fsys, path, filepath.Join(s.dir, name))
		case isHidden && isReplaced && ours, disk.IsPartial(e.Name()) && s.writes(path):
			err = s.fsys.RemoveAll(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writes reports whether a hidden path is one that a Store writes under.
func (s *Store) writes(path string) bool {
	for _, link := range []string{BestLink, LastLink} {
		if path == disk.Partial(filepath.Join(s.dir, link)) {
			return true
		}
	}
	return strings.HasPrefix(filepath.Base(path), "."+prefix)
}

// Write writes the checkpoint after a step: write puts files into w, and when
// it returns nil the checkpoint becomes visible, last points to it, and old
// ones are removed. An existing checkpoint of that step is replaced. On an
// error, or when ctx is cancelled while files are written, the folder is as it
// was before; only when a link or the removal of an old checkpoint fails has
// the new one been kept, which the error then says.
// It returns the path of the checkpoint.
func (s *Store) Write(ctx context.Context, step int64, write func(w Writer) error) (path string, err error) {
	if step < 0 {
		return "", fmt.Errorf("checkpoint: step %d; want 0 or more", step)
	}
	path = filepath.Join(s.dir, Name(step))
	if err := s.stage(ctx, path, write); err != nil {
		return "", fmt.Errorf("checkpoint: %s was not written: %w", path, err)
	}
	if err := s.publish(path); err != nil {
		return "", fmt.Errorf("checkpoint: %s was not written: %w", path, err)
	}
	err = s.link(LastLink, step)
	if err == nil {
		err = s.fsys.RemoveAll(s.replaced(Name(step)))
	}
	if err == nil {
		err = s.rotate()
	}
	if err != nil {
		return path, fmt.Errorf("checkpoint: %s is written, but: %w", path, err)
	}
	return path, nil
}

// stage writes all files and their hashes under the hidden name.
func (s *Store) stage(ctx context.Context, path string, write func(w Writer) error) (err error) {
	partial := disk.Partial(path)
	if err := s.fsys.RemoveAll(partial); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// The first error is what the caller must see.
			_ = s.fsys.RemoveAll(partial)
		}
	}()
	if err := s.fsys.MkdirAll(partial); err != nil {
		return err
	}
	w := &writer{live: ctx.Err, fsys: s.fsys, dir: partial, sums: map[string]string{}}
	if err := write(w); err != nil {
		return err
	}
	if err := w.finish(); err != nil {
		return err
	}
	return s.fsys.SyncDir(partial)
}

// publish gives a staged checkpoint its name. On an error the folder is as it
// was before.
func (s *Store) publish(path string) (err error) {
	partial, old := disk.Partial(path), s.replaced(filepath.Base(path))
	defer func() {
		if err != nil {
			err = errors.Join(err, s.fsys.RemoveAll(partial))
		}
	}()
	_, err = s.fsys.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := disk.Replace(s.fsys, partial, path); err != nil {
			return errors.Join(err, s.fsys.RemoveAll(path))
		}
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.fsys.Rename(path, old); err != nil {
		return err
	}
	if err := disk.Replace(s.fsys, partial, path); err != nil {
		return errors.Join(err, s.fsys.RemoveAll(path), s.fsys.Rename(old, path))
	}
	return nil
}

// MarkBest makes the link best point to the checkpoint of a step, then removes
// old checkpoints, among them the former best.
func (s *Store) MarkBest(step int64) error {
	path := filepath.Join(s.dir, Name(step))
	if _, err := s.fsys.Lstat(path); err != nil {
		return fmt.Errorf("checkpoint: %s cannot be best: %w", path, err)
	}
	err := s.link(BestLink, step)
	if err == nil {
		err = s.rotate()
	}
	if err != nil {
		return fmt.Errorf("checkpoint: mark %s as best: %w", path, err)
	}
	return nil
}

// link points a link at a checkpoint, replacing the link at once.
func (s *Store) link(name string, step int64) error {
	link := filepath.Join(s.dir, name)
	partial := disk.Partial(link)
	if err := s.fsys.RemoveAll(partial); err != nil {
		return err
	}
	if err := s.fsys.Symlink(Name(step), partial); err != nil {
		return err
	}
	if err := disk.Replace(s.fsys, partial, link); err != nil {
		return errors.Join(err, s.fsys.RemoveAll(partial))
	}
	return nil
}

// linked returns the step that a link points to.
func (s *Store) linked(name string) (step int64, ok bool, err error) {
	target, err := s.fsys.Readlink(filepath.Join(s.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	step, ok = stepOf(target)
	return step, ok, err
}

// Best returns the step that MarkBest was last called with; ok is false if
// there is none.
func (s *Store) Best() (step int64, ok bool, err error) {
	step, ok, err = s.linked(BestLink)
	if err != nil {
		err = fmt.Errorf("checkpoint: %w", err)
	}
	return step, ok, err
}

// rotate removes the checkpoints with the lowest steps until the limit is kept.
func (s *Store) rotate() error {
	if s.limit == 0 {
		return nil
	}
	steps, err := Steps(s.fsys, s.dir)
	if err != nil {
		return err
	}
	keep := map[int64]bool{}
	for _, name := range []string{BestLink, LastLink} {
		step, ok, err := s.linked(name)
		if err != nil {
			return err
		}
		if ok {
			keep[step] = true
		}
	}
	surplus := len(steps) - s.limit
	for _, step := range steps {
		if surplus <= 0 {
			break
		}
		if keep[step] {
			continue
		}
		if err := s.remove(filepath.Join(s.dir, Name(step))); err != nil {
			return err
		}
		surplus--
	}
	return nil
}

// remove hides a checkpoint first, so that a half-removed one is never seen.
func (s *Store) remove(path string) error {
	partial := disk.Partial(path)
	if err := s.fsys.RemoveAll(partial); err != nil {
		return err
	}
	if err := disk.Replace(s.fsys, path, partial); err != nil {
		return err
	}
	return s.fsys.RemoveAll(partial)
}

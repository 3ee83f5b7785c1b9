// Package checkpoint keeps the state of a training run in its output folder:
//
//	checkpoint-500/       the files the trainer wrote, and SHA256SUMS over them
//	checkpoint-1000/
//	best -> checkpoint-500
//	last -> checkpoint-1000
//
// Nouns: a Store is the folder of one run, open for writing; a Writer is one
// checkpoint that is being written, file by file; a Checkpoint is one that was
// found whole; a TrainerState and a Cursor are the two JSON files that every
// checkpoint has beside the weights. Open, Store.Write and Store.MarkBest are
// the path out; Load, Latest and Auto are the path in.
//
// A checkpoint is written under a hidden name, synced, and renamed, so a folder
// named checkpoint-N is whole or damaged later, never half-written; what a
// killed run left under hidden names is removed by the next Open. Rotation
// never removes best or last.
//
// Errors: reading gives a *CorruptError that names the file whose hash is
// missing or wrong (errors.Is ErrCorrupt), ErrNone when there is nothing to
// read, ErrVersion for a cursor of another format. A full disk gives a
// *disk.SpaceError.
//
// A Store is used by one goroutine at a time, and a folder by one run at a time
// (Options.Lock). Reading needs no Store.
//
// It does not know what the files mean: the weights are written by whoever
// calls Store.Write.
package checkpoint

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// What a caller can test for with errors.Is.
var (
	// ErrCorrupt: a file of a checkpoint is missing, changed or unknown.
	ErrCorrupt = errors.New("corrupt checkpoint")
	// ErrNone: the folder has no checkpoint.
	ErrNone = errors.New("no checkpoint")
	// ErrVersion: the cursor was written by another version of ortrain.
	ErrVersion = errors.New("unsupported checkpoint version")
)

// CorruptError says which file of which checkpoint is not what was written.
type CorruptError struct {
	// Dir is the checkpoint, File the name of the file in it.
	Dir, File string
	// Reason is what is wrong, such as "is missing".
	Reason string
}

// Error implements error.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("checkpoint: %s: %s %s; resume from another checkpoint, or from the newest whole one with \"auto\"", e.Dir, e.File, e.Reason)
}

// Is makes errors.Is(err, ErrCorrupt) hold.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }

// The names in a run folder and in a checkpoint.
const (
	BestLink  = "best"
	LastLink  = "last"
	SumsFile  = "SHA256SUMS"
	StateFile = "trainer_state.json"
	// CursorFile holds the position in the data and the key of the random draws.
	CursorFile = "cursor.json"

	prefix = "checkpoint-"
)

// Name returns the folder name of the checkpoint after a step.
func Name(step int64) string { return prefix + strconv.FormatInt(step, 10) }

var namePattern = regexp.MustCompile(`^` + prefix + `(0|[1-9][0-9]{0,17})$`)

// stepOf is the inverse of Name.
func stepOf(name string) (step int64, ok bool) {
	m := namePattern.FindStringSubmatch(name)
	if m == nil {
		return 0, false
	}
	step, err := strconv.ParseInt(m[1], 10, 64)
	return step, err == nil
}

// Steps lists the steps that dir has checkpoints of, ascending. It does not
// look into them. A nil FS is the operating system's.
func Steps(fsys disk.FS, dir string) ([]int64, error) {
	entries, err := orOS(fsys).ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	var steps []int64
	for _, e := range entries {
		if step, ok := stepOf(e.Name()); ok && e.IsDir() {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	return steps, nil
}

// Latest returns the path of the checkpoint in dir with the highest step.
// Errors: ErrNone.
func Latest(fsys disk.FS, dir string) (string, error) {
	steps, err := Steps(fsys, dir)
	if err != nil {
		return "", err
	}
	if len(steps) == 0 {
		return "", none(dir)
	}
	return filepath.Join(dir, Name(steps[len(steps)-1])), nil
}

func none(dir string) error {
	return fmt.Errorf("checkpoint: %s: %w: want a folder named %sN", dir, ErrNone, prefix)
}

func orOS(fsys disk.FS) disk.FS {
	if fsys == nil {
		return disk.OS()
	}
	return fsys
}

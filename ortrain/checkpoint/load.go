package checkpoint

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// Checkpoint is one whose files were all found as they were written.
type Checkpoint struct {
	// Dir is its folder, with a link such as best resolved.
	Dir string
	// Files are the names of its files, sorted, without SHA256SUMS.
	Files []string

	fsys disk.FS
}

// Path returns where a file of the checkpoint lies.
func (c *Checkpoint) Path(name string) string { return filepath.Join(c.Dir, name) }

// Open opens a file of the checkpoint; the caller closes it.
// Errors: ErrCorrupt if the checkpoint has no such file.
func (c *Checkpoint) Open(name string) (io.ReadCloser, error) {
	if !slices.Contains(c.Files, name) {
		return nil, &CorruptError{c.Dir, name, "is missing"}
	}
	f, err := c.fsys.Open(c.Path(name))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return f, nil
}

// Load checks the hash of every file of the checkpoint at path, which may be a
// link. A nil FS is the operating system's.
// Errors: ErrNone if path does not exist, ErrCorrupt.
func Load(ctx context.Context, fsys disk.FS, path string) (*Checkpoint, error) {
	fsys = orOS(fsys)
	info, err := fsys.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		target, lerr := fsys.Readlink(path)
		if lerr != nil {
			return nil, fmt.Errorf("checkpoint: %w", lerr)
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
		_, err = fsys.Lstat(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("checkpoint: %s: %w: %w", path, ErrNone, err)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	c := &Checkpoint{Dir: path, fsys: fsys}
	if err := c.verify(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Auto loads the newest whole checkpoint in dir. The damaged ones that are
// newer are reported in skipped.
// Errors: ErrNone if dir has no checkpoint; ErrCorrupt if all are damaged.
func Auto(ctx context.Context, fsys disk.FS, dir string) (c *Checkpoint, skipped []error, err error) {
	steps, err := Steps(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, none(dir)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, step := range slices.Backward(steps) {
		c, err := Load(ctx, fsys, filepath.Join(dir, Name(step)))
		if err == nil {
			return c, skipped, nil
		}
		if !errors.Is(err, ErrCorrupt) {
			return nil, skipped, err
		}
		skipped = append(skipped, err)
	}
	if len(skipped) > 0 {
		return nil, skipped, fmt.Errorf("checkpoint: %s has no whole checkpoint: %w", dir, errors.Join(skipped...))
	}
	return nil, nil, none(dir)
}

// verify compares the files with SHA256SUMS, in both directions.
func (c *Checkpoint) verify(ctx context.Context) error {
	sums, err := c.sums()
	if err != nil {
		return err
	}
	entries, err := c.fsys.ReadDir(c.Dir)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	for _, e := range entries {
		// Hidden files are other programs' (.DS_Store, .nfs…).
		if _, ok := sums[e.Name()]; !ok && e.Name() != SumsFile && !strings.HasPrefix(e.Name(), ".") {
			return &CorruptError{c.Dir, e.Name(), "has no hash in " + SumsFile}
		}
	}
	c.Files = slices.Sorted(maps.Keys(sums))
	for _, name := range c.Files {
		got, err := c.hash(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			return &CorruptError{c.Dir, name, "is missing"}
		}
		if err != nil {
			return fmt.Errorf("checkpoint: %s: %w", c.Path(name), err)
		}
		if got != sums[name] {
			return &CorruptError{c.Dir, name, "has the wrong hash: SHA-256 " + got + ", want " + sums[name]}
		}
	}
	return nil
}

// maxSums bounds the lines of SHA256SUMS.
const maxSums = 1 << 16

// sums reads SHA256SUMS.
func (c *Checkpoint) sums() (map[string]string, error) {
	f, err := c.fsys.Open(c.Path(SumsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &CorruptError{c.Dir, SumsFile, "is missing"}
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	sums := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		raw, herr := hex.DecodeString(sum)
		if !ok || herr != nil || len(raw) != sha256.Size || !plain(name) || len(sums) == maxSums {
			return nil, errors.Join(&CorruptError{c.Dir, SumsFile, fmt.Sprintf("has the malformed line %q", lines.Text())}, f.Close())
		}
		sums[name] = strings.ToLower(sum)
	}
	err = errors.Join(lines.Err(), f.Close())
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, &CorruptError{c.Dir, SumsFile, "has a line that is too long"}
	case err != nil:
		return nil, fmt.Errorf("checkpoint: %s: %w", c.Path(SumsFile), err)
	case len(sums) == 0:
		return nil, &CorruptError{c.Dir, SumsFile, "is empty"}
	}
	return sums, nil
}

// chunkSize is how much is hashed between two looks at the context.
const chunkSize = 1 << 20

func (c *Checkpoint) hash(ctx context.Context, name string) (string, error) {
	f, err := c.fsys.Open(c.Path(name))
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for err == nil {
		if err = ctx.Err(); err == nil {
			_, err = io.CopyN(sum, f, chunkSize)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return hex.EncodeToString(sum.Sum(nil)), errors.Join(err, f.Close())
}

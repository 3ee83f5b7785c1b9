package flow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// inputs is what the hash of a stage is taken over.
type inputs struct {
	Stage   string      `json:"stage"`
	Version string      `json:"version"`
	Options []string    `json:"options"`
	Reads   [][2]string `json:"reads"`
	Needs   [][2]string `json:"needs"`
	Hidden  []string    `json:"hidden"`
}

// hashes settles the hash of every job's inputs.
func (f *Flow) hashes(ctx context.Context) error {
	known := make(map[string]string)
	for _, p := range f.jobs {
		in := inputs{Stage: p.Stage.Name, Version: f.opts.Version, Options: p.Job.Options, Hidden: p.Job.Hidden}
		for _, r := range p.Job.Reads {
			sum, ok := known[r.Path]
			if !ok {
				var err error
				if sum, err = hashPath(ctx, r.Path); err != nil {
					return fmt.Errorf("stage %s: %s: %w", p.Stage.Name, r.As, err)
				}
				known[r.Path] = sum
			}
			in.Reads = append(in.Reads, [2]string{r.As, sum})
		}
		for _, need := range p.needs {
			in.Needs = append(in.Needs, [2]string{need.Stage.Name, need.hash})
		}
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		p.hash = hex.EncodeToString(sum[:])
	}
	return nil
}

// hashPath is the SHA-256 of a file, or of all files in a folder with their
// names. A name that does not exist, such as a pattern or a model of the hub,
// counts by itself and by the files that match it.
func hashPath(ctx context.Context, path string) (string, error) {
	h := sha256.New()
	paths := []string{path}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(h, "name %q\n", path)
		if paths, err = filepath.Glob(path); err != nil {
			paths = nil // not a pattern either
		}
	}
	for _, p := range paths {
		if err := hashTree(ctx, h, p); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hashTree adds a file or the files of a folder. Hidden files do not count.
func hashTree(ctx context.Context, h hash.Hash, root string) error {
	info, err := os.Stat(root)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return hashFile(ctx, h, root)
	}
	return filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != root && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "file %q\n", filepath.ToSlash(rel))
		return hashFile(ctx, h, path)
	})
}

func hashFile(ctx context.Context, h hash.Hash, path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(h, reader{ctx, f})
	return err
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

package artifact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/trainop"
)

// Save writes a set and its checkpoint to dir under the usual names, training
// operators with their function bodies. A set without an optimizer gets no
// optimizer model. Other files of dir stay.
//
// Everything is written and synced beside dir first, so that an error leaves
// what was there; only a failure while the finished files are moved into a dir
// that existed leaves it without a checkpoint, which Load refuses: no mixture of
// two sets is ever read.
//
// A graph of more than 2 GiB puts its constants into a file beside it, and a
// checkpoint parts of itself, as package odtc says.
//
// Errors: ErrFormat when set and checkpoint do not belong together, the
// context's, the disk's.
func Save(ctx context.Context, fsys disk.FS, dir string, set *Set, c *odtc.Checkpoint) (err error) {
	if _, err := ParseSignature(set.Training, c); err != nil {
		return err
	}
	stage := disk.Partial(dir)
	defer func() {
		if err != nil {
			err = fmt.Errorf("artifact: writing %s: %w", dir, errors.Join(err, fsys.RemoveAll(stage)))
		}
	}()
	if err := fsys.RemoveAll(stage); err != nil { // of an attempt that was killed
		return err
	}
	if err := fsys.MkdirAll(stage); err != nil {
		return err
	}
	for _, part := range []struct {
		name  string
		model *onnx.Model
	}{{TrainingFile, set.Training}, {EvalFile, set.Eval}, {OptimizerFile, set.Optimizer}} {
		if part.model == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := writeModel(fsys, filepath.Join(stage, part.name), part.model); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err = odtc.Write(func(suffix string, size int64) (io.WriteCloser, error) {
		return disk.Create(fsys, filepath.Join(stage, CheckpointFile+suffix), size)
	}, c, odtc.Options{})
	if err != nil {
		return err
	}
	return publish(fsys, stage, dir)
}

// publish gives the files of stage their place: the whole folder at once where
// dir does not exist; else the old checkpoint goes first and the new one comes
// last.
func publish(fsys disk.FS, stage, dir string) error {
	if err := fsys.SyncDir(stage); err != nil {
		return err
	}
	if _, err := fsys.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return disk.Replace(fsys, stage, dir)
	}
	for _, name := range owned {
		if err := fsys.RemoveAll(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	if err := fsys.SyncDir(dir); err != nil {
		return err
	}
	entries, err := fsys.ReadDir(stage)
	if err != nil {
		return err
	}
	names := []string{}
	for _, e := range entries {
		if e.Name() != CheckpointFile {
			names = append(names, e.Name())
		}
	}
	for _, name := range append(names, CheckpointFile) {
		if err := disk.Replace(fsys, filepath.Join(stage, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return fsys.RemoveAll(stage)
}

// owned are the names of a set's files that an earlier set may have left, the
// checkpoint first.
var owned = []string{
	CheckpointFile, CheckpointFile + odtc.DataSuffix, CheckpointFile + odtc.MomentsSuffix, OptimizerFile,
	TrainingFile, TrainingFile + externalSuffix, EvalFile, EvalFile + externalSuffix,
}

// externalSuffix is what package wire calls the file of a model's constants.
const externalSuffix = ".data"

func writeModel(fsys disk.FS, path string, m *onnx.Model) error {
	m, err := Portable(m)
	if err != nil {
		return err
	}
	data, err := wire.Encode(m)
	if errors.Is(err, wire.ErrTooLarge) {
		return wire.WriteFile(path, m, wire.Options{})
	}
	if err != nil {
		return err
	}
	f, err := disk.Create(fsys, path, int64(len(data)))
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// functionIR is the first IR version with model-local functions.
const functionIR = 8

// Portable returns a model that shares everything with m and has a function
// body for each training operator that can have one, so that a stock runtime
// loads it. A training build prefers its own kernels.
func Portable(m *onnx.Model) (*onnx.Model, error) {
	functions, err := trainop.Functions(m)
	if err != nil {
		return nil, fmt.Errorf("artifact: %w", err)
	}
	if len(functions) == 0 {
		return m, nil
	}
	out := *m
	out.Functions = slices.Concat(m.Functions, functions)
	out.IRVersion = max(m.IRVersion, functionIR)
	out.Opsets = maps.Clone(m.Opsets)
	for _, f := range functions {
		if out.Opsets.Of(f.Domain) == 0 {
			out.Opsets[f.Domain] = 1
		}
		for domain, version := range f.Opsets {
			if out.Opsets.Of(domain) == 0 {
				out.Opsets[domain] = version
			}
		}
	}
	return &out, nil
}

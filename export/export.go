// Package export writes a trained model as the folder that other tools serve:
// the ONNX graph, the weights under Hugging Face's names, configuration,
// tokenizer, a model card, and the proof that the graph agrees with what was
// trained.
//
// Nouns: a Bundle is all that goes into the folder; a Parity is the measured
// agreement of two sets of logits.
//
// Path: Write, then run the written graph, fill a Parity with its logits and
// the trainer's, then WriteParity. The graph is built anew in padded form from
// the parameters' names, so that a Parity also checks the packed form it was
// trained in.
//
// Errors: those of the disk, ErrParity when outputs differ too much. The
// written files hold no path, host or user name, no text of the training data
// and no state of the optimizer.
package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/task"
)

// Names of the files of an export.
const (
	ModelFile   = "model.onnx"
	WeightsFile = "model.safetensors"
	ConfigFile  = "config.json"
	ParityFile  = "parity.json"
	CardFile    = "README.md"
	// LayoutFolder holds the graph under the name that browser and Node
	// libraries look for.
	LayoutFolder = "onnx"
)

// TokenizerFiles are the files that belong to a tokenizer; those that exist are
// copied unchanged.
var TokenizerFiles = []string{"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "added_tokens.json"}

// CleaningFile holds the recipe by which texts were cleaned in training, and are
// to be cleaned before the model sees them.
const CleaningFile = "clean.yaml"

// Bundle is what an export is made of.
type Bundle struct {
	// Config describes the model, labels included.
	Config *model.Config
	Task   task.Task
	// Opset of the graph; 0 means the default.
	Opset int64
	// Weight returns the values of a parameter of the task model.
	Weight func(name string) ([]float32, error)
	// Files holds the tokenizer's files, and CleaningFile if there is one, by
	// name, written as they are. A tokenizer.json without a tokenizer_config.json
	// gets one.
	Files map[string][]byte
	Card  Card
}

// Write makes dir hold the export; what it held before is replaced when
// everything is on disk, and kept if anything fails.
func Write(ctx context.Context, fsys disk.FS, dir string, b Bundle) (err error) {
	graph, weights, err := b.graph()
	if err != nil {
		return err
	}
	partial := disk.Partial(dir)
	if err := fsys.RemoveAll(partial); err != nil {
		return fmt.Errorf("export: clearing an earlier attempt: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, fsys.RemoveAll(partial))
		}
	}()
	for _, d := range []string{partial, filepath.Join(partial, LayoutFolder)} {
		if err := fsys.MkdirAll(d); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	files, err := b.tokenizerFiles()
	if err != nil {
		return err
	}
	w := writer{fsys: fsys, dir: partial}
	config, err := b.config()
	if err != nil {
		return err
	}
	w.bytes(ConfigFile, config)
	for _, name := range append(slices.Clone(TokenizerFiles), CleaningFile) {
		if data, ok := files[name]; ok {
			w.bytes(name, data)
		}
	}
	w.graph(graph)
	w.weights(weights)
	w.bytes(CardFile, b.Card.render(b.Config))
	if err := errors.Join(w.err, ctx.Err()); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return publish(fsys, partial, dir)
}

// publish puts a finished folder in the place of the one that is there, which
// comes back if that fails.
func publish(fsys disk.FS, partial, dir string) error {
	old := disk.Partial(dir + ".old")
	_, err := fsys.Lstat(dir)
	replaces := err == nil
	if replaces {
		if err := errors.Join(fsys.RemoveAll(old), fsys.Rename(dir, old)); err != nil {
			return fmt.Errorf("export: making room for the new export: %w", err)
		}
	}
	if err := disk.Replace(fsys, partial, dir); err != nil {
		if replaces {
			err = errors.Join(err, fsys.Rename(old, dir))
		}
		return fmt.Errorf("export: %w", err)
	}
	if err := fsys.RemoveAll(old); err != nil {
		return fmt.Errorf("export: removing the export that was replaced: %w", err)
	}
	return nil
}

// graph builds the inference graph in padded form with the weights inside.
func (b Bundle) graph() (*onnx.Model, []safetensors.Tensor, error) {
	g, err := task.Build(b.Config, b.Task, task.Options{Form: model.Padded, Mode: model.Infer, Opset: b.Opset})
	if err != nil {
		return nil, nil, fmt.Errorf("export: %w", err)
	}
	values := make([][]float32, len(g.Params))
	tensors := make([]safetensors.Tensor, len(g.Params))
	for i, p := range g.Params {
		if values[i], err = b.Weight(p.Name); err != nil {
			return nil, nil, fmt.Errorf("export: parameter %q: %w", p.Name, err)
		}
		tensors[i] = safetensors.Tensor{Name: p.Name, DType: safetensors.F32, Shape: p.Shape, Floats: values[i]}
	}
	m, err := task.Freeze(g, values)
	if err != nil {
		return nil, nil, fmt.Errorf("export: %w", err)
	}
	m.Graph.Name = b.Config.ModelType
	return m, tensors, nil
}

// config is the configuration under the class whose weights these are.
func (b Bundle) config() ([]byte, error) {
	c := b.Config.Clone()
	a, err := c.Architecture()
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if head, ok := a.Head(b.Task.Head()); ok {
		c.Architectures = []string{head.Class}
	}
	c.ProblemType = b.Task.Problem()
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("export: %s: %w", ConfigFile, err)
	}
	return append(data, '\n'), nil
}

// writer writes the files of one folder and keeps the first error.
type writer struct {
	fsys disk.FS
	dir  string
	err  error
}

func (w *writer) file(name string, size int64, write func(io.Writer) error) {
	if w.err == nil {
		w.err = disk.WriteFile(w.fsys, filepath.Join(w.dir, name), size, write)
	}
}

func (w *writer) bytes(name string, data []byte) {
	w.file(name, int64(len(data)), func(out io.Writer) error {
		_, err := out.Write(data)
		return err
	})
}

// graph writes the model, and again under the layout's name.
func (w *writer) graph(m *onnx.Model) {
	data, err := wire.Encode(m)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.bytes(ModelFile, data)
	if w.err != nil {
		return
	}
	layout := filepath.Join(w.dir, LayoutFolder, ModelFile)
	// The same bytes twice cost no space where the file system has links.
	if err := os.Link(filepath.Join(w.dir, ModelFile), layout); err != nil {
		w.bytes(filepath.Join(LayoutFolder, ModelFile), data)
	}
}

func (w *writer) weights(tensors []safetensors.Tensor) {
	if w.err == nil {
		w.err = safetensors.WriteFile(w.fsys, filepath.Join(w.dir, WeightsFile), tensors, map[string]string{"format": "pt"})
	}
}

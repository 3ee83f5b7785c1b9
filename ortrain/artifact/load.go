package artifact

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
)

// Folder is a set of artifacts on disk: the graphs are in memory, the
// checkpoint's tensors are read when asked for. Its owner closes it.
type Folder struct {
	Set
	Signature *Signature
	// Settings are those of the optimizer model; the zero value if there is none.
	Settings   Optimizer
	Checkpoint *odtc.Checkpoint
}

// Load reads the artifacts called files in dir and checks that they belong
// together.
// Errors: ErrFormat, and what the files themselves have wrong.
func Load(dir string, files Files) (f *Folder, err error) {
	f = &Folder{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%w (in %s)", err, dir), f.Close())
			f = nil
		}
	}()
	if f.Training, err = readModel(dir, files.Training); err != nil {
		return f, err
	}
	if f.Eval, err = readModel(dir, files.Eval); err != nil {
		return f, err
	}
	if files.Optimizer != "" {
		if f.Optimizer, err = readModel(dir, files.Optimizer); err != nil {
			return f, err
		}
		if f.Settings, err = ParseOptimizer(f.Optimizer); err != nil {
			return f, err
		}
	}
	if f.Checkpoint, err = odtc.Open(filepath.Join(dir, files.Checkpoint)); err != nil {
		f.Checkpoint = nil
		return f, fmt.Errorf("artifact: %s: %w: %w", files.Checkpoint, ErrFormat, err)
	}
	if f.Signature, err = ParseSignature(f.Training, f.Checkpoint); err != nil {
		return f, err
	}
	return f, errors.Join(f.Signature.checkEval(f.Eval), f.checkMoments())
}

// Close releases the checkpoint's files.
func (f *Folder) Close() error {
	if f.Checkpoint == nil {
		return nil
	}
	return f.Checkpoint.Close()
}

func readModel(dir, name string) (*onnx.Model, error) {
	m, err := wire.ReadFile(filepath.Join(dir, name), wire.Options{})
	if err != nil {
		return nil, fmt.Errorf("artifact: %s: %w: %w", name, ErrFormat, err)
	}
	return m, nil
}

// checkEval verifies that the evaluation model takes nothing that the training
// model does not.
func (s *Signature) checkEval(m *onnx.Model) error {
	params := make(map[string]Param, len(s.Params))
	for _, p := range s.Params {
		params[p.Name] = p
	}
	if len(m.Graph.Outputs) == 0 {
		return fmt.Errorf("artifact: the evaluation model has no outputs; the loss must be the first: %w", ErrFormat)
	}
	for _, v := range m.Graph.Inputs {
		if p, ok := params[v.Name]; ok {
			if err := p.fits(v); err != nil {
				return fmt.Errorf("%w (evaluation model)", err)
			}
		} else if s.Input(v.Name) == nil && m.Graph.Initializer(v.Name) == nil {
			return fmt.Errorf("artifact: the evaluation model has an input %v that the training model lacks; do the files belong together? %w", v, ErrFormat)
		}
	}
	return nil
}

// checkMoments verifies that optimizer states belong to trainable parameters
// and have their shape.
func (f *Folder) checkMoments() error {
	params := make(map[string]Param)
	for _, p := range f.Signature.Params {
		params[p.Name] = p
	}
	for _, g := range f.Checkpoint.Groups {
		for _, s := range g.States {
			p, ok := params[s.Parameter]
			if !ok || !p.Trainable {
				return fmt.Errorf("artifact: the checkpoint has moments of %q, which is not a trainable parameter: %w", s.Parameter, ErrFormat)
			}
			for _, m := range s.Moments {
				if m.DType != p.DType || !slices.Equal(m.Dims, p.Shape) {
					return fmt.Errorf("artifact: %s of %q is %s%v, the parameter %s%v: %w", m.Name, s.Parameter, m.DType, m.Dims, p.DType, p.Shape, ErrFormat)
				}
			}
		}
	}
	return nil
}

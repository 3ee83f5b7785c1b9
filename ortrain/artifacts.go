package ortrain

import (
	"context"
	"errors"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ort"
)

// OpenArtifacts makes a Network of artifacts that were loaded from files, ours
// or those of generate_artifacts, with their weights and, if it trains and they
// are there, moments. A nil opts.Method means the rule and weight decay that the
// optimizer model states. The graphs of f are consumed; f is still the caller's
// to close.
// Errors: artifact.ErrNominal for a checkpoint without weights,
// artifact.ErrFormat for parameters that are not float.
func OpenArtifacts(env *ort.Env, f *artifact.Folder, opts NetworkOptions) (*Network, error) {
	params := make([]Parameter, len(f.Signature.Params))
	for i, p := range f.Signature.Params {
		if p.DType != onnx.Float {
			return nil, fmt.Errorf("ortrain: parameter %q is %s; only float parameters are supported: %w", p.Name, p.DType, artifact.ErrFormat)
		}
		params[i] = Parameter{Name: p.Name, Shape: p.Shape, Trainable: p.Trainable}
	}
	if opts.Method == nil && f.Settings.Kind != "" {
		opts.Method, opts.Rates = f.Settings.Method(), f.Settings.Rates()
	}
	n, err := NewNetwork(env, &f.Set, params, opts)
	if err != nil {
		return nil, err
	}
	if err := n.fill(f); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// fill reads weights and moments into the network's memory.
func (n *Network) fill(f *artifact.Folder) error {
	if err := f.ReadWeights(n.Weight); err != nil {
		return err
	}
	if n.optimizer == nil || len(f.Checkpoint.Groups) == 0 {
		return nil
	}
	state, err := artifact.ReadMoments(f.Checkpoint, n.optimizer.State())
	if err != nil {
		return err
	}
	return n.optimizer.Load(state)
}

// SaveArtifacts writes a set together with the network's weights, moments and
// the learning rate that schedules start from, as artifacts that can be loaded
// again here or in an official training build. The set is one that no network
// has consumed.
func (n *Network) SaveArtifacts(ctx context.Context, fsys disk.FS, dir string, set *artifact.Set, rate float64) error {
	if err := n.Settle(); err != nil {
		return err
	}
	return artifact.Save(ctx, fsys, dir, set, n.checkpoint(rate))
}

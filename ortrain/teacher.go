package ortrain

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/program"
	"github.com/ortrain/ortrain/ortrain/variant"
)

// teacherFile holds the teacher in a checkpoint.
const teacherFile = "teacher"

// teacher is a moving average of the weights with a graph that runs on it.
type teacher struct {
	weights map[string]*ort.Tensor
	graph   *program.Graph
}

func (t *teacher) close() error {
	var errs []error
	if t.graph != nil {
		errs = append(errs, t.graph.Close())
	}
	for _, w := range t.weights {
		errs = append(errs, w.Close())
	}
	return errors.Join(errs...)
}

// startTeacher begins the average at the present weights.
func (n *Network) startTeacher() (err error) {
	if err := n.Settle(); err != nil {
		return err
	}
	t := &teacher{weights: make(map[string]*ort.Tensor, len(n.order))}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	for _, name := range n.order {
		if t.weights[name], err = ort.NewTensor(onnx.Float, n.weights[name].Shape()...); err != nil {
			return fmt.Errorf("ortrain: moving average of %q: %w", name, err)
		}
		copy(t.weights[name].Float32s(), n.Weight(name))
	}
	m, err := variant.Make(n.other.eval, n.order, rules.Standard(), variant.Spec{Forward: true, Logits: true})
	if err != nil {
		return fmt.Errorf("ortrain: %w", err)
	}
	low, err := program.Lower(m, n.order, n.other.lowering)
	if err != nil {
		return err
	}
	if t.graph, err = n.open(low, t.weights); err != nil {
		return err
	}
	n.teacher = t
	return nil
}

// Teacher implements adversary.Passes.
func (p *passes) Teacher(ctx context.Context) (adversary.Result, error) {
	n := p.net
	if n.teacher == nil {
		if err := n.startTeacher(); err != nil {
			return adversary.Result{}, err
		}
	}
	feeds, err := n.bind(n.evalBind, p.batch)
	if err != nil {
		return adversary.Result{}, err
	}
	if err := n.teacher.graph.Run(ctx, feeds, 0, program.MaskKey{}); err != nil {
		return adversary.Result{}, err
	}
	logits := n.teacher.graph.Output(variant.LogitsOut)
	return adversary.Result{LogProbs: adversary.LogSoftmax(logits.Float32s(), int(logits.Shape()[1]))}, nil
}

// Follow implements Perturbable.
func (n *Network) Follow(beta float64) error {
	if n.teacher == nil {
		return nil
	}
	if err := n.Settle(); err != nil {
		return err
	}
	var pairs []native.Pair
	for _, name := range n.order {
		if !n.frozen[name] {
			pairs = append(pairs, native.Pair{Dst: n.teacher.weights[name].Float32s(), Src: n.Weight(name)})
		}
	}
	return n.kernels.Lerp(float32(1-beta), pairs...)
}

// teacherCheckpoint describes the average in the live memory, nil if there is
// none.
func (n *Network) teacherCheckpoint() *odtc.Checkpoint {
	if n.teacher == nil {
		return nil
	}
	params := make([]artifact.Param, len(n.order))
	for i, name := range n.order {
		params[i] = artifact.Param{Name: name, DType: onnx.Float, Shape: n.weights[name].Shape()}
	}
	return artifact.NewCheckpoint(params, func(name string) []float32 { return n.teacher.weights[name].Float32s() })
}

// loadTeacher brings back the average of a checkpoint.
func (n *Network) loadTeacher(path string) (err error) {
	if n.teacher == nil {
		if err := n.startTeacher(); err != nil {
			return err
		}
	}
	c, err := odtc.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return n.readWeights(path, c, func(name string) []float32 { return n.teacher.weights[name].Float32s() })
}

// readWeights reads all parameters of a checkpoint into memory.
func (n *Network) readWeights(path string, c *odtc.Checkpoint, into func(name string) []float32) error {
	found := make(map[string]*odtc.Tensor)
	for _, list := range [][]odtc.Tensor{c.Trainable, c.Frozen} {
		for i := range list {
			found[list[i].Name] = &list[i]
		}
	}
	for _, name := range n.order {
		t, ok := found[name]
		if !ok {
			return fmt.Errorf("ortrain: checkpoint %s has no parameter %q that the model needs: %w", path, name, artifact.ErrFormat)
		}
		if !slices.Equal(t.Dims, n.weights[name].Shape()) {
			return fmt.Errorf("ortrain: checkpoint %s has %q as %v, the model as %v: %w", path, name, t.Dims, n.weights[name].Shape(), artifact.ErrFormat)
		}
		if err := t.Float32(into(name)); err != nil {
			return fmt.Errorf("ortrain: checkpoint %s: %w", path, err)
		}
	}
	return nil
}

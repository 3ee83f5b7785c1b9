package artifact

import (
	"errors"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/optim"
)

// GroupName is the one optimizer group that ONNX Runtime's training session
// knows.
const GroupName = "group0"

// ErrNominal is wrapped when weights are read from a checkpoint that holds only
// names.
var ErrNominal = errors.New("nominal checkpoint holds no weights")

// NewCheckpoint describes float parameters whose values lie in the slices that
// weight returns; they are read when the checkpoint is written.
func NewCheckpoint(params []Param, weight func(name string) []float32) *odtc.Checkpoint {
	c := &odtc.Checkpoint{}
	for _, p := range params {
		t := odtc.Tensor{Name: p.Name, DType: onnx.Float, Dims: p.Shape, Data: odtc.Floats(weight(p.Name))}
		if p.Trainable {
			c.Trainable = append(c.Trainable, t)
		} else {
			c.Frozen = append(c.Frozen, t)
		}
	}
	return c
}

// NewGroup describes the state of an optimizer, whose memory is read when the
// checkpoint is written. rate is the learning rate that schedules start from.
func NewGroup(state optim.State, rate float32) odtc.OptimizerGroup {
	g := odtc.OptimizerGroup{Name: GroupName, Step: state.Step, InitialLearningRate: rate}
	for _, m := range state.Moments {
		last := len(g.States) - 1
		if last < 0 || g.States[last].Parameter != m.Parameter {
			g.States = append(g.States, odtc.ParameterState{Parameter: m.Parameter})
			last++
		}
		g.States[last].Moments = append(g.States[last].Moments,
			odtc.Tensor{Name: m.Moment, DType: onnx.Float, Dims: m.Shape, Data: odtc.Floats(m.Data)})
	}
	return g
}

// ReadWeights fills the slices that weight returns, one for each parameter of
// the signature; nil leaves one out.
// Errors: ErrNominal, ErrFormat for parameters that are not float, odtc's.
func (f *Folder) ReadWeights(weight func(name string) []float32) error {
	return ReadWeights(f.Checkpoint, weight)
}

// ReadWeights is Folder.ReadWeights for a checkpoint by itself.
func ReadWeights(c *odtc.Checkpoint, weight func(name string) []float32) error {
	for _, list := range [][]odtc.Tensor{c.Trainable, c.Frozen} {
		for i := range list {
			t := &list[i]
			dst := weight(t.Name)
			switch {
			case dst == nil:
				continue
			case t.Data == nil:
				return fmt.Errorf("artifact: parameter %q: %w; read them from a full checkpoint of the same model", t.Name, ErrNominal)
			case t.DType != onnx.Float:
				return fmt.Errorf("artifact: parameter %q is %s; only float parameters are supported: %w", t.Name, t.DType, ErrFormat)
			}
			if err := t.Float32(dst); err != nil {
				return fmt.Errorf("artifact: %w: %w", ErrFormat, err)
			}
		}
	}
	return nil
}

// ReadMoments fills the memory of an optimizer's state, which may be its live
// one, from a checkpoint, and returns it with the step. A checkpoint of before
// training leaves the memory alone, with step 0. Moments that the state does
// not ask for are passed over: ONNX Runtime writes one for SGD that nothing
// reads.
// Errors: ErrFormat.
func ReadMoments(c *odtc.Checkpoint, state optim.State) (optim.State, error) {
	state.Step = 0
	if len(c.Groups) == 0 {
		return state, nil
	}
	if len(c.Groups) > 1 {
		return state, fmt.Errorf("artifact: the checkpoint has %d optimizer groups; one, called %s, is expected: %w", len(c.Groups), GroupName, ErrFormat)
	}
	type key struct{ parameter, moment string }
	found := make(map[key]*odtc.Tensor)
	for _, s := range c.Groups[0].States {
		for i := range s.Moments {
			found[key{s.Parameter, s.Moments[i].Name}] = &s.Moments[i]
		}
	}
	for _, m := range state.Moments {
		t := found[key{m.Parameter, m.Moment}]
		if t == nil {
			return state, fmt.Errorf("artifact: the checkpoint has no %s of %q; was it trained with another optimizer? %w", m.Moment, m.Parameter, ErrFormat)
		}
		if err := t.Float32(m.Data); err != nil {
			return state, fmt.Errorf("artifact: %s of %q: %w: %w", m.Moment, m.Parameter, ErrFormat, err)
		}
	}
	state.Step = c.Groups[0].Step
	return state, nil
}

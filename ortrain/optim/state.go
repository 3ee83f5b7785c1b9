package optim

import (
	"errors"
	"fmt"
)

// Tensor is one state array of one parameter. Moment is the name under which
// ONNX Runtime's checkpoints keep it: momentum0 (first moment) or momentum1
// (second moment).
type Tensor struct {
	Parameter string
	Moment    string
	Shape     []int64
	Data      []float32
}

// State is everything an optimizer remembers between steps. Together with
// settled weights it continues a run byte for byte.
type State struct {
	Step    int64
	Moments []Tensor
}

var momentNames = [...]string{"momentum0", "momentum1"}

// State is the current state; Data is the live memory, not a copy. Call
// SettleAll before the weights are saved with it.
func (o *Optimizer) State() State {
	s := State{Step: o.step}
	for i := range o.params {
		p := &o.params[i]
		for j := range p.buffers {
			s.Moments = append(s.Moments, Tensor{Parameter: p.Name, Moment: momentNames[j], Shape: p.Shape, Data: p.moments[j]})
		}
	}
	return s
}

// Load copies a saved state in. It must name every moment of every trainable
// parameter exactly once, in any order; the parameters must hold the settled
// weights of that step. Errors wrap ErrState and list all faults; then nothing
// has changed.
func (o *Optimizer) Load(s State) error {
	var faults []error
	fault := func(format string, a ...any) {
		faults = append(faults, fmt.Errorf("optim: load state: "+format+": %w", append(a, ErrState)...))
	}
	if s.Step < 0 {
		fault("step %d is negative", s.Step)
	}
	type key struct{ parameter, moment string }
	given := make(map[key][]float32, len(s.Moments))
	for _, t := range s.Moments {
		k := key{t.Parameter, t.Moment}
		if _, twice := given[k]; twice {
			fault("%s of %s is given twice", t.Moment, t.Parameter)
		}
		given[k] = t.Data
	}
	for _, t := range o.State().Moments {
		k := key{t.Parameter, t.Moment}
		data, ok := given[k]
		if !ok {
			fault("%s of %s is missing", t.Moment, t.Parameter)
		} else if len(data) != len(t.Data) {
			fault("%s of %s has %d numbers; %d were expected", t.Moment, t.Parameter, len(data), len(t.Data))
		}
		delete(given, k)
	}
	for k := range given {
		if i, known := o.index[k.parameter]; !known || o.params[i].Trainable {
			fault("%s of %s belongs to no trainable parameter", k.moment, k.parameter)
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	o.load(s)
	return nil
}

// load copies a state that fits.
func (o *Optimizer) load(s State) {
	for _, t := range s.Moments {
		p := &o.params[o.index[t.Parameter]]
		for j := range p.buffers {
			if momentNames[j] == t.Moment {
				copy(p.moments[j], t.Data)
			}
		}
	}
	for i := range o.params {
		if p := &o.params[i]; p.table != nil {
			p.table.restore(p.moments)
		}
	}
	o.step = s.Step
}

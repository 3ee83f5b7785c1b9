package ortrain

import (
	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/optim"
)

// keep adds the gradients of the run before to the accumulator, before the next
// one overwrites them.
// With dense false it leaves dense ones where they are, for a run that adds to
// them itself.
func (n *Network) keep(dense bool) error {
	if n.sum == nil {
		n.sum = optim.NewAccumulator(n.kernels)
	}
	grads := n.gradients()
	if !dense {
		for i := range grads {
			grads[i].Dense = nil
		}
	}
	n.dense = n.dense || dense
	return n.sum.Add(grads)
}

// total is the sum of the step's gradients.
func (n *Network) total() (optim.Gradients, error) {
	if n.sum == nil || n.sum.Count() == 0 {
		return n.gradients(), nil
	}
	if n.dense {
		if err := n.keep(true); err != nil {
			return nil, err
		}
		return n.sum.Gradients(), nil
	}
	grads := n.gradients()
	for i, before := range n.sum.Gradients() {
		grads[i].Rows = append(before.Rows, grads[i].Rows...)
	}
	return grads, nil
}

func (n *Network) reset() {
	n.micro, n.ran, n.dense = 0, nil, false
	if n.sum != nil {
		n.sum.Reset()
	}
}

// gradients are those of the last run, in the optimizer's order.
func (n *Network) gradients() optim.Gradients {
	low := n.ran.Lowered()
	grads := make(optim.Gradients, len(n.order))
	for name, t := range n.grads {
		if i, ok := n.optimizer.Index(name); ok {
			grads[i].Dense = t.Float32s()
		}
	}
	for _, r := range low.Rows {
		i, _ := n.optimizer.Index(r.Param)
		grads[i].Rows = append(grads[i].Rows, native.RowPart{
			Index: n.ran.Output(r.Indices).Int64s(), Rows: n.ran.Output(r.Rows).Float32s(),
		})
	}
	return grads
}

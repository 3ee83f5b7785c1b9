package ref

import (
	"context"
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Call is what an operator sees of its node.
type Call struct {
	Node *onnx.Node
	// Opset is the version of the node's domain that it was written against.
	Opset int64
	in    []*Tensor
	run   *run
	ctx   context.Context
}

// run is what all calls of one evaluation share.
type run struct {
	opts Options
	work int64
	// sites counts the dropout places that have drawn masks.
	sites int
}

// In returns input i, nil if it is omitted.
func (c *Call) In(i int) *Tensor {
	if i < len(c.in) {
		return c.in[i]
	}
	return nil
}

// spend counts n scalar operations and refuses those beyond the bound.
func (c *Call) spend(n int64) error {
	if n < 0 || n > c.run.opts.MaxWork-c.run.work {
		return fmt.Errorf("more than %d operations: %w", c.run.opts.MaxWork, ErrLimit)
	}
	c.run.work += n
	return c.ctx.Err()
}

// New returns a tensor of zeros and counts its elements as work.
func (c *Call) New(d onnx.DType, dims []int64) (*Tensor, error) {
	n, err := count(dims)
	if err != nil {
		return nil, err
	}
	if n > c.run.opts.MaxElements {
		return nil, fmt.Errorf("%s%v has more than %d elements: %w", d, dims, c.run.opts.MaxElements, ErrLimit)
	}
	if !supported(d) {
		return nil, fmt.Errorf("element type %s: %w", d, ErrInput)
	}
	if err := c.spend(n); err != nil {
		return nil, err
	}
	t := &Tensor{DType: d, Dims: slices.Clone(dims)}
	if d.IsFloat() {
		t.F = make([]float64, n)
	} else {
		t.I = make([]int64, n)
	}
	return t, nil
}

// pick returns a tensor of dims whose element at each position is the element
// of x that source names, 0 where it answers -1.
func (c *Call) pick(x *Tensor, dims []int64, source func(at []int64) int) (*Tensor, error) {
	out, err := c.New(x.DType, dims)
	if err != nil {
		return nil, err
	}
	walk(dims, func(k int, at []int64) {
		if j := source(at); j >= 0 {
			out.set(k, x, j)
		}
	})
	return out, nil
}

// view returns x under other sizes of the same product.
func (c *Call) view(x *Tensor, dims []int64) (*Tensor, error) {
	n, err := count(dims)
	if err != nil {
		return nil, err
	}
	if n != int64(x.Len()) {
		return nil, fmt.Errorf("%s has %d elements, %v has %d: %w", x, x.Len(), dims, n, ErrInput)
	}
	return &Tensor{DType: x.DType, Dims: slices.Clone(dims), F: x.F, I: x.I}, nil
}

// one wraps the result of an operator with a single output.
func one(t *Tensor, err error) ([]*Tensor, error) {
	if err != nil {
		return nil, err
	}
	return []*Tensor{t}, nil
}

// scalar returns the only element of an input, def if it is omitted.
func (c *Call) scalar(i int, def float64) (float64, error) {
	t := c.In(i)
	switch {
	case t == nil:
		return def, nil
	case t.Len() != 1:
		return 0, fmt.Errorf("input %d is %s; one element is needed: %w", i, t, ErrInput)
	}
	return t.at(0), nil
}

// integer is scalar for an integer or bool input.
func (c *Call) integer(i int, def int64) (int64, error) {
	t := c.In(i)
	switch {
	case t == nil:
		return def, nil
	case t.Len() != 1 || t.I == nil:
		return 0, fmt.Errorf("input %d is %s; one integer is needed: %w", i, t, ErrInput)
	}
	return t.I[0], nil
}

// vector returns the elements of an integer input of rank 1 at most, nil if it
// is omitted.
func (c *Call) vector(i int) ([]int64, error) {
	t := c.In(i)
	switch {
	case t == nil:
		return nil, nil
	case len(t.Dims) > 1 || t.F != nil:
		return nil, fmt.Errorf("input %d is %s; a list of integers is needed: %w", i, t, ErrInput)
	case t.I == nil:
		return []int64{}, nil
	}
	return t.I, nil
}

// axes returns the axes of an operator that took them as an attribute once and
// takes them as an input now; nil means that they are not given.
func (c *Call) axes(input int) ([]int64, error) {
	if a := c.Node.Attr("axes"); a != nil && a.Kind == onnx.AttrInts {
		return append([]int64{}, a.Ints...), nil
	}
	return c.vector(input)
}

// text returns a string attribute that must be one of a few words.
func (c *Call) text(name, def string, words ...string) (string, error) {
	s := c.Node.Str(name, def)
	if !slices.Contains(words, s) {
		return "", fmt.Errorf("attribute %s is %q; one of %q is expected: %w", name, s, words, ErrInput)
	}
	return s, nil
}

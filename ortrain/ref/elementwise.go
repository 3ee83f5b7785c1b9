package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// unary returns the operator that applies f to every element of a float tensor.
func unary(f func(x float64) float64) Func {
	return func(c *Call) ([]*Tensor, error) { return one(c.mapped(c.In(0), f)) }
}

// mapped applies f to every element of a float tensor.
func (c *Call) mapped(x *Tensor, f func(x float64) float64) (*Tensor, error) {
	out, err := c.New(x.DType, x.Dims)
	if err != nil {
		return nil, err
	}
	for k, v := range x.F {
		out.F[k] = f(v)
	}
	return out, nil
}

// unaryNumber is unary for operators that also take integers.
func unaryNumber(f func(x float64) float64, g func(x int64) int64) Func {
	return func(c *Call) ([]*Tensor, error) {
		x := c.In(0)
		if x.F != nil {
			return one(c.mapped(x, f))
		}
		out, err := c.New(x.DType, x.Dims)
		if err != nil {
			return nil, err
		}
		for k, v := range x.I {
			out.I[k] = wrap(x.DType, g(v))
		}
		return one(out, nil)
	}
}

// pairs calls f for every position of the broadcast of two tensors with the
// places of their elements.
func (c *Call) pairs(d onnx.DType, a, b *Tensor, f func(out *Tensor, k, i, j int)) (*Tensor, error) {
	dims, err := broadcast(a.Dims, b.Dims)
	if err != nil {
		return nil, err
	}
	out, err := c.New(d, dims)
	if err != nil {
		return nil, err
	}
	as, bs := stretched(a.Dims), stretched(b.Dims)
	walk(dims, func(k int, at []int64) { f(out, k, offset(at, as), offset(at, bs)) })
	return out, nil
}

// binary applies f, or g if they are integers, to two tensors of one type with
// broadcasting.
func (c *Call) binary(a, b *Tensor, f func(x, y float64) float64, g func(x, y int64) int64) (*Tensor, error) {
	return c.pairs(a.DType, a, b, func(out *Tensor, k, i, j int) {
		if out.F != nil {
			out.F[k] = f(a.F[i], b.F[j])
		} else {
			out.I[k] = wrap(out.DType, g(a.I[i], b.I[j]))
		}
	})
}

// arithmetic returns the operator of two inputs that f and g compute.
func arithmetic(f func(x, y float64) float64, g func(x, y int64) int64) Func {
	return func(c *Call) ([]*Tensor, error) { return one(c.binary(c.In(0), c.In(1), f, g)) }
}

// comparison returns the operator of two inputs that holds where f or g does.
func comparison(f func(x, y float64) bool, g func(x, y int64) bool) Func {
	return func(c *Call) ([]*Tensor, error) {
		a, b := c.In(0), c.In(1)
		return one(c.pairs(onnx.Bool, a, b, func(out *Tensor, k, i, j int) {
			if a.F != nil {
				out.I[k] = flag(f(a.F[i], b.F[j]))
			} else {
				out.I[k] = flag(g(a.I[i], b.I[j]))
			}
		}))
	}
}

// logical returns the operator of two truth values, each 0 or 1.
func logical(g func(x, y int64) int64) Func { return arithmetic(nil, g) }

// folded applies a binary operation to all inputs from left to right.
func (c *Call) folded(f func(x, y float64) float64, g func(x, y int64) int64) (*Tensor, error) {
	acc := c.In(0)
	for _, t := range c.in[1:] {
		var err error
		if acc, err = c.binary(acc, t, f, g); err != nil {
			return nil, err
		}
	}
	return acc, nil
}

func plus[T int64 | float64](x, y T) T  { return x + y }
func minus[T int64 | float64](x, y T) T { return x - y }
func times[T int64 | float64](x, y T) T { return x * y }

package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "LayerNormalizationGrad",
	Doc: "x̂ = (X − mean)·inv, g = dY·scale: dX = inv·(g − mean(g) − x̂·mean(g·x̂)) over the axes from axis on, " +
		"dscale = Σ dY·x̂ and dbias = Σ dY over the others",
	Source: "training_op_defs.cc LayerNormalizationGrad; Ba, Kiros and Hinton 2016",
	Inputs: []string{"dY", "X", "scale", "mean", "inv_std_dev"}, Outputs: []string{"dX", "dscale", "dbias"},
	Attrs:   []onnx.Attr{onnx.IntAttr("axis", -1)},
	Ignored: []string{"epsilon", "stash_type"},
	body: func(c *call) []*onnx.Value {
		n := c.normed(c.in[3], c.in[4])
		xc := c.Sub(n.x, n.mean)        // [...,N]
		p := c.Mul(n.dy, xc)            // [...,N]
		mean := c.MatMul(n.dy, n.share) // [...,1] mean(g)
		// x̂·mean(g·x̂) is xc·k, so x̂ itself is never needed.
		k := c.Mul(c.MatMul(p, n.share), c.Mul(n.inv, n.inv)) // [...,1]
		dx := c.Sub(c.Sub(c.Mul(n.dy, n.scale), mean), c.Mul(xc, k))
		dx = c.Mul(dx, n.inv)
		return values(n.back(dx), n.scaleGrad(p), n.scaleLike(c.rowSum(n.dy)))
	},
})

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "SimplifiedLayerNormalizationGrad",
	Doc: "x̂ = X·inv, g = dY·scale: dX = inv·(g − x̂·mean(g·x̂)) over the axes from axis on, " +
		"dscale = Σ dY·x̂ over the others",
	Source: "training_op_defs.cc SimplifiedLayerNormalizationGrad",
	Inputs: []string{"dY", "X", "scale", "inv_std_var"}, Outputs: []string{"dX", "dscale"},
	Attrs:   []onnx.Attr{onnx.IntAttr("axis", -1)},
	Ignored: []string{"epsilon", "stash_type"},
	body: func(c *call) []*onnx.Value {
		n := c.normed(nil, c.in[3])
		p := c.Mul(n.dy, n.x)
		k := c.Mul(c.MatMul(p, n.share), c.Mul(n.inv, n.inv))
		dx := c.Mul(c.Sub(c.Mul(n.dy, n.scale), c.Mul(n.x, k)), n.inv)
		return values(n.back(dx), n.scaleGrad(p))
	},
})

// normed holds the inputs of a normalisation's gradient with the normalised
// axes joined into the last one.
type normed struct {
	*call
	dy, x, mean, inv *onnx.Value
	// scale is [N]; share is scale/N as a column, so that a product with it is
	// the mean of g over a row: one pass less than computing g first.
	scale, share *onnx.Value
	flattened    bool
}

func (c *call) normed(mean, inv *onnx.Value) *normed {
	n := &normed{call: c, dy: c.in[0], x: c.in[1], mean: mean, inv: inv, scale: c.in[2]}
	rank := len(n.x.Type.Shape)
	axis := c.value("axis").Int
	if c.node == nil || axis != -1 && axis != int64(rank-1) {
		n.flattened = true
		n.dy, n.x, n.inv = c.flat(n.dy, "axis"), c.flat(n.x, "axis"), c.flat(inv, "axis")
		if mean != nil {
			n.mean = c.flat(mean, "axis")
		}
		n.scale = c.Reshape(n.scale, -1)
	}
	if mean != nil {
		n.mean = c.asType(n.mean, n.x)
	}
	n.inv = c.asType(n.inv, n.x)
	count := c.asType(c.Op("Size", values(n.scale)), n.x)
	if s := n.scale.Type.Shape; s.Known() && len(s) == 1 {
		count = c.Like(n.x, float64(s[0].Size))
	}
	n.share = c.Reshape(c.Div(n.scale, count), -1, 1)
	return n
}

// back returns dx in the shape of X.
func (n *normed) back(dx *onnx.Value) *onnx.Value {
	if !n.flattened {
		return dx
	}
	return n.ReshapeLike(dx, n.Shape(n.in[1]))
}

// scaleLike returns v [N] in the shape of scale.
func (n *normed) scaleLike(v *onnx.Value) *onnx.Value {
	if !n.flattened {
		return v
	}
	return n.ReshapeLike(v, n.Shape(n.in[2]))
}

// scaleGrad is Σ p·inv over the rows: one product of inv as a row with p.
func (n *normed) scaleGrad(p *onnx.Value) *onnx.Value {
	return n.scaleLike(n.MatMul(n.Reshape(n.inv, -1), n.matrix(p)))
}

// matrix returns x with all axes but the last joined.
func (c *call) matrix(x *onnx.Value) *onnx.Value {
	if len(x.Type.Shape) == 2 {
		return x
	}
	return c.Op("Flatten", values(x), onnx.IntAttr("axis", -1))
}

// rowSum returns the sum over all axes but the last, as a product with ones:
// on CPU that takes less than half of ReduceSum's time.
func (c *call) rowSum(x *onnx.Value) *onnx.Value {
	m := c.matrix(x)
	one := onnx.NewTensor([]int64{1}, float32(1))
	if x.Type.DType == onnx.Double {
		one = onnx.NewTensor([]int64{1}, float64(1))
	}
	ones := c.Op("ConstantOfShape", values(c.Gather(c.Shape(m), c.Ints(0), 0)), onnx.TensorAttr("value", one))
	return c.MatMul(ones, m)
}

package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.FusedMatMul-1: alpha·A'·B', where transA and transB swap the
// last two axes and transBatchA and transBatchB before that move the first axis
// to the last place but one.
var _ = register(onnx.DomainMicrosoft, "FusedMatMul", "F F", fusedMatMul)

// com.microsoft.TransposeMatMul-1: the older name.
var _ = register(onnx.DomainMicrosoft, "TransposeMatMul", "F F", fusedMatMul)

func fusedMatMul(c *Call) ([]*Tensor, error) {
	a, err := c.operand(c.In(0), "transBatchA", "transA")
	if err != nil {
		return nil, err
	}
	b, err := c.operand(c.In(1), "transBatchB", "transB")
	if err != nil {
		return nil, err
	}
	y, err := c.matmul(a, b)
	if err != nil {
		return nil, err
	}
	alpha := float64(c.Node.Float("alpha", 1))
	return one(c.mapped(y, func(x float64) float64 { return alpha * x }))
}

func (c *Call) operand(x *Tensor, batch, last string) (*Tensor, error) {
	rank := len(x.Dims)
	perm := make([]int, rank)
	for i := range perm {
		perm[i] = i
	}
	if c.Node.Int(batch, 0) != 0 && rank > 2 {
		copy(perm, perm[1:rank-1])
		perm[rank-2] = 0
	}
	if c.Node.Int(last, 0) != 0 && rank > 1 {
		perm[rank-2], perm[rank-1] = perm[rank-1], perm[rank-2]
	}
	return c.transpose(x, perm)
}

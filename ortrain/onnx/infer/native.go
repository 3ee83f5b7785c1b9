package infer

// DomainNative holds the operators that package native/ops gives a runtime;
// lowered graphs alone use them.
const DomainNative = "ortrain.native"

// columnSum sums over all axes but the last.
func columnSum(c *Context) error {
	s := c.Shape(0)
	if len(s) == 0 {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	c.SetTensor(0, c.In(0).DType, s[len(s)-1:])
	return nil
}

var (
	_ = registerAll(DomainNative, same, "Gelu", "GeluGrad", "MaskScale", "MaskScaleAdd", "BiasSoftmax", "SoftmaxGrad")
	_ = register(DomainNative, "LayerNormalizationGrad", layerNormGrad)
	_ = register(DomainNative, "ColumnSum", columnSum)
)

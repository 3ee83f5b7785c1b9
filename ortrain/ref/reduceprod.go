package ref

// ReduceProd-1, -11, -13 (attribute axes), -18 (input axes): the product.
var _ = register("", "ReduceProd", "N int?", reduction(reducer{factor[float64], factor[int64]}))

func factor[T int64 | float64](x []T) T {
	p := T(1)
	for _, v := range x {
		p *= v
	}
	return p
}

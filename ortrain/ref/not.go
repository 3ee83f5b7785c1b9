package ref

// Not-1: the negation of a truth value.
var _ = register("", "Not", "bool", unaryNumber(nil, func(x int64) int64 { return 1 - x }))

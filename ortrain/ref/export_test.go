package ref

// Standard lists the operators of the default domain, for tests that cover the
// whole table.
func Standard() []string {
	var ops []string
	for k := range table {
		if k.domain == "" {
			ops = append(ops, k.op)
		}
	}
	return ops
}

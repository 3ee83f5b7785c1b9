package optim

import "github.com/ortrain/ortrain/ortrain/native"

// Method is an update rule: AdamW or SGD.
type Method interface {
	// check refuses impossible settings.
	check() error
	// moments is the number of state arrays per parameter.
	moments() int
	// lazy reports whether a row with zero moments and no gradient changes by
	// decay alone.
	lazy(r Rates) bool
	// sticky reports whether a row changes in every step after its first.
	sticky() bool
	// decay is the factor that a step applies to such a row.
	decay(r Rates, lr float64) (native.Mode, float32)
	// update runs the kernels.
	update(k native.Kernels, u []update, s scalars) error
}

// update is one array of a step: rows of a table when rows is set.
type update struct {
	w, g    []float32
	moments [2][]float32
	rows    *native.Rows
	rates   Rates
}

// scalars are a step's numbers that all arrays share.
type scalars struct {
	lr, gradScale float64
	step          int64
}

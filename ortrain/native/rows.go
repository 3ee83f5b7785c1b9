package native

import "fmt"

// Rows names the rows of a table [V,Width] that a kernel visits, in strictly
// ascending order (no two threads may meet in one row): table row Row[i] goes
// with row Sum[i] of a compact block, and Sum[i] < 0 stands for a row of zeros.
type Rows struct {
	Width    int
	Row, Sum []int32
}

func (r Rows) slice(lo, hi int) Rows {
	return Rows{Width: r.Width, Row: r.Row[lo:hi], Sum: r.Sum[lo:hi]}
}

// of is row i of a table or block, nil for i < 0.
func (r Rows) of(x []float32, i int32) []float32 {
	if i < 0 {
		return nil
	}
	return x[int(i)*r.Width:][:r.Width]
}

// check refuses a table that is no whole number of rows, rows outside it or out
// of order, and sources outside a block of the given number of rows.
func (r Rows) check(table, block int) error {
	if r.Width < 1 || table%r.Width != 0 || len(r.Row) != len(r.Sum) {
		return fmt.Errorf("table of %d numbers, width %d, %d rows with %d sources; the width must divide the table and the lists be equally long: %w",
			table, r.Width, len(r.Row), len(r.Sum), ErrShape)
	}
	height := table / r.Width
	last := int32(-1)
	for i, row := range r.Row {
		if row <= last || int(row) >= height {
			return fmt.Errorf("row %d after row %d in a table of %d rows; rows must ascend: %w", row, last, height, ErrIndex)
		}
		last = row
		if int(r.Sum[i]) >= block {
			return fmt.Errorf("source %d of row %d among %d: %w", r.Sum[i], row, block, ErrIndex)
		}
	}
	return nil
}

// checkGradient refuses a gradient that does not fit the weights.
func checkGradient(w, g []float32, r *Rows) error {
	if r != nil {
		return r.check(len(w), len(g)/max(r.Width, 1))
	}
	if g != nil && len(g) != len(w) {
		return fmt.Errorf("%d weights and %d gradients; their lengths must be equal: %w", len(w), len(g), ErrShape)
	}
	return nil
}

// updateExtent is how an update of w is cut: in numbers, or in visited rows.
func updateExtent(w []float32, r *Rows) extent {
	if r != nil {
		return extent{len(r.Row), rowsPerSpan(r.Width)}
	}
	return extent{len(w), span}
}

// DecayRows replays missed weight decay: row r.Row[i] of the table w is
// multiplied, factor after factor, by factors[r.Sum[i]:] in the way that the
// update of that mode does it (Torch: w·f, HuggingFace: w + w·f). Errors wrap
// ErrShape or ErrIndex; then nothing has been written.
func (k Kernels) DecayRows(mode Mode, w []float32, r Rows, factors []float32) error {
	if err := r.check(len(w), len(factors)+1); err != nil {
		return fmt.Errorf("native: decay rows: %w", err)
	}
	for i, from := range r.Sum {
		if from < 0 {
			return fmt.Errorf("native: decay rows: row %d starts at factor %d: %w", r.Row[i], from, ErrIndex)
		}
	}
	k.spans(1, func(int) extent { return extent{len(r.Row), rowsPerSpan(r.Width)} }, func(_, lo, hi int) {
		k.decay(w, r.slice(lo, hi), factors, mode)
	})
	return nil
}

func decayGo(row, factors []float32, mode Mode) {
	for i, x := range row {
		for _, f := range factors {
			if mode == Torch {
				x = float32(x * f)
			} else {
				x += float32(x * f)
			}
		}
		row[i] = x
	}
}

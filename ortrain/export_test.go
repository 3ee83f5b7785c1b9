package ortrain

// GiveMasks lets f write the dropout masks of training graphs.
func (n *Network) GiveMasks(f func(site int, dims []int64, dst []uint8) bool) { n.masks.Give(f) }

// StepGradient returns the gradient of the mean loss of the step so far, as a
// dense array, for tests.
func (n *Network) StepGradient(name string, count float64) []float64 {
	out := make([]float64, len(n.Weight(name)))
	i, _ := n.optimizer.Index(name)
	add := func(dense []float32, rows func(yield func(index []int64, rows []float32))) {
		for k, x := range dense {
			out[k] += float64(x) / count
		}
		rows(func(index []int64, rows []float32) {
			width := len(rows) / max(len(index), 1)
			for k, id := range index {
				for j, x := range rows[k*width : (k+1)*width] {
					out[int(id)*width+j] += float64(x) / count
				}
			}
		})
	}
	last := n.gradients()[i]
	add(last.Dense, func(yield func([]int64, []float32)) {
		for _, r := range last.Rows {
			yield(r.Index, r.Rows)
		}
	})
	if n.sum != nil && n.sum.Count() > 0 {
		before := n.sum.Gradients()[i]
		add(before.Dense, func(yield func([]int64, []float32)) {
			for _, r := range before.Rows {
				yield(r.Index, r.Rows)
			}
		})
	}
	return out
}

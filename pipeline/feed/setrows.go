package feed

// SetRows returns how many of the rows are of each data set, in the order of
// Config.Mix.
func (f *Feed) SetRows() []int {
	out := make([]int, len(f.data.sets))
	for i := range out {
		out[i] = f.rows.before[f.data.firsts[i+1]] - f.rows.before[f.data.firsts[i]]
	}
	return out
}

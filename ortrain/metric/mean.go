package metric

// Mean is the average of values with weights, such as the losses of batches
// weighted by their numbers of labels. The zero Mean is empty.
type Mean struct {
	sum, carry, weight float64
}

// Add counts a value. A weight of 0 counts nothing, not even a value that is
// not a number: the loss of a batch without labels may be one.
func (m *Mean) Add(value, weight float64) {
	if weight == 0 {
		return
	}
	// Kahan's compensated sum keeps a long run's average exact to the last digit
	// that a log shows.
	y := value*weight - m.carry
	t := m.sum + y
	m.carry = (t - m.sum) - y
	m.sum = t
	m.weight += weight
}

// Value returns the average, 0 while nothing was counted.
func (m *Mean) Value() float64 { return ratio(m.sum, m.weight) }

// Weight returns the sum of the weights.
func (m *Mean) Weight() float64 { return m.weight }

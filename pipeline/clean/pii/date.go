package pii

// isDate reports whether a day exists and a living person can be born on it.
func isDate(year, month, day int) bool {
	if year < 1850 || year > 2100 || month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}

// atoi is the value of a few ASCII digits.
func atoi(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// dated reports whether the first three groups are a date in digits.
func (n *number) dated(s string) bool {
	if n.n < 3 || n.groups[1].sep != n.groups[2].sep {
		return false
	}
	a, b, c := n.groups[0], n.groups[1], n.groups[2]
	if a.len() > 4 || b.len() > 2 || c.len() > 4 {
		return false
	}
	x, y, z := atoi(s[a.start:a.end]), atoi(s[b.start:b.end]), atoi(s[c.start:c.end])
	if a.len() == 4 {
		return c.len() <= 2 && isDate(x, y, z)
	}
	return c.len() == 4 && (isDate(z, x, y) || isDate(z, y, x))
}

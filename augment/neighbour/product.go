package neighbour

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"
)

// Three numbers of 7 bits lie in one word, 21 bits apart; forwards in one factor
// and backwards in the other, so that the product of two words has at bit 42 the
// sum of the three products. Sums of up to run products do not reach the next
// lane, as 3·127²·run < 2²¹.
const (
	lane = 21
	run  = 43
	bias = 64 // what makes the numbers positive
	tile = 64 // rows worked on together, to stay in the cache
)

// matrix is n rows in float32, and their leading part in packed form.
type matrix struct {
	n, width          int
	rows              []float32
	lead, words       int
	forward, backward []uint64
	scale, off        []float32 // of each row: one unit, and the length of what rounding took
	rest              []float32 // the length of what is not in the leading part
	sum               []int64   // of each row's integers
}

func quantize(rows []float32, width, workers int) *matrix {
	l := rotate(rows, width, workers)
	m := &matrix{n: len(rows) / width, width: width, rows: rows, lead: l.width, words: (l.width + 2) / 3, rest: l.rest}
	m.forward, m.backward = make([]uint64, m.n*m.words), make([]uint64, m.n*m.words)
	m.scale, m.off, m.sum = make([]float32, m.n), make([]float32, m.n), make([]int64, m.n)
	share(m.n, workers, func(i int) {
		row := l.rows[i*l.width : (i+1)*l.width]
		var most float32
		for _, x := range row {
			most = max(most, x, -x)
		}
		if most == 0 {
			most = 1 // nothing of the row is here
		}
		unit := most / (bias - 1)
		var lost float64
		for k, x := range row {
			q := math.RoundToEven(float64(x / unit))
			lost += (float64(x) - q*float64(unit)) * (float64(x) - q*float64(unit))
			m.sum[i] += int64(q)
			u, at := uint64(int64(q)+bias), i*m.words+k/3
			m.forward[at] |= u << (lane * (k % 3))
			m.backward[at] |= u << (lane * (2 - k%3))
		}
		m.scale[i], m.off[i] = unit, float32(math.Sqrt(lost))
	})
	return m
}

// hit is a row and its cosine.
type hit struct {
	row    int32
	cosine float32
}

// compare puts the nearest first, equal ones in the order of the vocabulary.
func compare(a, b hit) int {
	return cmp.Or(cmp.Compare(b.cosine, a.cosine), cmp.Compare(a.row, b.row))
}

// search is one goroutine's state: the best hits that it has seen of each row.
type search struct {
	m     *matrix
	most  int
	least float32
	best  [][]hit
	floor []float32 // what a hit of the row must reach
}

func newSearch(m *matrix, o Options) *search {
	s := &search{m: m, most: o.Most, least: float32(o.Least), best: make([][]hit, m.n), floor: make([]float32, m.n)}
	for i := range s.floor {
		s.floor[i] = s.least
	}
	return s
}

// block compares the tile of rows from first with itself and all later rows.
func (s *search) block(first int) {
	m := s.m
	end := min(first+tile, m.n)
	for from := first; from < m.n; from += tile {
		to := min(from+tile, m.n)
		for i := first; i < end; i += 2 {
			for j := max(from, i&^1); j < to; j += 2 {
				s.four(i, min(i+1, end-1), j, min(j+1, to-1))
			}
		}
	}
}

// four compares two rows with two. Rows may be the same at the end of a tile.
func (s *search) four(a, b, c, d int) {
	m := s.m
	var sums [4]int64
	for at := 0; at < m.words; at += run {
		n := min(run, m.words-at)
		x, y := m.forward[a*m.words+at:][:n], m.forward[b*m.words+at:][:n]
		z, w := m.backward[c*m.words+at:][:n], m.backward[d*m.words+at:][:n]
		y, z, w = y[:len(x)], z[:len(x)], w[:len(x)] // one check instead of one for each word
		var xz, xw, yz, yw uint64
		for k := range x {
			p, q, r, t := x[k], y[k], z[k], w[k]
			xz += p * r
			xw += p * t
			yz += q * r
			yw += q * t
		}
		const mask = 1<<lane - 1
		sums[0] += int64(xz >> (2 * lane) & mask)
		sums[1] += int64(xw >> (2 * lane) & mask)
		sums[2] += int64(yz >> (2 * lane) & mask)
		sums[3] += int64(yw >> (2 * lane) & mask)
	}
	s.judge(a, c, sums[0])
	if d != c {
		s.judge(a, d, sums[1])
	}
	if b != a {
		s.judge(b, c, sums[2])
		if d != c {
			s.judge(b, d, sums[3])
		}
	}
}

// judge takes the biased product of two rows to its cosine, if that may matter.
func (s *search) judge(i, j int, biased int64) {
	if i >= j {
		return
	}
	m := s.m
	product := biased - bias*(m.sum[i]+m.sum[j]) - bias*bias*int64(m.lead)
	about := float32(product) * m.scale[i] * m.scale[j]
	// |x·y - x'·y'| ≤ |x-x'|·|y| + |x'|·|y-y'|, where |y| ≤ 1 and |x'| ≤ 1 + |x-x'|;
	// the rests add the product of their lengths at most.
	slack := m.off[i] + (1+m.off[i])*m.off[j] + m.rest[i]*m.rest[j] + 1e-5
	x, y, floor := m.rows[i*m.width:][:m.width], m.rows[j*m.width:][:m.width], min(s.floor[i], s.floor[j])
	if about+slack < floor || dot(x, y)+1e-5 < floor {
		return
	}
	var cosine float32
	for k := range x {
		cosine += x[k] * y[k]
	}
	s.offer(i, hit{int32(j), cosine})
	s.offer(j, hit{int32(i), cosine})
}

// dot is x·y, summed in another order than a cosine is.
func dot(x, y []float32) float32 {
	return blas32.Dot(blas32.Vector{N: len(x), Data: x, Inc: 1}, blas32.Vector{N: len(y), Data: y, Inc: 1})
}

// offer keeps a hit if it is among the best of a row.
func (s *search) offer(row int, h hit) {
	if h.cosine < s.floor[row] {
		return
	}
	list := s.best[row]
	at, _ := slices.BinarySearchFunc(list, h, compare)
	if len(list) == s.most {
		if at == s.most {
			return
		}
		list = list[:s.most-1]
	}
	list = slices.Insert(list, at, h)
	s.best[row] = list
	if len(list) == s.most {
		s.floor[row] = list[s.most-1].cosine
	}
}

package feed

import (
	"slices"

	"github.com/ortrain/ortrain/pipeline/random"
)

// The order of an epoch, from the seed and the epoch's number alone:
//
//  1. The parts of the data are permuted and their rows laid end to end.
//  2. That line is cut into shuffle windows of equally many rows.
//  3. The rows of a window, in the order of the data, are permuted.
//
// So a data set that fits one window is shuffled as a whole, whatever its parts
// are; and of a large one any window can be found and read without the others.
// Several data sets are lines of their own, of which each window takes a share
// that keeps to their weights. A line that is used up begins anew with its parts
// in another order, and one that an epoch does not use up goes on in the next.

// line is the rows of one data set in the order they come.
type line struct {
	number int
	parts  []int // of the data, those with rows
	rows   int
	quota  int // rows that one epoch takes
}

// stretch is some rows of a part: those of the subset from number from to
// before number to. pass counts how often its line began anew.
type stretch struct {
	line, pass, part int
	from, to         int
}

// layout finds what is in the windows of one epoch.
type layout struct {
	rows    subset
	lines   []line
	size    int // rows of the epoch
	window  int // rows of a window
	shuffle bool
	seed    uint64
	epoch   int
	// taken[w][l] is how many rows of line l the windows before w have.
	taken [][]int
	// orders are the parts of a line in the order of a pass, and the rows before
	// each.
	orders map[[2]int]order
}

type order struct{ parts, before []int }

// newLayout lays out an epoch. Without shuffling every row comes once, in the
// order of the data.
func newLayout(rows subset, lines []line, window int, shuffle bool, seed uint64, epoch int) *layout {
	l := &layout{rows: rows, lines: lines, window: window, shuffle: shuffle, seed: seed, epoch: epoch, orders: map[[2]int]order{}}
	if !shuffle {
		all := line{rows: rows.len(), quota: rows.len()}
		for _, one := range lines {
			all.parts = append(all.parts, one.parts...)
		}
		l.lines, l.epoch = []line{all}, 0
	}
	for _, one := range l.lines {
		l.size += one.quota
	}
	l.deal()
	return l
}

// windows is the number of windows.
func (l *layout) windows() int { return len(l.taken) - 1 }

// deal settles what each window takes of each line: as near to the share that
// its end has of the epoch as whole rows can be.
func (l *layout) deal() {
	taken := make([]int, len(l.lines))
	l.taken = append(l.taken, slices.Clone(taken))
	for end := 0; end < l.size; {
		room := min(l.window, l.size-end)
		end += room
		if len(l.lines) == 1 {
			l.taken = append(l.taken, []int{end})
			continue
		}
		// In two rounds: whole rows that are due, then the lines most behind.
		behind := make([]int, len(l.lines))
		for i, one := range l.lines {
			due := int(int64(one.quota) * int64(end) / int64(l.size))
			give := min(max(due-taken[i], 0), room)
			taken[i], room = taken[i]+give, room-give
			behind[i] = i
		}
		slices.SortStableFunc(behind, func(a, b int) int {
			x := int64(l.lines[a].quota)*int64(end) - int64(taken[a])*int64(l.size)
			y := int64(l.lines[b].quota)*int64(end) - int64(taken[b])*int64(l.size)
			switch {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return 0
		})
		for at := 0; room > 0; at = (at + 1) % len(behind) {
			if i := behind[at]; taken[i] < l.lines[i].quota {
				taken[i]++
				room--
			}
		}
		l.taken = append(l.taken, slices.Clone(taken))
	}
}

// stretches returns what is in a window.
func (l *layout) stretches(w int) []stretch {
	var out []stretch
	for i, one := range l.lines {
		from, to := l.taken[w][i], l.taken[w+1][i]
		// Epochs before this one took their quota each.
		start := l.epoch * one.quota
		for at := start + from; at < start+to; {
			pass, in := at/one.rows, at%one.rows
			o := l.order(i, pass)
			k, found := slices.BinarySearch(o.before, in)
			if !found {
				k--
			}
			s := stretch{line: i, pass: pass, part: o.parts[k], from: in - o.before[k]}
			s.to = min(l.rows.rows(s.part), s.from+start+to-at)
			out = append(out, s)
			at += s.to - s.from
		}
	}
	return out
}

// order returns the parts of a line as they come in one of its passes.
func (l *layout) order(i, pass int) order {
	if o, ok := l.orders[[2]int{i, pass}]; ok {
		return o
	}
	o := order{parts: slices.Clone(l.lines[i].parts)}
	if l.shuffle {
		draw := random.New(l.seed, random.Order, uint32(pass), uint64(l.lines[i].number), drawParts)
		draw.Shuffle(len(o.parts), func(a, b int) { o.parts[a], o.parts[b] = o.parts[b], o.parts[a] })
	}
	n := 0
	for _, p := range o.parts {
		o.before = append(o.before, n)
		n += l.rows.rows(p)
	}
	l.orders[[2]int{i, pass}] = o
	return o
}

// What is drawn for an order; part of what a run's seed means. 1 is taken by
// package collate.
const (
	drawRows  = 0
	drawParts = 2
)

// permute puts the places of a window into the order of the epoch.
func (l *layout) permute(w int, places []uint32) {
	if !l.shuffle {
		return
	}
	random.New(l.seed, random.Order, uint32(l.epoch), uint64(w), drawRows).Shuffle(len(places), func(i, j int) {
		places[i], places[j] = places[j], places[i]
	})
}

// quotas returns how many rows of each line an epoch takes: all of each without
// weights, else as many in all, in proportion to them.
func quotas(rows []int, weights []float64) []int {
	out := slices.Clone(rows)
	total, sum := 0, 0.0
	for i, n := range rows {
		total += n
		sum += weights[i]
	}
	if sum == 0 {
		return out
	}
	// Cumulated, so that rounding loses no row.
	before, share := 0, 0.0
	for i, w := range weights {
		share += w
		upTo := int(float64(total)*(share/sum) + 0.5)
		if i == len(weights)-1 {
			upTo = total
		}
		out[i] = upTo - before
		before = upTo
	}
	return out
}

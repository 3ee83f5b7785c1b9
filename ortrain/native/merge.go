package native

import (
	"errors"
	"fmt"
	"slices"
)

// RowPart is the row gradient of one table from one gather of one micro-batch:
// Rows[i] (of the table's width) belongs to table row Index[i].
type RowPart struct {
	Index []int64
	Rows  []float32
}

// RowGrad is the gradient of a table [V,Width] that only some rows received:
// the distinct rows in ascending order and the sum of each one's parts. Merge
// fills it anew; the memory is kept from one step to the next. Close releases
// it. The zero value is empty and ready.
type RowGrad struct {
	Width int
	Rows  []int32   // distinct table rows, ascending [U]
	Sum   []float32 // their gradients [U,Width]

	buffer *Buffer
	slot   []int32 // per table row: 1 + its place in Rows while merging, else 0
	parts  []part
}

// part lists, for each distinct row u, where a RowPart has it: occurrences
// occurrence[start[u]:start[u+1]], ascending.
type part struct{ start, occurrence []int32 }

// tile is a block of merged rows lo … hi, columns left … right.
type tile struct{ lo, hi, left, right int }

// Close releases the sums. Further calls do nothing.
func (g *RowGrad) Close() error {
	var err error
	if g.buffer != nil {
		err = g.buffer.Close()
	}
	*g = RowGrad{}
	return err
}

// MergeRows sets g to the sum of parts over a table of height rows: each
// distinct row's parts are added in float32 in the order in which they occur,
// first part first, whatever the number of threads. Cost: one read of the
// parts, one write of the sums. Errors wrap ErrShape, ErrIndex or ErrMemory and
// leave g empty.
func (k Kernels) MergeRows(g *RowGrad, height, width int, parts ...RowPart) error {
	g.Rows, g.Sum, g.Width = g.Rows[:0], nil, width
	if height < 0 || int64(height) > 1<<31-1 {
		return fmt.Errorf("native: merge rows: table of %d rows; at most 2³¹−1 are supported: %w", height, ErrShape)
	}
	for i, p := range parts {
		if width < 1 || len(p.Rows) != len(p.Index)*width || int64(len(p.Index)) > 1<<31-1 {
			return fmt.Errorf("native: merge rows: part %d has %d indices and %d numbers of width %d: %w",
				i, len(p.Index), len(p.Rows), width, ErrShape)
		}
		for _, row := range p.Index {
			if row < 0 || row >= int64(height) {
				return fmt.Errorf("native: merge rows: part %d names row %d of a table of %d rows: %w", i, row, height, ErrIndex)
			}
		}
	}
	if len(g.slot) != height {
		g.slot = make([]int32, height)
	}
	g.collect(parts)
	if err := g.reserve(len(g.Rows) * width); err != nil {
		g.Rows = g.Rows[:0]
		return err
	}
	if len(g.Rows) == 0 {
		return nil
	}
	tiles := k.tiles(len(g.Rows), width)
	k.Each(len(tiles), func(i int) {
		for p := range parts {
			k.merge(g.Sum, parts[p].Rows, &g.parts[p], width, p == 0, tiles[i])
		}
	})
	return nil
}

// collect finds the distinct rows and each part's occurrences of them.
func (g *RowGrad) collect(parts []RowPart) {
	for _, p := range parts {
		for _, row := range p.Index {
			if g.slot[row] == 0 {
				g.slot[row] = 1
				g.Rows = append(g.Rows, int32(row))
			}
		}
	}
	slices.Sort(g.Rows)
	for u, row := range g.Rows {
		g.slot[row] = int32(u) + 1
	}
	for len(g.parts) < len(parts) {
		g.parts = append(g.parts, part{})
	}
	for i, p := range parts {
		g.parts[i].fill(p.Index, g.slot, len(g.Rows))
	}
	for _, row := range g.Rows {
		g.slot[row] = 0
	}
}

// fill sorts the occurrences by row, keeping their order within each row.
func (p *part) fill(index []int64, slot []int32, distinct int) {
	p.start = resize(p.start, distinct+1)
	clear(p.start)
	p.occurrence = resize(p.occurrence, len(index))
	for _, row := range index {
		p.start[slot[row]]++
	}
	for u := range distinct {
		p.start[u+1] += p.start[u]
	}
	// start[u] is now where row u begins; filling moves it to where it ends.
	for i, row := range index {
		u := slot[row] - 1
		p.occurrence[p.start[u]] = int32(i)
		p.start[u]++
	}
	copy(p.start[1:], p.start[:distinct])
	p.start[0] = 0
}

func resize(x []int32, n int) []int32 { return slices.Grow(x[:0], n)[:n] }

// reserve makes room for n sums, growing by half at least.
func (g *RowGrad) reserve(n int) error {
	if g.buffer == nil || len(g.buffer.Float32s()) < n {
		size := n
		if g.buffer != nil {
			size = max(n, len(g.buffer.Float32s())*3/2)
		}
		buffer, err := AllocFloat32s(size)
		if err != nil {
			return err
		}
		if g.buffer != nil {
			err = g.buffer.Close()
		}
		g.buffer = buffer
		if err != nil {
			return errors.Join(err, g.Close())
		}
	}
	g.Sum = g.buffer.Float32s()[:n]
	return nil
}

// tiles cuts the merged rows into work. A table with few distinct rows (token
// types) is cut by columns too, or one thread would do it all.
func (k Kernels) tiles(distinct, width int) []tile {
	const fewRows, columns = 64, 64
	step := width
	if distinct < fewRows && k.Threads() > 1 {
		step = columns
	}
	rows := min(rowsPerSpan(width), 16)
	var tiles []tile
	for lo := 0; lo < distinct; lo += rows {
		for left := 0; left < width; left += step {
			tiles = append(tiles, tile{lo, min(lo+rows, distinct), left, min(left+step, width)})
		}
	}
	return tiles
}

func mergeGo(dst, src []float32, p *part, width int, fresh bool, t tile) {
	for u := t.lo; u < t.hi; u++ {
		to := dst[u*width:][t.left:t.right]
		for n, at := range p.occurrence[p.start[u]:p.start[u+1]] {
			from := src[int(at)*width:][t.left:t.right]
			if fresh && n == 0 {
				copy(to, from)
				continue
			}
			for i, x := range from {
				to[i] += x
			}
		}
		if fresh && p.start[u] == p.start[u+1] {
			clear(to)
		}
	}
}

// AddTo adds the sums to a dense gradient of the same table, in place: what a
// tied table (a decoder that shares the embedding) needs.
func (g *RowGrad) AddTo(k Kernels, dense []float32) error {
	rows := Rows{Width: g.Width, Row: g.Rows, Sum: g.Rows}
	if err := rows.check(len(dense), len(dense)); err != nil {
		return fmt.Errorf("native: add rows: %w", err)
	}
	k.spans(1, func(int) extent { return extent{len(g.Rows), rowsPerSpan(g.Width)} }, func(_, lo, hi int) {
		for u := lo; u < hi; u++ {
			k.pair(pairAdd, rows.of(dense, g.Rows[u]), rows.of(g.Sum, int32(u)), 1)
		}
	})
	return nil
}

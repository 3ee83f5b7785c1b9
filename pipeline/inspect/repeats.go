package inspect

import (
	"cmp"
	"slices"
)

// groupRows is how many rows of a group are shown.
const groupRows = 4

// group is the marks of one text, or of one folded text.
type group struct {
	count int64
	first uint64
	of    []mark
	// weight is how many such groups it stands for.
	weight int64
}

func newGroup(of []mark) group {
	g := group{first: of[0].row, of: of, weight: 1}
	for _, p := range of {
		g.count += int64(p.count)
		g.first = min(g.first, p.row)
	}
	return g
}

// shown picks rows to show, in order: the first ones, or, where labels differ,
// the first of each label.
func (g group) shown(byLabel bool) []Row {
	rows := ascending(groupRows)
	seen := map[uint32]uint64{}
	for _, p := range g.of {
		switch row, ok := seen[p.label]; {
		case !byLabel:
			rows.add(p.row)
		case p.label != 0 && (!ok || p.row < row):
			seen[p.label] = p.row
		}
	}
	for _, row := range seen {
		rows.add(row)
	}
	var out []Row
	for _, row := range rows.sorted() {
		out = append(out, Row{Row: row})
	}
	return out
}

// conflicting reports whether a group has several labels.
func (g group) conflicting() bool {
	label := uint32(0)
	for _, p := range g.of {
		if label != 0 && p.label != 0 && p.label != label {
			return true
		}
		label = max(label, p.label)
	}
	return false
}

// gathering collects the groups of one kind.
type gathering struct {
	rows, texts int64
	list        best[uint64]
	groups      best[group]
}

func gather(o Options, order func(a, b group) int) *gathering {
	return &gathering{list: ascending(o.List), groups: best[group]{n: o.Texts, order: order}}
}

// often puts the largest groups first, early those with the first rows.
func often(a, b group) int {
	return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.first, b.first))
}
func early(a, b group) int { return cmp.Compare(a.first, b.first) }

// repeated adds the rows of a group after the first one.
func (t *gathering) repeated(g group) {
	if g.count < 2 {
		return
	}
	t.texts += g.weight
	t.rows += (g.count - 1) * g.weight
	for _, p := range g.of {
		if p.row != g.first {
			t.list.add(p.row)
		}
	}
	t.groups.add(g)
}

// conflicting adds the labelled rows of a group with several labels.
func (t *gathering) conflicting(g group) {
	if !g.conflicting() {
		return
	}
	t.texts += g.weight
	for _, p := range g.of {
		if p.label != 0 {
			t.rows += int64(p.count) * g.weight
			t.list.add(p.row)
		}
	}
	t.groups.add(g)
}

func (t *gathering) shown(byLabel bool) []Group {
	var out []Group
	for _, g := range t.groups.sorted() {
		out = append(out, Group{Count: g.count, Rows: g.shown(byLabel)})
	}
	return out
}

// repeats finds duplicates and conflicts.
func (l *look) repeats() (Duplicates, Conflicts) {
	l.marks.sort()
	var same, contrary [2]*gathering // exact, folded
	for i := range same {
		same[i], contrary[i] = gather(l.opts, often), gather(l.opts, early)
	}
	take := func(i int, of []mark) {
		g := newGroup(of)
		g.weight = l.marks.weight(of[0].folded)
		same[i].repeated(g)
		contrary[i].conflicting(g)
	}
	for all := l.marks.all; len(all) > 0; {
		like := run(all, foldedKey)
		all = all[len(like):]
		take(1, like)
		for len(like) > 0 {
			equal := run(like, exactKey)
			like = like[len(equal):]
			take(0, equal)
		}
	}
	repeats := func(t *gathering) Repeats {
		return Repeats{Rows: t.rows, Texts: t.texts, List: t.list.sorted(), Groups: t.shown(false)}
	}
	conflict := func(t *gathering) Conflict {
		return Conflict{Rows: t.rows, Texts: t.texts, List: t.list.sorted(), Groups: t.shown(true)}
	}
	return Duplicates{Exact: repeats(same[0]), Folded: repeats(same[1])}, Conflicts{Exact: conflict(contrary[0]), Folded: conflict(contrary[1])}
}

// pairing is a row and one that it repeats.
type pairing struct {
	row, of uint64
	exact   bool
}

// leaking collects what one set has of another.
type leaking struct {
	exact, folded, relabelled int64
	list                      best[uint64]
	pairs                     best[pairing]
}

// leak finds the rows of a set whose texts are in an earlier one. Both are
// sorted.
func leak(o Options, from, in *look) Leak {
	t := leaking{list: ascending(o.List), pairs: best[pairing]{n: o.Texts, order: func(a, b pairing) int { return cmp.Compare(a.row, b.row) }}}
	for a, b := from.marks.all, in.marks.all; len(a) > 0 && len(b) > 0; {
		x, y := run(a, foldedKey), run(b, foldedKey)
		by := cmp.Compare(x[0].folded, y[0].folded)
		if by <= 0 {
			a = a[len(x):]
		}
		if by >= 0 {
			b = b[len(y):]
		}
		if by == 0 {
			// What the coarser one has let go is not found in the other.
			t.take(x, y, max(from.marks.weight(x[0].folded), in.marks.weight(x[0].folded)))
		}
	}
	out := Leak{
		Set: in.set.Name, From: from.set.Name, Compared: min(from.marks.share(), in.marks.share()),
		Exact: t.exact, Folded: t.folded, Relabelled: t.relabelled, List: t.list.sorted(),
	}
	for _, p := range t.pairs.sorted() {
		out.Pairs = append(out.Pairs, Pair{Row: Row{Row: p.row}, Of: Row{Row: p.of}, Exact: p.exact})
	}
	return out
}

// take adds the rows y, whose folded text is that of the rows x of the other
// set, and which stand for some more.
func (t *leaking) take(x, y []mark, weight int64) {
	for len(y) > 0 {
		same := run(y, exactKey)
		y = y[len(same):]
		of := x
		for rest := x; len(rest) > 0; {
			equal := run(rest, exactKey)
			rest = rest[len(equal):]
			if equal[0].exact == same[0].exact {
				of = equal
			}
		}
		exact, first, labels := of[0].exact == same[0].exact, newGroup(of).first, labelsOf(of)
		for _, p := range same {
			rows := int64(p.count) * weight
			t.folded += rows
			if exact {
				t.exact += rows
			}
			if p.label != 0 && labels != nil && !slices.Contains(labels, p.label) {
				t.relabelled += rows
			}
			t.list.add(p.row)
			t.pairs.add(pairing{p.row, first, exact})
		}
	}
}

// labelsOf lists the different labels of marks.
func labelsOf(all []mark) []uint32 {
	var out []uint32
	for _, p := range all {
		if p.label != 0 && !slices.Contains(out, p.label) {
			out = append(out, p.label)
		}
	}
	return out
}

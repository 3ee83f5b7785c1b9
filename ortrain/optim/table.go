package optim

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/native"
)

// awake marks a row that every step updates.
const awake int32 = -1

// table is the row bookkeeping of one embedding table [height,width]. A row is
// asleep until a gradient touches it; settled counts the decay factors of the
// history that it has already got.
type table struct {
	height, width int
	sticky        bool
	settled       []int32   // per row: factors applied, or awake
	active        []int32   // the rows that are awake, ascending
	history       []float32 // decay factors since all sleeping rows were last settled
	mode          native.Mode

	merged native.RowGrad
	rows   native.Rows // the rows of the current step
}

func newTable(height, width int, lazy, sticky bool) *table {
	t := &table{height: height, width: width, sticky: sticky, settled: make([]int32, height)}
	t.rows.Width = width
	if !lazy {
		t.wakeAll()
	}
	return t
}

func (t *table) wakeAll() {
	t.active = t.active[:0]
	for r := range int32(t.height) {
		t.settled[r] = awake
		t.active = append(t.active, r)
	}
	t.history = t.history[:0]
}

// merge merges the row parts, into the dense gradient if there is one.
func (t *table) merge(k native.Kernels, g Gradient) error {
	if err := k.MergeRows(&t.merged, t.height, t.width, g.Rows...); err != nil {
		return err
	}
	if g.Dense != nil {
		return t.merged.AddTo(k, g.Dense)
	}
	return nil
}

// wake prepares for a dense gradient: every row is settled and stays awake.
func (t *table) wake(k native.Kernels, w []float32) error {
	if len(t.active) == t.height {
		return nil
	}
	if err := t.settleAll(k, w); err != nil {
		return err
	}
	t.wakeAll()
	return nil
}

// touch settles and wakes the rows of the merged gradient and lists the rows
// of this step. Without a sticky method no row stays awake.
func (t *table) touch(k native.Kernels, w []float32) error {
	batch := t.merged.Rows
	if !t.sticky && len(t.active) < t.height {
		t.list(batch)
		return nil
	}
	if len(t.active) < t.height {
		if err := t.settle(k, w, batch); err != nil {
			return err
		}
		t.activate(batch)
	}
	t.list(t.active)
	return nil
}

// activate wakes rows, keeping active ascending.
func (t *table) activate(batch []int32) {
	before := len(t.active)
	for _, r := range batch {
		if t.settled[r] != awake {
			t.settled[r] = awake
			t.active = append(t.active, r)
		}
	}
	if len(t.active) > before {
		slices.Sort(t.active)
	}
	if len(t.active) == t.height {
		t.history = t.history[:0]
	}
}

// list pairs each of the given rows with its place in the merged gradient.
func (t *table) list(rows []int32) {
	t.rows.Row = append(t.rows.Row[:0], rows...)
	t.rows.Sum = t.rows.Sum[:0]
	next := int32(0)
	for _, r := range rows {
		source := int32(-1)
		if int(next) < len(t.merged.Rows) && t.merged.Rows[next] == r {
			source = next
			next++
		}
		t.rows.Sum = append(t.rows.Sum, source)
	}
}

// record notes the factor that a step applied, for rows that are asleep.
func (t *table) record(mode native.Mode, factor float32) {
	t.mode = mode
	if len(t.active) < t.height && !mode.Unchanged(factor) {
		t.history = append(t.history, factor)
	}
}

// settle brings sleeping rows up to date. rows are ascending and distinct.
func (t *table) settle(k native.Kernels, w []float32, rows []int32) error {
	if len(t.history) == 0 {
		return nil
	}
	late := native.Rows{Width: t.width}
	for _, r := range rows {
		if at := t.settled[r]; at != awake && int(at) < len(t.history) {
			late.Row, late.Sum = append(late.Row, r), append(late.Sum, at)
		}
	}
	if err := k.DecayRows(t.mode, w, late, t.history); err != nil {
		return err
	}
	for _, r := range late.Row {
		t.settled[r] = int32(len(t.history))
	}
	return nil
}

// settleAll brings every row up to date and forgets the history.
func (t *table) settleAll(k native.Kernels, w []float32) error {
	if len(t.history) == 0 {
		return nil
	}
	all := make([]int32, t.height)
	for r := range all {
		all[r] = int32(r)
	}
	if err := t.settle(k, w, all); err != nil {
		return err
	}
	for r, at := range t.settled {
		if at != awake {
			t.settled[r] = 0
		}
	}
	t.history = t.history[:0]
	return nil
}

// restore derives from loaded moments which rows are awake: those with any
// moment that is not zero. The weights are taken as settled.
func (t *table) restore(moments [2][]float32) {
	t.history = t.history[:0]
	if len(t.active) == t.height {
		return
	}
	t.active = t.active[:0]
	for r := range t.height {
		t.settled[r] = 0
		for _, m := range moments {
			if m != nil && slices.ContainsFunc(m[r*t.width:][:t.width], func(x float32) bool { return x != 0 }) {
				t.settled[r] = awake
				t.active = append(t.active, int32(r))
				break
			}
		}
	}
}

// Settle brings rows of parameter i up to date, so that a run may read them.
// Rows may repeat and come in any order; a parameter that is not lazy needs
// nothing. Errors wrap native.ErrIndex when a row lies outside the table.
func (o *Optimizer) Settle(i int, rows []int64) error {
	if i < 0 || i >= len(o.params) {
		return fmt.Errorf("optim: settle parameter %d of %d: %w", i, len(o.params), native.ErrIndex)
	}
	p := &o.params[i]
	t := p.table
	if t == nil {
		return nil
	}
	late := make([]int32, 0, len(rows))
	for _, r := range rows {
		if r < 0 || r >= int64(t.height) {
			return fmt.Errorf("optim: settle row %d of %s, which has %d rows: %w", r, p.Name, t.height, native.ErrIndex)
		}
		if at := t.settled[r]; at != awake && int(at) < len(t.history) {
			late = append(late, int32(r))
		}
	}
	slices.Sort(late)
	if err := t.settle(o.kernels, p.Data, slices.Compact(late)); err != nil {
		return fmt.Errorf("optim: settle %s: %w", p.Name, err)
	}
	return nil
}

// SettleAll brings every row of every lazy table up to date: before weights
// are saved, exported, averaged or read whole.
func (o *Optimizer) SettleAll() error {
	for i := range o.params {
		p := &o.params[i]
		if p.table == nil {
			continue
		}
		if err := p.table.settleAll(o.kernels, p.Data); err != nil {
			return fmt.Errorf("optim: settle %s: %w", p.Name, err)
		}
	}
	return nil
}

package source

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/schema"
)

// node is a column of a Parquet schema, or a part of one, with what is needed
// to put rows together from definition and repetition levels (Melnik et al.
// 2010, "Dremel", section 4.3).
type node struct {
	name     string
	typ      string // for people
	optional bool
	repeated bool
	// def and rep are the levels at which a value of this node is there, and at
	// which the next item of the innermost repeated node up to here begins.
	def, rep int16
	below    []*node
	form     form
	leaf     int // index of the leaf column; leaves only
	convert  func(physical) cell
}

// form says how a group shows itself.
type form uint8

const (
	group  form = iota // named fields
	lists              // the items of the one repeated node below
	single             // the one field below: the wrapper of a list's items
)

// schemaTree makes the nodes of the top-level columns.
func schemaTree(s *schema.Schema) ([]*node, error) {
	b := &treeBuilder{}
	root := s.Root()
	out := make([]*node, root.NumFields())
	for i := range out {
		var err error
		if out[i], err = b.build(root.Field(i), 0, 0, 0); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type treeBuilder struct{ leaves int }

func (b *treeBuilder) build(from schema.Node, def, rep int16, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("columns are nested more than %d deep: %w", maxDepth, ErrTooLarge)
	}
	n := &node{name: from.Name(), leaf: -1}
	switch from.RepetitionType() {
	case parquet.Repetitions.Optional:
		n.optional = true
		def++
	case parquet.Repetitions.Repeated:
		n.repeated = true
		def++
		rep++
	}
	n.def, n.rep = def, rep
	g, ok := from.(*schema.GroupNode)
	if !ok {
		p := from.(*schema.PrimitiveNode)
		n.leaf, n.convert, n.typ = b.leaves, converter(p), typeName(p)
		b.leaves++
		return n, nil
	}
	if g.NumFields() == 0 {
		return nil, fmt.Errorf("the group %q has no fields: %w", n.name, ErrFormat)
	}
	for i := range g.NumFields() {
		child, err := b.build(g.Field(i), def, rep, depth+1)
		if err != nil {
			return nil, err
		}
		n.below = append(n.below, child)
	}
	n.settle(g)
	n.typ = n.groupName()
	return n, nil
}

// groupName names the type of a group: list<String>, or {id: Int32, name:
// String}.
func (n *node) groupName() string {
	if n.form == lists {
		item := n.below[0]
		if item.form == single {
			item = item.below[0]
		}
		return "list<" + item.typ + ">"
	}
	fields := make([]string, len(n.below))
	for i, child := range n.below {
		fields[i] = child.name + ": " + child.typ
		if child.repeated {
			fields[i] = child.name + ": list<" + child.typ + ">"
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// typeName names the type of a leaf.
func typeName(p *schema.PrimitiveNode) string {
	l := p.LogicalType()
	if i, ok := l.(*schema.IntLogicalType); ok {
		return fmt.Sprintf("%sInt%d", map[bool]string{false: "U"}[i.IsSigned()], i.BitWidth())
	}
	if l != nil && l.IsValid() && !l.IsNone() {
		return l.String()
	}
	return p.PhysicalType().String()
}

// settle finds the form of a group: the rules for lists are those of the
// format's LogicalTypes.md, old writers included.
func (n *node) settle(g *schema.GroupNode) {
	isList, isMap := annotation(g)
	if !isList && !isMap || len(n.below) != 1 || !n.below[0].repeated || n.repeated {
		return
	}
	n.form = lists
	item := n.below[0]
	if isList && item.leaf < 0 && len(item.below) == 1 && item.name != "array" && item.name != n.name+"_tuple" {
		item.form = single
	}
}

// annotation reports whether a group is annotated as a list or as a map.
func annotation(g *schema.GroupNode) (isList, isMap bool) {
	if logical := g.LogicalType(); logical != nil {
		isList, isMap = logical.Equals(schema.ListLogicalType{}), logical.Equals(schema.MapLogicalType{})
	}
	kind := g.ConvertedType()
	isList = isList || kind == schema.ConvertedTypes.List
	isMap = isMap || kind == schema.ConvertedTypes.Map || kind == schema.ConvertedTypes.MapKeyValue
	return isList, isMap
}

// columns lists the leaf columns of the node.
func (n *node) columns() []int {
	if n.leaf >= 0 {
		return []int{n.leaf}
	}
	var out []int
	for _, child := range n.below {
		out = append(out, child.columns()...)
	}
	return out
}

// rows appends that many rows of a top-level column to out.
func (n *node) rows(out []cell, leaves []*leaf, count int) ([]cell, error) {
	if n.leaf >= 0 && !n.repeated {
		return leaves[0].flat(out, count, n)
	}
	for _, l := range leaves {
		if err := l.load(count); err != nil {
			return out, err
		}
	}
	for range count {
		a := assembly{leaves: leaves}
		value, err := a.read(n, 0)
		if err != nil {
			return out, err
		}
		out = append(out, value)
	}
	return out, nil
}

// assembly puts one row together. Leaves are visited in the order of the
// schema; next is the first leaf of the node that is read.
type assembly struct{ leaves []*leaf }

// read returns the value of n, whose first leaf is leaves[first].
func (a *assembly) read(n *node, first int) (cell, error) {
	if n.optional {
		def, _, err := a.leaves[first].levels()
		if err != nil {
			return cell{}, err
		}
		if def < n.def {
			return cell{kind: null}, a.pass(n, first)
		}
	}
	if !n.repeated {
		return a.present(n, first)
	}
	def, _, err := a.leaves[first].levels()
	if err != nil {
		return cell{}, err
	}
	if def < n.def {
		return cell{kind: list}, a.pass(n, first)
	}
	var items []cell
	for {
		item, err := a.present(n, first)
		if err != nil {
			return cell{}, err
		}
		items = append(items, item)
		_, rep, err := a.leaves[first].levels()
		if err != nil || rep < n.rep {
			return cell{kind: list, nested: &nested{items: items}}, a.leaves[first].ended(err)
		}
		if rep > n.rep {
			return cell{}, fmt.Errorf("a value repeats at level %d inside level %d: %w", rep, n.rep, ErrFormat)
		}
	}
}

// present returns the value of n, or of one item of it, which is there.
func (a *assembly) present(n *node, first int) (cell, error) {
	if n.leaf >= 0 {
		return a.leaves[first].take(n)
	}
	if n.form != group {
		return a.read(n.below[0], first)
	}
	fields := &nested{}
	var described strings.Builder
	described.WriteString("a group of ")
	for i, child := range n.below {
		value, err := a.read(child, first)
		if err != nil {
			return cell{}, err
		}
		if i > 0 {
			described.WriteString(", ")
		}
		described.WriteString(child.name)
		fields.names = append(fields.names, child.name)
		fields.items = append(fields.items, value)
		first += len(child.columns())
	}
	return cell{kind: other, s: described.String(), nested: fields}, nil
}

// pass goes over the entry that says that n is not there, in all its leaves.
func (a *assembly) pass(n *node, first int) error {
	for i := range n.columns() {
		if _, _, err := a.leaves[first+i].levels(); err != nil {
			return err
		}
		a.leaves[first+i].next++
	}
	return nil
}

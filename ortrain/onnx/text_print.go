package onnx

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// PrintOptions change how a model is printed.
type PrintOptions struct {
	// MaxElements abbreviates tensors with more elements; Parse refuses what
	// was abbreviated. 0 prints all.
	MaxElements int
}

// shortTensor is how many elements String shows.
const shortTensor = 8

// Print writes the model in the ONNX textual syntax that the ONNX repository
// describes in docs/Syntax.md. Parse reads it back to a model of the same
// structure: doc strings of nodes, graphs and values, metadata other than the
// model's, denotations, Extra bytes and the payloads of NaNs are not printed.
//
// Attributes are printed without their kind where the value tells it. Beyond
// the published grammar, sparse constants are written as their type and
// "{values, indices}", and names that are no identifiers are quoted wherever
// they stand.
func Print(w io.Writer, m *Model, o PrintOptions) error {
	p := &printer{w: bufio.NewWriter(w), PrintOptions: o}
	p.model(m)
	return p.w.Flush()
}

// Format returns the whole text of a model; Parse is its inverse.
func Format(m *Model) string { return text(0, func(p *printer) { p.model(m) }) }

// String returns the text of the model with long tensors abbreviated.
func (m *Model) String() string { return text(shortTensor, func(p *printer) { p.model(m) }) }

// String returns the text of the graph with long tensors abbreviated.
func (g *Graph) String() string { return text(shortTensor, func(p *printer) { p.graph(g) }) }

// String returns the text of the function with long tensors abbreviated.
func (f *Function) String() string { return text(shortTensor, func(p *printer) { p.function(f) }) }

// String returns the text of the node with long tensors abbreviated, such as
// "y = Softmax <axis = -1> (x)".
func (n *Node) String() string { return text(shortTensor, func(p *printer) { p.node(n) }) }

func text(elements int, print func(*printer)) string {
	var b strings.Builder
	p := &printer{w: bufio.NewWriter(&b), PrintOptions: PrintOptions{MaxElements: elements}}
	print(p)
	_ = p.w.Flush() // a strings.Builder takes everything
	return b.String()
}

// printer writes text; the writer keeps the first error.
type printer struct {
	w      *bufio.Writer
	indent int
	PrintOptions
}

func (p *printer) print(parts ...string) {
	for _, s := range parts {
		_, _ = p.w.WriteString(s) // Flush returns the error
	}
}

// line starts a new line at the current indentation.
func (p *printer) line() { p.print("\n", strings.Repeat("  ", p.indent)) }

// list prints elements between commas.
func list[T any](p *printer, elements []T, element func(T)) {
	for i, e := range elements {
		if i > 0 {
			p.print(", ")
		}
		element(e)
	}
}

func (p *printer) model(m *Model) {
	p.print("<\n  ir_version: ", fmt.Sprint(m.IRVersion), ",\n  opset_import: ")
	p.opsets(m.Opsets)
	for _, e := range []Pair{
		{"producer_name", m.ProducerName}, {"producer_version", m.ProducerVersion},
		{"domain", m.Domain}, {"doc_string", m.Doc},
	} {
		if e.Value != "" {
			p.print(",\n  ", e.Key, ": ", quote(e.Value))
		}
	}
	if m.ModelVersion != 0 {
		p.print(",\n  model_version: ", fmt.Sprint(m.ModelVersion))
	}
	if len(m.Metadata) > 0 {
		p.print(",\n  metadata_props: ")
		p.pairs(m.Metadata)
	}
	p.print("\n>\n")
	if m.Graph != nil {
		p.graph(m.Graph)
	}
	p.print("\n")
	for _, f := range m.Functions {
		p.function(f)
	}
}

func (p *printer) opsets(o Opsets) {
	p.print("[")
	list(p, slices.Sorted(maps.Keys(o)), func(domain string) {
		p.print(quote(domain), " : ", fmt.Sprint(o[domain]))
	})
	p.print("]")
}

func (p *printer) pairs(pairs []Pair) {
	p.print("[")
	list(p, pairs, func(e Pair) { p.print(quote(e.Key), ": ", quote(e.Value)) })
	p.print("]")
}

func (p *printer) graph(g *Graph) {
	p.print(identifier(g.Name), " ")
	p.values(g.Inputs)
	p.print(" => ")
	p.values(g.Outputs)
	p.print(" ")
	p.constants(g)
	p.nodes(g.Nodes)
}

// values prints the inputs or outputs of a graph.
func (p *printer) values(values []*Value) {
	p.print("(")
	list(p, values, p.value)
	p.print(")")
}

// value prints a value's type, if it has one, and its name.
func (p *printer) value(v *Value) {
	if v == nil {
		p.print(`""`)
		return
	}
	if v.Type.Kind != NoType {
		p.typ(v.Type)
		p.print(" ")
	}
	p.print(identifier(v.Name))
}

// constants prints initializers and the types of the values inside the graph.
func (p *printer) constants(g *Graph) {
	var entries []func()
	for _, v := range g.Initializers {
		entries = append(entries, func() { p.initializer(v) })
	}
	for _, v := range g.Sparse {
		if v != nil {
			entries = append(entries, func() { p.sparse(v.Sparse, v.Name) })
		}
	}
	for _, n := range g.Nodes {
		if n == nil {
			continue
		}
		for _, v := range n.Outputs {
			if v != nil && v.Type.Kind != NoType && !slices.Contains(g.Outputs, v) {
				entries = append(entries, func() { p.value(v) })
			}
		}
	}
	p.entries(entries)
}

// entries prints a list in angle brackets, one entry a line, and nothing when
// there is none.
func (p *printer) entries(entries []func()) {
	if len(entries) == 0 {
		return
	}
	p.print("<")
	p.indent++
	for i, entry := range entries {
		if i > 0 {
			p.print(",")
		}
		p.line()
		entry()
	}
	p.indent--
	p.line()
	p.print("> ")
}

func (p *printer) nodes(nodes []*Node) {
	p.print("{")
	p.indent++
	for _, n := range nodes {
		p.line()
		p.node(n)
	}
	p.indent--
	p.line()
	p.print("}")
}

func (p *printer) node(n *Node) {
	if n == nil {
		p.print("(missing)")
		return
	}
	if n.Name != "" {
		p.print("[", identifier(n.Name), "] ")
	}
	p.names(n.Outputs)
	p.print(" = ")
	if n.Domain != "" {
		for _, part := range domainParts(n.Domain) {
			p.print(identifier(part), ".")
		}
	}
	p.print(identifier(n.Op))
	if n.Overload != "" {
		p.print(":", identifier(n.Overload))
	}
	graphs := slices.ContainsFunc(n.Attrs, func(a Attr) bool { return len(a.Subgraphs()) > 0 })
	if !graphs {
		p.attrs(n.Attrs)
	}
	p.print(" (")
	p.names(n.Inputs)
	p.print(")")
	if graphs { // long: they go last
		p.attrs(n.Attrs)
	}
}

// domainParts cuts a domain at its points unless a part would be empty.
func domainParts(domain string) []string {
	parts := strings.Split(domain, ".")
	if slices.Contains(parts, "") {
		return []string{domain}
	}
	return parts
}

func (p *printer) names(values []*Value) {
	list(p, values, func(v *Value) {
		if v == nil {
			p.print(`""`)
		} else {
			p.print(identifier(v.Name))
		}
	})
}

func (p *printer) function(f *Function) {
	p.print("<\n  domain: ", quote(f.Domain))
	if f.Overload != "" {
		p.print(",\n  overload: ", quote(f.Overload))
	}
	if f.Doc != "" {
		p.print(",\n  doc_string: ", quote(f.Doc))
	}
	p.print(",\n  opset_import: ")
	p.opsets(f.Opsets)
	p.print("\n>\n", identifier(f.Name), " ")
	if len(f.Attrs)+len(f.Defaults) > 0 {
		p.print("<")
		list(p, f.Attrs, func(name string) { p.print(identifier(name)) })
		if len(f.Attrs) > 0 && len(f.Defaults) > 0 {
			p.print(", ")
		}
		list(p, f.Defaults, p.attr)
		p.print("> ")
	}
	p.print("(")
	p.names(f.Inputs)
	p.print(") => (")
	p.names(f.Outputs)
	p.print(") ")
	var entries []func()
	for _, v := range f.Info {
		entries = append(entries, func() { p.value(v) })
	}
	p.entries(entries)
	p.nodes(f.Nodes)
	p.print("\n")
}

func (p *printer) typ(t Type) {
	switch t.Kind {
	case TensorKind:
		p.tensorType(t.DType, t.Shape)
	case SparseTensorKind:
		p.print("sparse_tensor(")
		p.tensorType(t.DType, t.Shape)
		p.print(")")
	case SequenceKind, OptionalKind:
		p.print(map[TypeKind]string{SequenceKind: "seq(", OptionalKind: "optional("}[t.Kind])
		p.elem(t.Elem)
	case MapKind:
		p.print("map(", t.DType.String(), ", ")
		p.elem(t.Elem)
	}
}

func (p *printer) elem(t *Type) {
	if t != nil {
		p.typ(*t)
	}
	p.print(")")
}

func (p *printer) tensorType(d DType, shape Shape) {
	p.print(d.String())
	if shape != nil && len(shape) == 0 {
		return
	}
	p.print("[")
	for i, dim := range shape {
		if i > 0 {
			p.print(",")
		}
		if !dim.Known() && dim.Param != "" {
			p.print(identifier(dim.Param))
		} else {
			p.print(dim.String())
		}
	}
	p.print("]")
}

package wire

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// nodeNames are the names that a node writes and reads; in has those that its
// subgraphs take from outside themselves, too.
type nodeNames struct {
	op      string
	in, out []string
	at      int // where the node's field starts
}

// order returns the nodes of a graph, its fields number field, and the order in
// which to read them: that of the file, except that a node comes after those
// that it reads from. ONNX demands this of the file; ONNX Runtime, and so this
// package, takes any order that is not cyclic.
func (m *message) order(field protowire.Number) ([]nodeNames, []int) {
	var nodes []nodeNames
	g := m.fresh()
	for g.next() {
		if g.num == field {
			n := nodeNames{at: g.start}
			n.read(g.sub("node", 0), 0)
			nodes = append(nodes, n)
		}
	}
	s := &sorter{nodes: nodes, writer: make(map[string]int), state: make([]visit, len(nodes))}
	for i := range nodes {
		for _, name := range nodes[i].out {
			s.writer[name] = i
		}
	}
	for i := range nodes {
		if cycle := s.visit(i); cycle != "" {
			m.start = nodes[i].at
			m.fail("node", "the graph is cyclic: %s; nodes that read from each other cannot run", cycle)
			break
		}
	}
	return nodes, s.order
}

// fresh returns a cursor over the same message with an error of its own.
func (m *message) fresh() *message {
	return &message{d: &decoder{words: m.d.words}, index: -1, b: m.b}
}

// read collects the names of a NodeProto.
func (n *nodeNames) read(m *message, depth int) {
	for m.next() {
		switch {
		case m.typ != protowire.BytesType:
		case m.num == 1:
			n.in = append(n.in, m.word())
		case m.num == 2:
			n.out = append(n.out, m.word())
		case m.num == 4:
			n.op = m.word()
		case m.num == 5 && depth < maxDepth:
			n.subgraphs(m.sub("attribute", 0), depth)
		}
	}
}

// subgraphs adds what the graphs of an AttributeProto read from outside.
func (n *nodeNames) subgraphs(attr *message, depth int) {
	for attr.next() {
		if attr.typ == protowire.BytesType && (attr.num == 6 || attr.num == 11) {
			n.in = append(n.in, free(attr.sub("g", 0), depth+1)...)
		}
	}
}

// free returns the names that a GraphProto reads and does not define.
func free(g *message, depth int) []string {
	own := make(map[string]bool)
	var reads []string
	for g.next() {
		if g.typ != protowire.BytesType {
			continue
		}
		switch g.num {
		case 1:
			var n nodeNames
			n.read(g.sub("node", 0), depth)
			reads = append(reads, n.in...)
			for _, name := range n.out {
				own[name] = true
			}
		case 5:
			own[nameIn(g.sub("initializer", 0), 8)] = true
		case 11:
			own[nameIn(g.sub("input", 0), 1)] = true
		case 12:
			reads = append(reads, nameIn(g.sub("output", 0), 1))
		}
	}
	return slices.DeleteFunc(reads, func(name string) bool { return own[name] })
}

// nameIn returns the string field num of m.
func nameIn(m *message, num protowire.Number) string {
	name := ""
	for m.next() {
		if m.num == num && m.typ == protowire.BytesType {
			name = m.word()
		}
	}
	return name
}

// visit is how far a sorter got with a node.
type visit uint8

const (
	unseen visit = iota
	open         // on the way to the node being visited
	done
)

// sorter puts nodes after those they read from.
type sorter struct {
	nodes  []nodeNames
	writer map[string]int
	state  []visit
	order  []int
}

// visit appends node i to the order after everything it needs. It returns the
// cycle it runs into, or "". It keeps its own stack: a chain of nodes may be as
// long as the file.
func (s *sorter) visit(i int) string {
	type frame struct{ node, in int }
	if s.state[i] != unseen {
		return ""
	}
	stack := []frame{{node: i}}
	s.state[i] = open
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		n := &s.nodes[top.node]
		if top.in == len(n.in) {
			s.state[top.node] = done
			s.order = append(s.order, top.node)
			stack = stack[:len(stack)-1]
			continue
		}
		p, ok := s.writer[n.in[top.in]]
		top.in++
		switch {
		case !ok || n.in[top.in-1] == "" || s.state[p] == done:
		case s.state[p] == open:
			path := make([]int, len(stack))
			for k, f := range stack {
				path[k] = f.node
			}
			return s.cycle(path[slices.Index(path, p):])
		default:
			s.state[p] = open
			stack = append(stack, frame{node: p})
		}
	}
	return ""
}

// cycle lists the operators of a path, each of which reads from the next, and
// the first again.
func (s *sorter) cycle(path []int) string {
	const most = 8
	var parts []string
	for _, i := range path[:min(most, len(path))] {
		parts = append(parts, fmt.Sprintf("%s[%d]", s.nodes[i].op, i))
	}
	if len(path) > most {
		parts = append(parts, "…")
	}
	return strings.Join(append(parts, parts[0]), " reads from ")
}

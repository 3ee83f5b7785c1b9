package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// graph reads a GraphProto. Names resolve in it and in the scopes around it, so
// it goes over the fields three times: inputs and initializers, nodes, and what
// speaks of the nodes' outputs.
func (d *decoder) graph(m *message, up *scope) *onnx.Graph {
	g := &onnx.Graph{}
	defer d.leave()
	if !d.enter(m) {
		return g
	}
	s := &scope{up: up, names: make(map[string]*onnx.Value)}
	for m.next() {
		switch m.num {
		case 1, 5, 12, 13, 15: // later
		case 2:
			g.Name = m.str()
		case 10:
			g.Doc = m.str()
		case 11:
			in := m.sub("input", len(g.Inputs))
			v := d.value(in)
			s.define(in, v)
			g.Inputs = append(g.Inputs, v)
		case 16:
			g.Metadata = append(g.Metadata, d.pair(m.sub("metadata_props", len(g.Metadata))))
		default: // 14 is quantization_annotation
			m.keep(&g.Extra)
		}
	}
	d.initializers(m, g, s)
	g.Nodes = d.nodes(m, 1, s)
	d.outputs(m, g, s)
	return g
}

func (d *decoder) initializers(m *message, g *onnx.Graph, s *scope) {
	for m.rewind(); m.next(); {
		switch m.num {
		case 5:
			sub := m.sub("initializer", len(g.Initializers))
			t := d.tensor(sub)
			v := s.initial(sub, t.Name)
			v.Init = t
			if v.Type.Kind == onnx.NoType {
				v.Type = t.Type()
			}
			g.Initializers = append(g.Initializers, v)
		case 15:
			sub := m.sub("sparse_initializer", len(g.Sparse))
			sp := d.sparse(sub)
			v := s.initial(sub, sp.Values.Name)
			v.Sparse = sp
			if v.Type.Kind == onnx.NoType {
				v.Type = onnx.TensorOf(sp.Values.DType, onnx.NewShape(sp.Dims...))
			}
			g.Sparse = append(g.Sparse, v)
		}
	}
}

// initial returns the value of an initializer: a graph input of that name that
// has no content yet, or a new value.
func (s *scope) initial(m *message, name string) *onnx.Value {
	if v := s.names[name]; v != nil && v.Init == nil && v.Sparse == nil {
		return v
	}
	v := &onnx.Value{Name: name}
	s.define(m, v)
	return v
}

// outputs reads the graph's outputs and the types of its other values. A value
// keeps the type that its input or initializer gave it; an output's own type
// goes before that in value_info.
func (d *decoder) outputs(m *message, g *onnx.Graph, s *scope) {
	for m.rewind(); m.next(); {
		if m.num != 12 {
			continue
		}
		out := m.sub("output", len(g.Outputs))
		info := d.value(out)
		v := s.resolve(out, info.Name)
		if v != nil && s.names[v.Name] == v && v.Type.Kind == onnx.NoType {
			describe(v, info)
		}
		g.Outputs = append(g.Outputs, v)
	}
	infos := 0
	for m.rewind(); m.next(); {
		if m.num != 13 {
			continue
		}
		info := d.value(m.sub("value_info", infos))
		infos++
		if v := s.names[info.Name]; v != nil && v.Type.Kind == onnx.NoType {
			describe(v, info)
		}
	}
}

// nodes reads all fields number field of m as nodes, each after those that it
// reads from.
func (d *decoder) nodes(m *message, field protowire.Number, s *scope) []*onnx.Node {
	names, order := m.order(field)
	var list []*onnx.Node
	for _, i := range order {
		if m.pos = names[i].at; m.next() {
			list = append(list, d.node(m.sub("node", i), s))
		}
	}
	return list
}

func (d *decoder) node(m *message, s *scope) *onnx.Node {
	n := &onnx.Node{}
	for m.next() {
		switch m.num {
		case 1:
			n.Inputs = append(n.Inputs, s.operand(m))
		case 2: // an output must not be visible to the node's own subgraphs
		case 3:
			n.Name = m.str()
		case 4:
			n.Op = m.word()
		case 5:
			n.Attrs = append(n.Attrs, d.attr(m.sub("attribute", len(n.Attrs)), s))
		case 6:
			n.Doc = m.str()
		case 7:
			n.Domain = domainOf(m)
		case 8:
			n.Overload = m.str()
		case 9:
			n.Metadata = append(n.Metadata, d.pair(m.sub("metadata_props", len(n.Metadata))))
		default: // 10 is device_configurations
			m.keep(&n.Extra)
		}
	}
	d.results(m, n, s)
	if n.Op == "" {
		m.fail("op_type", "the node has no operator")
	}
	return n
}

// operand resolves the input that the current field names, nil for "".
func (s *scope) operand(m *message) *onnx.Value {
	if name := m.word(); name != "" {
		return s.resolve(m, name)
	}
	return nil
}

func (d *decoder) results(m *message, n *onnx.Node, s *scope) {
	for m.rewind(); m.next(); {
		if m.num != 2 {
			continue
		}
		name := m.word()
		if name == "" {
			n.Outputs = append(n.Outputs, nil)
			continue
		}
		v := &onnx.Value{Name: name, Producer: n}
		s.define(m, v)
		n.Outputs = append(n.Outputs, v)
	}
}

// value reads a ValueInfoProto.
func (d *decoder) value(m *message) *onnx.Value {
	v := &onnx.Value{}
	for m.next() {
		switch m.num {
		case 1:
			v.Name = m.str()
		case 2:
			v.Type = d.typ(m.one("type"))
		case 3:
			v.Doc = m.str()
		case 4:
			v.Metadata = append(v.Metadata, d.pair(m.sub("metadata_props", len(v.Metadata))))
		default:
			m.keep(&v.Extra)
		}
	}
	return v
}

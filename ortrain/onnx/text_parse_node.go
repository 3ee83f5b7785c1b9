package onnx

import "strings"

// nodes reads the nodes of a graph or function between braces.
func (p *parser) nodes(s *names) []*Node {
	var nodes []*Node
	p.expect("{")
	for p.err == nil && !p.accept("}") {
		nodes = append(nodes, p.node(s))
	}
	return nodes
}

// node reads [name] outputs = domain.Op:overload <attributes> (inputs), the
// attributes before or after the inputs.
func (p *parser) node(s *names) *Node {
	n := &Node{}
	if p.accept("[") {
		n.Name = p.name("a node")
		p.expect("]")
	}
	outputs := p.ids("=")
	p.operator(n)
	if p.at("<") {
		n.Attrs = p.attrs(s)
	}
	p.expect("(")
	for _, in := range p.ids(")") {
		v := s.find(in.name)
		if in.name != "" && v == nil {
			p.failAt(in.pos, "%s reads %q, which nothing before it defines", n.Op, in.name)
			break
		}
		n.Inputs = append(n.Inputs, v)
	}
	if n.Attrs == nil && p.at("<") {
		n.Attrs = p.attrs(s)
	}
	for _, out := range outputs {
		var v *Value
		if out.name != "" {
			v = &Value{Name: out.name, Producer: n}
			p.define(s, v, out.pos)
		}
		n.Outputs = append(n.Outputs, v)
	}
	return n
}

// ids reads names between commas up to the sign end. A missing name before a
// comma is "", as is a quoted empty one.
func (p *parser) ids(end string) []info {
	var all []info
	p.list(end, func() {
		i := info{pos: p.tok.pos}
		if !p.at(",") {
			i.name = p.name("a value")
		}
		all = append(all, i)
	})
	return all
}

// operator reads domain.Op:overload.
func (p *parser) operator(n *Node) {
	n.Op = p.name("an operator")
	var domain []string
	for p.accept(".") {
		domain = append(domain, n.Op)
		n.Op = p.name("an operator")
	}
	n.Domain = strings.Join(domain, ".")
	if n.Domain == "ai.onnx" {
		n.Domain = DomainDefault
	}
	if p.accept(":") {
		n.Overload = p.name("an overload")
	}
}

func (p *parser) function() *Function {
	f := &Function{Opsets: Opsets{}}
	p.header(func(key string) bool {
		switch key {
		case "domain":
			f.Domain = p.str()
		case "overload":
			f.Overload = p.str()
		case "doc_string":
			f.Doc = p.str()
		case "opset_import":
			f.Opsets = p.opsets()
		default:
			return false
		}
		return true
	})
	f.Name = p.name("a function")
	if p.accept("<") {
		p.list(">", func() {
			name := p.name("an attribute")
			if p.at(":") || p.at("=") {
				f.Defaults = append(f.Defaults, p.attr(name, nil))
			} else {
				f.Attrs = append(f.Attrs, name)
			}
		})
	}
	p.body(f)
	return f
}

// body reads a function from its inputs on.
func (p *parser) body(f *Function) {
	s := &names{here: make(map[string]*Value)}
	p.expect("(")
	p.list(")", func() {
		v := p.declare(s)
		f.Inputs = append(f.Inputs, v)
		if v.Type.Kind != NoType {
			f.Info = append(f.Info, v)
		}
	})
	p.arrow()
	outputs := p.infos("(", ")")
	var inner []info
	if p.at("<") {
		inner = p.infos("<", ">")
	}
	f.Nodes = p.nodes(s)
	for _, o := range outputs {
		v := s.here[o.name]
		if v == nil {
			p.failAt(o.pos, "nothing defines the output %q", o.name)
			return
		}
		f.Outputs = append(f.Outputs, v)
		if o.typ.Kind != NoType {
			inner = append(inner, o)
		}
	}
	for _, i := range inner {
		if v := s.here[i.name]; v != nil && v.Type.Kind == NoType && i.typ.Kind != NoType {
			f.Info = append(f.Info, v)
		}
		p.types(s, []info{i})
	}
}

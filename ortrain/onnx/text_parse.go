package onnx

import (
	"fmt"
	"strconv"
	"strings"
)

// What Parse takes a model without these entries for.
const (
	defaultIRVersion = 10
	defaultOpset     = 21
)

// Parse reads a model in the ONNX textual syntax; see Print. Nodes must follow
// those they read from. A text without ir_version is of IR version 10, one
// without opset_import imports version 21 of the default domain. The model has
// passed Check.
//
// Errors are of type *SyntaxError or *Faults; both wrap ErrInvalid.
func Parse(text string) (*Model, error) {
	p := newParser(text)
	m := p.model()
	if p.err != nil {
		return nil, p.err
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	return m, nil
}

// ParseFunction reads one model-local function: an optional header in angle
// brackets (domain, overload, doc_string, opset_import), its name, attributes,
// inputs, outputs and body, such as
//
//	<domain: "com.microsoft", opset_import: ["" : 17]>
//	ReluGrad (dY, Y) => (dX) {
//	  zero = Constant <value = float {0.0}> ()
//	  positive = Greater (Y, zero)
//	  dX = Where (positive, dY, zero)
//	}
//
// Errors are of type *SyntaxError. Model.Check checks functions.
func ParseFunction(text string) (*Function, error) {
	p := newParser(text)
	f := p.function()
	p.end()
	if p.err != nil {
		return nil, p.err
	}
	return f, nil
}

// parser reads tokens one ahead. Its error sticks: after the first fault all
// tokens are the end of the text.
type parser struct {
	lexer
	tok   token
	err   error
	depth int
}

func newParser(text string) *parser {
	p := &parser{lexer: lexer{src: text}}
	p.advance()
	return p
}

func (p *parser) advance() {
	if p.err != nil {
		return
	}
	tok, fault := p.next()
	p.tok = tok
	if fault != "" {
		p.fail("%s", fault)
	}
}

// fail records what is wrong at the current token.
func (p *parser) fail(format string, args ...any) {
	if p.err != nil {
		return
	}
	before := p.src[:p.tok.pos]
	line := strings.Count(before, "\n")
	p.err = &SyntaxError{Line: line + 1, Column: len(before) - strings.LastIndexByte(before, '\n'), Reason: fmt.Sprintf(format, args...)}
	p.tok = token{kind: tokenEnd, pos: p.tok.pos}
}

// found describes the current token.
func (p *parser) found() string {
	switch p.tok.kind {
	case tokenEnd:
		return "the end of the text"
	case tokenQuoted:
		return quote(p.tok.text)
	}
	return p.tok.text
}

// at reports whether the current token is the sign s.
func (p *parser) at(s string) bool { return p.tok.kind == tokenSign && p.tok.text == s }

// accept moves over the sign s if it is there.
func (p *parser) accept(s string) bool {
	if !p.at(s) {
		return false
	}
	p.advance()
	return true
}

// expect moves over the sign s.
func (p *parser) expect(s string) {
	if !p.accept(s) {
		p.fail("%s where %q is expected", p.found(), s)
	}
}

// arrow moves over "=>".
func (p *parser) arrow() {
	p.expect("=")
	p.expect(">")
}

// end fails unless the text ends here.
func (p *parser) end() {
	if p.err == nil && p.tok.kind != tokenEnd {
		p.fail("%s after the end of the function", p.found())
	}
}

// isName reports whether the current token can be a name.
func (p *parser) isName() bool { return p.tok.kind == tokenID || p.tok.kind == tokenQuoted }

// name reads a name, quoted or not.
func (p *parser) name(what string) string {
	s := p.tok.text
	if !p.isName() {
		p.fail("%s where the name of %s is expected", p.found(), what)
		return ""
	}
	p.advance()
	return s
}

func (p *parser) str() string {
	s := p.tok.text
	if p.tok.kind != tokenQuoted {
		p.fail("%s where a string is expected", p.found())
		return ""
	}
	p.advance()
	return s
}

func (p *parser) int() int64 {
	v, err := strconv.ParseInt(p.tok.text, 10, 64)
	if p.tok.kind != tokenInt || err != nil {
		p.fail("%s where an integer of 64 bits is expected", p.found())
		return 0
	}
	p.advance()
	return v
}

// list reads elements between commas up to the sign end, possibly none.
func (p *parser) list(end string, element func()) {
	for p.err == nil && !p.accept(end) {
		element()
		if !p.at(end) {
			p.expect(",")
		}
	}
}

// header reads the entries "key: value" in angle brackets; entry reads the
// value of a key and reports whether it knows that key.
func (p *parser) header(entry func(key string) bool) {
	if !p.accept("<") {
		return
	}
	p.list(">", func() {
		key := p.name("an entry")
		p.expect(":")
		if p.err == nil && !entry(key) {
			p.fail("unknown entry %q", key)
		}
	})
}

func (p *parser) model() *Model {
	m := &Model{IRVersion: defaultIRVersion, Opsets: Opsets{DomainDefault: defaultOpset}}
	p.header(func(key string) bool {
		switch key {
		case "ir_version":
			m.IRVersion = p.int()
		case "opset_import":
			m.Opsets = p.opsets()
		case "producer_name":
			m.ProducerName = p.str()
		case "producer_version":
			m.ProducerVersion = p.str()
		case "domain":
			m.Domain = p.str()
		case "model_version":
			m.ModelVersion = p.int()
		case "doc_string":
			m.Doc = p.str()
		case "metadata_props":
			m.Metadata = p.pairs()
		default:
			return false
		}
		return true
	})
	m.Graph = p.graph(p.name("the graph"), nil)
	for p.err == nil && p.tok.kind != tokenEnd {
		m.Functions = append(m.Functions, p.function())
	}
	return m
}

// opsets reads ["domain" : version, …].
func (p *parser) opsets() Opsets {
	o := Opsets{}
	p.expect("[")
	p.list("]", func() {
		domain := p.str()
		p.expect(":")
		if domain == "ai.onnx" {
			domain = DomainDefault
		}
		o[domain] = p.int()
	})
	return o
}

// pairs reads ["key": "value", …].
func (p *parser) pairs() []Pair {
	var pairs []Pair
	p.expect("[")
	p.list("]", func() {
		key := p.str()
		p.expect(":")
		pairs = append(pairs, Pair{key, p.str()})
	})
	return pairs
}

// enter counts a level of nesting; leave ends it.
func (p *parser) enter() bool {
	if p.depth++; p.depth > maxNesting {
		p.fail("nested more than %d deep", maxNesting)
	}
	return p.err == nil
}

func (p *parser) leave() { p.depth-- }

// graph reads what follows a graph's name.
func (p *parser) graph(name string, up *names) *Graph {
	g := &Graph{Name: name}
	defer p.leave()
	if !p.enter() {
		return g
	}
	s := &names{up: up, here: make(map[string]*Value)}
	p.expect("(")
	p.list(")", func() {
		v := p.declare(s)
		g.Inputs = append(g.Inputs, v)
		if p.accept("=") {
			p.content(g, v, v.Type)
		}
	})
	p.arrow()
	outputs := p.infos("(", ")")
	var inner []info
	if p.accept("<") {
		p.list(">", func() { inner = append(inner, p.constant(g, s)...) })
	}
	g.Nodes = p.nodes(s)
	for _, o := range outputs {
		v := s.find(o.name)
		if v == nil {
			p.failAt(o.pos, "nothing defines the output %q", o.name)
			break
		}
		if s.here[o.name] == v && v.Type.Kind == NoType {
			v.Type = o.typ
		}
		g.Outputs = append(g.Outputs, v)
	}
	p.types(s, inner)
	return g
}

// info is the type of a value that may not exist yet.
type info struct {
	typ  Type
	name string
	pos  int
}

// info reads a type, if there is one, and a name.
func (p *parser) info() info {
	i := info{pos: p.tok.pos}
	if p.tok.kind == tokenID && isTypeWord(p.tok.text) {
		i.typ = p.typ()
	}
	i.name = p.name("a value")
	return i
}

// infos reads a list of types and names.
func (p *parser) infos(open, end string) []info {
	var all []info
	p.expect(open)
	p.list(end, func() { all = append(all, p.info()) })
	return all
}

// declare reads a type and the name of a new value.
func (p *parser) declare(s *names) *Value {
	i := p.info()
	v := &Value{Name: i.name, Type: i.typ}
	p.define(s, v, i.pos)
	return v
}

func (p *parser) define(s *names, v *Value, pos int) {
	switch {
	case p.err != nil:
	case v.Name == "":
		p.failAt(pos, "a value needs a name")
	case s.here[v.Name] != nil:
		p.failAt(pos, "the name %q is defined twice in one graph", v.Name)
	default:
		s.here[v.Name] = v
	}
}

// failAt records what is wrong at a position before the current token.
func (p *parser) failAt(pos int, format string, args ...any) {
	p.tok.pos = pos
	p.fail(format, args...)
}

// types gives values the types that the text lists for them.
func (p *parser) types(s *names, infos []info) {
	for _, i := range infos {
		v := s.here[i.name]
		if v == nil {
			p.failAt(i.pos, "a type is given for %q, which nothing defines", i.name)
			return
		}
		if v.Type.Kind == NoType {
			v.Type = i.typ
		}
	}
}

// constant reads an entry of the list before the nodes: an initializer, or the
// type of a value inside the graph, which it returns.
func (p *parser) constant(g *Graph, s *names) []info {
	i := p.info()
	if !p.accept("=") {
		return []info{i}
	}
	v := s.here[i.name]
	if v == nil || v.Init != nil || v.Sparse != nil {
		v = &Value{Name: i.name, Type: i.typ}
		p.define(s, v, i.pos)
	}
	p.content(g, v, i.typ)
	return nil
}

// content reads the constant content of v.
func (p *parser) content(g *Graph, v *Value, typ Type) {
	if typ.Kind == SparseTensorKind {
		v.Sparse = p.sparse(typ, v.Name)
		v.Type = TensorOf(typ.DType, typ.Shape)
		g.Sparse = append(g.Sparse, v)
		return
	}
	v.Init = p.tensor(typ, v.Name)
	g.Initializers = append(g.Initializers, v)
}

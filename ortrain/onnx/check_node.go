package onnx

import "fmt"

// nodes checks a list of nodes and defines their outputs.
func (c *checker) nodes(list []*Node, s *names) {
	for i, n := range list {
		if n == nil {
			c.fault("node %d is missing", i)
			continue
		}
		who := func() string { return n.label(i) }
		c.operator(n, who)
		for _, v := range n.Inputs {
			if v != nil {
				c.read(s, v, who)
			}
		}
		seen := make(map[string]bool, len(n.Attrs))
		for k := range n.Attrs {
			a := &n.Attrs[k]
			if seen[a.Name] {
				c.fault("%s has two attributes %q", who(), a.Name)
			}
			seen[a.Name] = true
			c.attr(a, s, who)
		}
		for _, v := range n.Outputs {
			if v == nil {
				continue
			}
			c.define(s, v, "the output of "+who()+",")
			c.typ(v)
			if v.Producer != n {
				c.fault("%s writes %q, which does not point back to it", who(), v.Name)
			}
			if v.Init != nil || v.Sparse != nil {
				c.fault("%s writes %q, which has constant data", who(), v.Name)
			}
		}
	}
}

// operator checks that the operator of n can be known.
func (c *checker) operator(n *Node, who func() string) {
	if n.Op == "" {
		c.fault("%s has no operator", who())
	}
	if c.model == nil {
		return
	}
	// A function may leave to the model which version of another domain it
	// means.
	if c.opsets.Of(n.Domain) < 1 && c.model.Opsets.Of(n.Domain) < 1 {
		c.fault("%s is of domain %q, of which no operator set is imported", who(), n.Domain)
	}
}

// attr checks one attribute of a node or a function's default.
func (c *checker) attr(a *Attr, s *names, who func() string) {
	what := func() string { return fmt.Sprintf("%s: attribute %q", who(), a.Name) }
	switch {
	case a.Name == "":
		c.fault("%s has an attribute without a name", who())
	case a.Kind <= AttrUndefined || a.Kind > AttrTypes:
		c.fault("%s has the unknown kind %d", what(), a.Kind)
	case a.Ref != "":
		// Without a model a graph may be the body of a function.
		if c.model != nil && (c.function == nil || !c.function.hasAttr(a.Ref)) {
			c.fault("%s refers to %q, which is no attribute of a function around it", what(), a.Ref)
		}
		if a.holds() != 0 {
			c.fault("%s has both a reference and a value", what())
		}
	case a.holds()&^(1<<a.Kind) != 0:
		c.fault("%s of kind %d holds a value of another kind", what(), a.Kind)
	default:
		c.attrValue(a, s, what)
	}
}

// holds returns the kinds of which a has a value, as bits. Kinds whose zero
// value says nothing count only when they are not zero.
func (a *Attr) holds() uint {
	var kinds uint
	add := func(kind AttrKind, has bool) {
		if has {
			kinds |= 1 << kind
		}
	}
	add(AttrFloat, a.Float != 0)
	add(AttrInt, a.Int != 0)
	add(AttrString, a.Str != "")
	add(AttrTensor, a.Tensor != nil)
	add(AttrGraph, a.Graph != nil)
	add(AttrFloats, len(a.Floats) > 0)
	add(AttrInts, len(a.Ints) > 0)
	add(AttrStrings, len(a.Strs) > 0)
	add(AttrTensors, len(a.Tensors) > 0)
	add(AttrGraphs, len(a.Graphs) > 0)
	add(AttrType, a.Type != nil)
	add(AttrTypes, len(a.Types) > 0)
	if len(a.Sparse) > 0 {
		add(AttrSparseTensor, a.Kind != AttrSparseTensors)
		add(AttrSparseTensors, a.Kind == AttrSparseTensors)
	}
	return kinds
}

// attrValue checks the value of a, which has no other.
func (c *checker) attrValue(a *Attr, s *names, what func() string) {
	missing := false
	switch a.Kind {
	case AttrTensor:
		c.tensor(a.Tensor, what())
	case AttrTensors:
		for _, t := range a.Tensors {
			c.tensor(t, what())
		}
	case AttrGraph:
		missing = a.Graph == nil
	case AttrType:
		missing = a.Type == nil
	case AttrSparseTensor:
		missing = len(a.Sparse) != 1
	}
	if missing {
		c.fault("%s of kind %d has no value", what(), a.Kind)
		return
	}
	for _, sp := range a.Sparse {
		c.sparse(sp, what())
	}
	for _, g := range a.Subgraphs() {
		if g == nil {
			c.fault("%s: a graph is missing", what())
			continue
		}
		c.graph(g, s)
	}
}

// functions checks the model-local functions.
func (c *checker) functions() {
	type key struct{ domain, name, overload string }
	seen := make(map[key]bool)
	for i, f := range c.model.Functions {
		if f == nil {
			c.fault("function %d is missing", i)
			return
		}
		k := key{f.Domain, f.Name, f.Overload}
		switch {
		case f.Name == "":
			c.fault("function %d has no name", i)
		case seen[k]:
			c.fault("function %s is defined twice", f.label())
		case c.model.IRVersion < functionIRVersion:
			c.fault("function %s needs IR version %d; the model has %d", f.label(), functionIRVersion, c.model.IRVersion)
		case f.Overload != "" && c.model.IRVersion < overloadIRVersion:
			c.fault("function %s is an overload and needs IR version %d; the model has %d", f.label(), overloadIRVersion, c.model.IRVersion)
		}
		seen[k] = true
		c.body(f)
	}
	c.recursion()
}

func (c *checker) body(f *Function) {
	before := len(c.found.List)
	c.opsets, c.function = f.Opsets, f
	defer func() {
		c.function = nil
		for i := before; i < len(c.found.List); i++ {
			c.found.List[i] = "function " + f.label() + ": " + c.found.List[i]
		}
	}()
	names := &names{here: make(map[string]*Value)}
	attrs := make(map[string]bool)
	for _, name := range f.Attrs {
		if name == "" || attrs[name] {
			c.fault("attribute %q is listed twice or has no name", name)
		}
		attrs[name] = true
	}
	for i := range f.Defaults {
		if attrs[f.Defaults[i].Name] {
			c.fault("attribute %q is listed twice", f.Defaults[i].Name)
		}
		attrs[f.Defaults[i].Name] = true
		c.attr(&f.Defaults[i], names, func() string { return "the list of defaults" })
	}
	c.inputs(f.Inputs, names)
	c.nodes(f.Nodes, names)
	for i, v := range f.Outputs {
		if v == nil {
			c.fault("output %d is missing", i)
			continue
		}
		c.read(names, v, func() string { return "the output list" })
	}
	for _, v := range f.Info {
		if v == nil || names.here[v.Name] != v {
			c.fault("a value with a type is not of the body: %s", v)
		}
	}
}

func (f *Function) label() string {
	s := f.Domain + "::" + f.Name
	if f.Overload != "" {
		s += ":" + f.Overload
	}
	return s
}

func (f *Function) hasAttr(name string) bool {
	for _, a := range f.Attrs {
		if a == name {
			return true
		}
	}
	for i := range f.Defaults {
		if f.Defaults[i].Name == name {
			return true
		}
	}
	return false
}

// recursion reports functions that call themselves, directly or not.
func (c *checker) recursion() {
	const open, done = 1, 2
	state := make(map[*Function]int)
	calls := c.calls()
	for _, f := range c.model.Functions {
		if state[f] != 0 {
			continue
		}
		// A stack of its own: the chain may be as long as the list.
		stack := []*Function{f}
		state[f] = open
		next := map[*Function]int{}
		for len(stack) > 0 {
			top := stack[len(stack)-1]
			if next[top] == len(calls[top]) {
				state[top] = done
				stack = stack[:len(stack)-1]
				continue
			}
			callee := calls[top][next[top]]
			next[top]++
			switch state[callee] {
			case open:
				c.fault("function %s calls itself through %s; functions must not be recursive", callee.label(), top.label())
			case done:
			default:
				state[callee] = open
				stack = append(stack, callee)
			}
		}
	}
}

// calls returns which functions each function calls.
func (c *checker) calls() map[*Function][]*Function {
	type key struct{ domain, name, overload string }
	byKey := make(map[key]*Function)
	for _, f := range c.model.Functions {
		if f == nil {
			return nil
		}
		byKey[key{f.Domain, f.Name, f.Overload}] = f
	}
	calls := make(map[*Function][]*Function)
	for _, f := range c.model.Functions {
		eachNode(f.Nodes, func(n *Node) {
			if callee := byKey[key{n.Domain, n.Op, n.Overload}]; callee != nil {
				calls[f] = append(calls[f], callee)
			}
		})
	}
	return calls
}

// eachNode calls do with every node of the list and of the graphs in it.
func eachNode(list []*Node, do func(*Node)) {
	for _, n := range list {
		if n == nil {
			continue
		}
		do(n)
		for i := range n.Attrs {
			for _, g := range n.Attrs[i].Subgraphs() {
				if g != nil {
					eachNode(g.Nodes, do)
				}
			}
		}
	}
}

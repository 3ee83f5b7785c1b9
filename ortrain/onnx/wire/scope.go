package wire

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// scope maps the names of one graph to its values.
type scope struct {
	up    *scope
	names map[string]*onnx.Value
}

// define enters a value.
func (s *scope) define(m *message, v *onnx.Value) {
	switch {
	case v.Name == "":
		m.fail("", "a value has no name")
	case s.names[v.Name] != nil:
		m.fail("", "the name %q is defined twice in one graph", v.Name)
	default:
		s.names[v.Name] = v
	}
}

// resolve finds the value that the current field of m names, in the graph or
// those around it.
func (s *scope) resolve(m *message, name string) *onnx.Value {
	for at := s; at != nil; at = at.up {
		if v := at.names[name]; v != nil {
			return v
		}
	}
	m.fail("", "nothing that is visible here defines %q", name)
	return nil
}

// describe gives v what a ValueInfo says about it.
func describe(v, info *onnx.Value) {
	v.Type, v.Doc, v.Metadata, v.Extra = info.Type, info.Doc, info.Metadata, info.Extra
}

package wire

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// maxDepth bounds how deep graphs and types may nest.
const maxDepth = 64

// minIRVersion is the first IR version with operator set imports.
const minIRVersion = 3

// decoder is the state of one Decode.
type decoder struct {
	err   *Error
	depth int
	// words holds one copy of strings that occur often.
	words map[string]string
}

// Decode reads a model. Tensor data is not copied: data must not change while
// the model is in use. Tensors whose data lies in another file keep a non-nil
// External; see LoadExternal. The model has passed Model.Check.
//
// Errors are of type *Error or come from Check; all wrap onnx.ErrInvalid.
func Decode(data []byte) (*onnx.Model, error) {
	d := &decoder{words: make(map[string]string)}
	m := d.model(&message{d: d, index: -1, b: data})
	if d.err != nil {
		return nil, d.err
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	return m, nil
}

// enter counts a level of nesting.
func (d *decoder) enter(m *message) bool {
	d.depth++
	if d.depth > maxDepth {
		m.fail("", "nested more than %d levels deep", maxDepth)
	}
	return d.err == nil
}

func (d *decoder) leave() { d.depth-- }

func (d *decoder) model(m *message) *onnx.Model {
	out := &onnx.Model{Opsets: onnx.Opsets{}}
	for m.next() {
		switch m.num {
		case 1:
			out.IRVersion = m.int()
		case 2:
			out.ProducerName = m.str()
		case 3:
			out.ProducerVersion = m.str()
		case 4:
			out.Domain = m.str()
		case 5:
			out.ModelVersion = m.int()
		case 6:
			out.Doc = m.str()
		case 7:
			out.Graph = d.graph(m.one("graph"), nil)
		case 8:
			d.opset(m.sub("opset_import", len(out.Opsets)), out.Opsets)
		case 14:
			out.Metadata = append(out.Metadata, d.pair(m.sub("metadata_props", len(out.Metadata))))
		case 25:
			out.Functions = append(out.Functions, d.function(m.sub("functions", len(out.Functions))))
		default:
			m.keep(&out.Extra)
		}
	}
	m.start = 0
	switch {
	case out.IRVersion < minIRVersion:
		m.fail("ir_version", "IR version %d; %d or newer is expected, and 0 means that this is no ONNX model", out.IRVersion, minIRVersion)
	case out.Graph == nil:
		m.fail("graph", "the model has no graph; the file is cut short or no ONNX model")
	}
	return out
}

// opset enters one operator set import. Of several for one domain the last
// counts, as it does in ONNX Runtime.
func (d *decoder) opset(m *message, into onnx.Opsets) {
	var domain string
	var version int64
	for m.next() {
		switch m.num {
		case 1:
			domain = domainOf(m)
		case 2:
			version = m.int()
		default:
			m.unknown()
		}
	}
	into[domain] = version
}

// domainOf reads an operator domain; "ai.onnx" is another name of "".
func domainOf(m *message) string {
	if s := m.word(); s != "ai.onnx" {
		return s
	}
	return onnx.DomainDefault
}

func (d *decoder) pair(m *message) (p onnx.Pair) {
	for m.next() {
		switch m.num {
		case 1:
			p.Key = m.word()
		case 2:
			p.Value = m.str()
		default:
			m.unknown()
		}
	}
	return p
}

func (d *decoder) function(m *message) *onnx.Function {
	f := &onnx.Function{Opsets: onnx.Opsets{}}
	s := &scope{names: make(map[string]*onnx.Value)}
	for m.next() {
		switch m.num {
		case 1:
			f.Name = m.str()
		case 4:
			v := &onnx.Value{Name: m.str()}
			s.define(m, v)
			f.Inputs = append(f.Inputs, v)
		case 5, 7, 12: // need all inputs
		case 6:
			f.Attrs = append(f.Attrs, m.word())
		case 8:
			f.Doc = m.str()
		case 9:
			d.opset(m.sub("opset_import", len(f.Opsets)), f.Opsets)
		case 10:
			f.Domain = domainOf(m)
		case 11:
			f.Defaults = append(f.Defaults, d.attr(m.sub("attribute_proto", len(f.Defaults)), s))
		case 13:
			f.Overload = m.str()
		case 14:
			f.Metadata = append(f.Metadata, d.pair(m.sub("metadata_props", len(f.Metadata))))
		default:
			m.keep(&f.Extra)
		}
	}
	f.Nodes = d.nodes(m, 7, s)
	d.functionValues(m, f, s)
	return f
}

// functionValues reads what needs the values of the body: outputs and types.
func (d *decoder) functionValues(m *message, f *onnx.Function, s *scope) {
	m.rewind()
	infos := 0
	for m.next() {
		switch m.num {
		case 5:
			f.Outputs = append(f.Outputs, s.resolve(m, m.word()))
		case 12:
			info := d.value(m.sub("value_info", infos))
			infos++
			if v := s.names[info.Name]; v != nil && v.Type.Kind == onnx.NoType {
				describe(v, info)
				f.Info = append(f.Info, v)
			}
		}
	}
}

package wire

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// maxFile is the size at which protocol buffers end.
const maxFile = math.MaxInt32

// Encode writes a model. The model must pass Model.Check. Tensors with a
// non-nil External are written as references to their file. Field order and
// everything else is determined by the model, so equal models give equal bytes.
//
// Errors wrap onnx.ErrInvalid or ErrTooLarge.
func Encode(m *onnx.Model) ([]byte, error) {
	w, err := plan(m, nil)
	if err != nil {
		return nil, err
	}
	if w.size > maxFile {
		return nil, fmt.Errorf("wire: the model takes %d bytes; one file holds at most %d: write it with external data: %w", w.size, int64(maxFile), ErrTooLarge)
	}
	var out bytes.Buffer
	out.Grow(int(w.size))
	if err := w.write(&out, m); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// plan checks a model and measures its encoding. The tensors in external are
// written as references.
func plan(m *onnx.Model, external map[*onnx.Tensor]*onnx.External) (*writer, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	w := &writer{external: external}
	w.model(m)
	return w, nil
}

// write writes the model that was planned.
func (w *writer) write(out interface{ Write([]byte) (int, error) }, m *onnx.Model) error {
	w.out = bufio.NewWriterSize(out, 1<<16)
	w.next = 0
	w.model(m)
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("wire: writing the model: %w", err)
	}
	return nil
}

func (w *writer) model(m *onnx.Model) {
	w.int(1, m.IRVersion)
	w.str(2, m.ProducerName)
	w.str(3, m.ProducerVersion)
	w.str(4, m.Domain)
	w.nonzero(5, m.ModelVersion)
	w.str(6, m.Doc)
	w.message(7, func() { w.graph(m.Graph) })
	w.opsets(8, m.Opsets)
	w.pairs(14, m.Metadata)
	for _, f := range m.Functions {
		w.message(25, func() { w.function(f) })
	}
	w.raw(m.Extra)
}

func (w *writer) opsets(num int, o onnx.Opsets) {
	domains := make([]string, 0, len(o))
	for domain := range o {
		domains = append(domains, domain)
	}
	slices.Sort(domains)
	for _, domain := range domains {
		w.message(num, func() {
			w.str(1, domain)
			w.int(2, o[domain])
		})
	}
}

func (w *writer) pairs(num int, pairs []onnx.Pair) {
	for _, p := range pairs {
		w.message(num, func() {
			w.str(1, p.Key)
			w.str(2, p.Value)
		})
	}
}

func (w *writer) function(f *onnx.Function) {
	w.str(1, f.Name)
	w.names(4, f.Inputs)
	w.names(5, f.Outputs)
	for _, name := range f.Attrs {
		w.bytes(6, name)
	}
	w.nodes(7, f.Nodes)
	w.str(8, f.Doc)
	w.opsets(9, f.Opsets)
	w.str(10, f.Domain)
	w.attrs(11, f.Defaults)
	w.values(12, f.Info)
	w.str(13, f.Overload)
	w.pairs(14, f.Metadata)
	w.raw(f.Extra)
}

func (w *writer) graph(g *onnx.Graph) {
	w.nodes(1, g.Nodes)
	w.str(2, g.Name)
	for _, v := range g.Initializers {
		w.message(5, func() { w.tensor(v.Init, v.Name) })
	}
	w.str(10, g.Doc)
	w.values(11, g.Inputs)
	w.values(12, g.Outputs)
	w.infos(g)
	for _, v := range g.Sparse {
		w.message(15, func() { w.sparse(v.Sparse, v.Name) })
	}
	w.pairs(16, g.Metadata)
	w.raw(g.Extra)
}

// infos writes the types of the values inside the graph.
func (w *writer) infos(g *onnx.Graph) {
	outputs := make(map[*onnx.Value]bool, len(g.Outputs))
	for _, v := range g.Outputs {
		outputs[v] = true
	}
	for _, n := range g.Nodes {
		for _, v := range n.Outputs {
			if v != nil && !outputs[v] && v.Type.Kind != onnx.NoType {
				w.message(13, func() { w.value(v) })
			}
		}
	}
}

func (w *writer) names(num int, values []*onnx.Value) {
	for _, v := range values {
		if v == nil {
			w.bytes(num, "")
		} else {
			w.bytes(num, v.Name)
		}
	}
}

func (w *writer) values(num int, values []*onnx.Value) {
	for _, v := range values {
		w.message(num, func() { w.value(v) })
	}
}

func (w *writer) value(v *onnx.Value) {
	w.str(1, v.Name)
	if v.Type.Kind != onnx.NoType || v.Type.Extra != nil {
		w.message(2, func() { w.typ(v.Type) })
	}
	w.str(3, v.Doc)
	w.pairs(4, v.Metadata)
	w.raw(v.Extra)
}

func (w *writer) nodes(num int, nodes []*onnx.Node) {
	for _, n := range nodes {
		w.message(num, func() { w.node(n) })
	}
}

func (w *writer) node(n *onnx.Node) {
	w.names(1, n.Inputs)
	w.names(2, n.Outputs)
	w.str(3, n.Name)
	w.str(4, n.Op)
	w.attrs(5, n.Attrs)
	w.str(6, n.Doc)
	w.str(7, n.Domain)
	w.str(8, n.Overload)
	w.pairs(9, n.Metadata)
	w.raw(n.Extra)
}

func (w *writer) attrs(num int, attrs []onnx.Attr) {
	for i := range attrs {
		w.message(num, func() { w.attr(&attrs[i]) })
	}
}

func (w *writer) attr(a *onnx.Attr) {
	w.str(1, a.Name)
	if a.Ref == "" {
		w.attrValue(a)
	}
	w.str(13, a.Doc)
	w.int(20, int64(a.Kind))
	w.str(21, a.Ref)
	w.raw(a.Extra)
}

func (w *writer) attrValue(a *onnx.Attr) {
	switch a.Kind {
	case onnx.AttrFloat:
		w.float(2, a.Float)
	case onnx.AttrInt:
		w.int(3, a.Int)
	case onnx.AttrString:
		w.bytes(4, a.Str)
	case onnx.AttrTensor:
		w.message(5, func() { w.tensor(a.Tensor, a.Tensor.Name) })
	case onnx.AttrGraph:
		w.message(6, func() { w.graph(a.Graph) })
	case onnx.AttrFloats:
		for _, f := range a.Floats {
			w.float(7, f)
		}
	case onnx.AttrInts:
		for _, v := range a.Ints {
			w.int(8, v)
		}
	case onnx.AttrStrings:
		for _, s := range a.Strs {
			w.bytes(9, s)
		}
	case onnx.AttrTensors:
		for _, t := range a.Tensors {
			w.message(10, func() { w.tensor(t, t.Name) })
		}
	case onnx.AttrGraphs:
		for _, g := range a.Graphs {
			w.message(11, func() { w.graph(g) })
		}
	case onnx.AttrType:
		w.message(14, func() { w.typ(*a.Type) })
	case onnx.AttrTypes:
		for _, t := range a.Types {
			w.message(15, func() { w.typ(t) })
		}
	case onnx.AttrSparseTensor:
		w.message(22, func() { w.sparse(a.Sparse[0], a.Sparse[0].Values.Name) })
	case onnx.AttrSparseTensors:
		for _, sp := range a.Sparse {
			w.message(23, func() { w.sparse(sp, sp.Values.Name) })
		}
	}
}

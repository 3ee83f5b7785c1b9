package pass

import "github.com/ortrain/ortrain/ortrain/onnx"

// DeadCode removes nodes and initializers that no graph output depends on.
// Graph inputs stay: they are the model's signature.
var DeadCode = Pass{
	Name:  "dead_code",
	Doc:   "Every node and initializer reaches a graph output.",
	Apply: func(m *onnx.Model) error { RemoveDead(m.Graph); return nil },
}

// RemoveDead is DeadCode for a graph by itself.
func RemoveDead(g *onnx.Graph) {
	live := make(map[*onnx.Value]bool)
	for _, v := range g.Outputs {
		live[v] = true
	}
	inputs := readers(g)
	kept := make([]*onnx.Node, 0, len(g.Nodes))
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		if !anyLive(n.Outputs, live) {
			continue
		}
		for _, v := range inputs[n] {
			live[v] = true
		}
		kept = append(kept, n)
	}
	for i, j := 0, len(kept)-1; i < j; i, j = i+1, j-1 {
		kept[i], kept[j] = kept[j], kept[i]
	}
	g.Nodes = kept
	g.Initializers = filter(g.Initializers, func(v *onnx.Value) bool { return live[v] })
}

// readers lists what each node reads, captures of subgraphs included.
func readers(g *onnx.Graph) map[*onnx.Node][]*onnx.Value {
	reads := make(map[*onnx.Node][]*onnx.Value, len(g.Nodes))
	for v, uses := range g.Uses() {
		for _, u := range uses {
			reads[u.Node] = append(reads[u.Node], v)
		}
	}
	return reads
}

func anyLive(list []*onnx.Value, live map[*onnx.Value]bool) bool {
	for _, v := range list {
		if v != nil && live[v] {
			return true
		}
	}
	return false
}

func filter(list []*onnx.Value, keep func(*onnx.Value) bool) []*onnx.Value {
	out := list[:0]
	for _, v := range list {
		if keep(v) {
			out = append(out, v)
		}
	}
	return out
}

package task

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Freeze turns the parameters of a graph into initializers that hold weights,
// which are copied, one slice for each of g.Params. The graph is changed and
// its model returned; its inputs are then the user's and the labels.
func Freeze(g *Graph, weights [][]float32) (*onnx.Model, error) {
	if len(weights) != len(g.Params) {
		return nil, fmt.Errorf("task: %d weights for %d parameters: %w", len(weights), len(g.Params), ErrTask)
	}
	for i, p := range g.Params {
		if int64(len(weights[i])) != p.Len() {
			return nil, fmt.Errorf("task: %d numbers for parameter %q %v: %w", len(weights[i]), p.Name, p.Shape, ErrTask)
		}
	}
	graph := g.Model.Graph
	first := len(graph.Inputs) - len(g.Params)
	for i, p := range g.Params {
		v := graph.Inputs[first+i]
		v.Init = tensor(p.Name, p.Shape, weights[i])
		graph.Initializers = append(graph.Initializers, v)
	}
	graph.Inputs = graph.Inputs[:first]
	return g.Model, nil
}

// tensor returns a float tensor over the little-endian bytes of data.
func tensor(name string, dims []int64, data []float32) *onnx.Tensor {
	raw := make([]byte, 0, 4*len(data))
	for _, x := range data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return &onnx.Tensor{Name: name, DType: onnx.Float, Dims: dims, Raw: raw}
}

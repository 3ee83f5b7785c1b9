// Command gemm measures the rate of float32 matrix products in ONNX Runtime,
// the bound of everything else, and prints GFLOP/s.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/ort"
)

// The size of one product, [m,k]·[k,n], and for how long it is repeated.
const (
	m, k, n  = 1024, 768, 3072
	duration = time.Second
)

func main() {
	rate, err := measure(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "gemm:", err)
		os.Exit(1)
	}
	fmt.Printf("%.1f\n", rate)
}

func measure(ctx context.Context) (float64, error) {
	env, err := ort.Open(ort.EnvOptions{})
	if err != nil {
		return 0, err
	}
	defer env.Close()
	model, err := product()
	if err != nil {
		return 0, err
	}
	s, err := env.NewSession(model, ort.Options{Name: "gemm", IntraOpThreads: 2, Arena: true})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	var tensors []*ort.Tensor
	for _, dims := range [][]int64{{m, k}, {k, n}, {m, n}} {
		t, err := ort.NewTensor(onnx.Float, dims...)
		if err != nil {
			return 0, err
		}
		defer t.Close()
		tensors = append(tensors, t)
	}
	runs, start := 0, time.Time{}
	for runs = -2; ; runs++ { // two to warm up
		if runs == 0 {
			start = time.Now()
		}
		if runs > 0 && time.Since(start) > duration {
			break
		}
		if err := s.Run(ctx, tensors[:2], tensors[2:]); err != nil {
			return 0, err
		}
	}
	return 2 * m * k * n * float64(runs) / time.Since(start).Seconds() / 1e9, nil
}

func product() ([]byte, error) {
	matrix := func(name string, rows, columns int64) *onnx.Value {
		return &onnx.Value{Name: name, Type: onnx.TensorOf(onnx.Float, onnx.NewShape(rows, columns))}
	}
	a, b, y := matrix("a", m, k), matrix("b", k, n), matrix("y", m, n)
	node := onnx.NewNode("", "MatMul", []*onnx.Value{a, b}, []*onnx.Value{y})
	node.Name = "product"
	return wire.Encode(&onnx.Model{IRVersion: 8, Opsets: onnx.Opsets{"": 17}, Graph: &onnx.Graph{
		Name: "gemm", Inputs: []*onnx.Value{a, b}, Outputs: []*onnx.Value{y}, Nodes: []*onnx.Node{node},
	}})
}

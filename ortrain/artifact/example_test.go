package artifact_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/onnx"
)

func Example() {
	line := func() *onnx.Model {
		m, err := onnx.Parse(`
<ir_version: 8, opset_import: ["": 17, "com.microsoft": 1]>
line (float[B] x, float[B] target, float[1] w) => (float[] loss) {
  y = Mul (x, w)
  e = Sub (y, target)
  s = Mul (e, e)
  loss = ReduceMean <keepdims = 0> (s)
}`)
		if err != nil {
			fmt.Println(err)
		}
		return m
	}
	set, err := artifact.Generate(artifact.Request{
		Train: line(), Eval: line(), Trainable: []string{"w"}, Rules: rules.Standard(), Optimizer: artifact.DefaultAdamW(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	folder, err := os.MkdirTemp("", "artifacts")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	dir := filepath.Join(folder, "line")

	weights := map[string][]float32{"w": {0.5}}
	params := []artifact.Param{{Name: "w", DType: onnx.Float, Shape: []int64{1}, Trainable: true}}
	c := artifact.NewCheckpoint(params, func(name string) []float32 { return weights[name] })
	if err := artifact.Save(context.Background(), disk.OS(), dir, set, c); err != nil {
		fmt.Println(err)
		return
	}

	f, err := artifact.Load(dir, artifact.DefaultFiles())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	fmt.Println("inputs", f.Signature.Inputs, "labels", f.Signature.Labels)
	for _, p := range f.Signature.Params {
		fmt.Println(p.Name, p.Shape, p.Trainable)
	}
	fmt.Println(f.Settings.Kind)
	// Output:
	// inputs [x: float[B]] labels [target: float[B]]
	// w [1] true
	// AdamWOptimizer
}

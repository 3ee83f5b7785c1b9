package optim_test

import (
	"context"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/optim"
)

// Two steps on a small model: an embedding table whose gradient comes as rows,
// and a bias that gets no weight decay.
func Example() {
	table := []float32{1, 1, 2, 2, 3, 3}
	bias := []float32{0, 0}
	o, err := optim.New(native.New(2), []optim.Parameter{
		{Name: "word_embeddings.weight", Data: table, Shape: []int64{3, 2}, Trainable: true, Rows: true, Lazy: true},
		{Name: "classifier.bias", Data: bias, Shape: []int64{2}, Trainable: true},
	}, optim.DefaultAdamW(), optim.Decay(0.01))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer o.Close()

	schedule := optim.Schedule{Kind: "linear", LR: 0.1, Warmup: 1, Total: 10}
	for range 2 {
		grads := optim.Gradients{
			{Rows: []native.RowPart{{Index: []int64{2}, Rows: []float32{3, -3}}}},
			{Dense: []float32{4, -4}},
		}
		stats, err := o.Step(context.Background(), grads, optim.StepInfo{LR: schedule.At(o.StepCount()), Divisor: 1, MaxNorm: 1})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("step %d: norm %.3f, clipped by %.3f, %d of 3 rows\n", stats.Step, stats.GradNorm, stats.Clip, stats.UpdatedRows)
	}
	if err := o.SettleAll(); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%.3f %.3f\n", table, bias)
	// Output:
	// step 1: norm 7.071, clipped by 0.141, 1 of 3 rows
	// step 2: norm 7.071, clipped by 0.141, 1 of 3 rows
	// [0.999 0.999 1.998 1.998 2.897 3.097] [-0.100 0.100]
}

// A schedule is a pure function of the steps done.
func ExampleSchedule_At() {
	s := optim.Schedule{Kind: "linear", LR: 5e-5, Warmup: optim.WarmupSteps(0, 0.1, 100), Total: 100}
	for _, step := range []int64{0, 5, 10, 55, 100} {
		fmt.Printf("%.2g ", s.At(step))
	}
	fmt.Println()
	// Output: 0 2.5e-05 5e-05 2.5e-05 0
}

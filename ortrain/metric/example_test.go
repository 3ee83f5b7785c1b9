package metric_test

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/metric"
)

func ExampleConfusion() {
	m := metric.NewConfusion(3)
	batches := []struct{ predicted, actual []int64 }{
		{[]int64{0, 1}, []int64{0, 0}},
		{[]int64{1, 2}, []int64{1, 2}},
	}
	for _, b := range batches {
		if err := m.Add(b.predicted, b.actual); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, v := range m.Summary() {
		fmt.Printf("%s %.3f\n", v.Name, v.Value)
	}
	// Output:
	// accuracy 0.750
	// f1_macro 0.778
	// f1_micro 0.750
	// matthews_correlation 0.700
}

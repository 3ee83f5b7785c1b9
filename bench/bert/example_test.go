package bert_test

import (
	"fmt"

	"github.com/ortrain/ortrain/bench/bert"
)

func ExampleBatch() {
	texts := [][]int64{{101, 7, 102}, {101, 8, 9, 102}, {101, 102}}
	b := bert.Batch(texts, 2, 1)
	fmt.Println(b.Row, b.IDs, b.Offsets, b.Check())
	fmt.Println(bert.Cut(texts, 4))
	// Output:
	// [2 0] [101 102 101 7 102] [0 2 5] <nil>
	// [[101 7 102 101] [8 9 102 101]]
}

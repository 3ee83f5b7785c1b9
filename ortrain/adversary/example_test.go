package adversary_test

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// A perturbation of two texts, moved along a gradient and kept within a radius
// for each text.
func ExampleDelta() {
	b := &sample.Batch{IDs: []int64{2, 7, 3}, TypeIDs: make([]int64, 3), Positions: []int64{0, 1, 0}, Offsets: []int32{0, 2, 3}, Row: []uint64{0, 1}, Copy: make([]uint16, 2)}
	c, err := adversary.Defaults("pgd")
	if err != nil {
		fmt.Println(err)
		return
	}
	d := adversary.NewDelta(b, 2, c)
	d.SetGradient([]float32{3, 0, 0, 4, 0, 2}, 1)
	d.Steepest(2)
	fmt.Printf("norms %.3f\n", d.Norms())
	d.Project(0.5)
	fmt.Printf("norms %.3f\n", d.Norms())
	// Output:
	// norms [2.000 2.000]
	// norms [0.500 0.500]
}

func ExampleConfig_Validate() {
	c, err := adversary.Defaults("fgm")
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Epsilon = -1
	fmt.Println(c.Validate())
	_, err = adversary.Defaults("freelp")
	fmt.Println(err != nil)
	// Output:
	// adversary: adv_epsilon is -1; a positive number is needed: wrong adversarial configuration
	// true
}

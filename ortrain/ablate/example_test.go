package ablate_test

import (
	"context"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/ablate"
)

// coins stands for a model: with the recipe "study" it gets 8 of 10 rows right,
// else 6, whatever the seed.
type coins struct{}

func (coins) Trial(_ context.Context, s ablate.Setting) (ablate.Outcome, error) {
	right := 6
	if s.Recipe == "study" {
		right = 8
	}
	o := ablate.Outcome{Steps: 10}
	for i := range 1000 {
		o.Right = append(o.Right, i%10 < right)
	}
	return o, nil
}

func (coins) Preserve(context.Context, ablate.Setting) (ablate.Share, error) {
	return ablate.Share{Kept: 99, Of: 100}, nil
}

func Example() {
	p := ablate.DefaultPlan()
	p.Sizes = []int{500}
	p.Recipes = []ablate.Recipe{{Name: "study"}, {Name: "hope"}}
	r, err := ablate.Run(context.Background(), p, coins{}, ablate.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	f := r.Final[0]
	fmt.Printf("%s: %.2f, plain %.2f\n", f.Reported.Recipe, f.Reported.Mean, f.Plain.Mean)
	// Output: study: 0.80, plain 0.60
}

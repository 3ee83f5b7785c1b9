package rules_test

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
)

func ExampleStandard() {
	_, found := rules.Standard().Lookup("", "MatMul", 17)
	fmt.Println(found)
	// Output: true
}

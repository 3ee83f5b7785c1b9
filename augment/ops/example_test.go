package ops_test

import (
	"errors"
	"fmt"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/ops"
)

func ExampleStandard() {
	table := ops.Standard()
	spec, err := table.Lookup(table.Names()[0])
	fmt.Println(spec.Doc != "", err)
	_, err = table.Lookup("no such operator")
	fmt.Println(errors.Is(err, augment.ErrPolicy))
	// Output:
	// true <nil>
	// true
}

package adversary_test

import (
	"errors"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/adversary"
)

// The defaults of a method are its paper's.
func ExampleDefaults() {
	c, err := adversary.Defaults("fgm")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Epsilon > 0, c.Validate())
	_, err = adversary.Defaults("freelunch")
	fmt.Println(errors.Is(err, adversary.ErrConfig))
	// Output:
	// true <nil>
	// true
}

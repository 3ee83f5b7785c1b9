package augment_test

import (
	"fmt"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/ops"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// The same row, epoch and copy give the same text, wherever it is made.
func ExampleRunner_Copy() {
	policy, err := augment.ParsePolicy([]byte("name: commas\nlanguage: en\noperators:\n- name: aeda\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	runner, err := augment.New(policy, augment.Options{Table: ops.Standard(), Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	ex := sample.Example{Row: 7, Text: "a film that nobody will forget soon"}
	one, ok, err := runner.Copy(ex, 0, 1)
	again, _, _ := runner.Copy(ex, 0, 1)
	fmt.Println(ok, err, one.Text != ex.Text, one.Text == again.Text)
	// Output: true <nil> true true
}

package variant_test

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/ortrain/variant"
)

// A model gets a perturbation of its embeddings and the gradient of that.
func ExampleMake() {
	c, err := model.ParseConfig([]byte(`{"model_type": "bert", "vocab_size": 30, "hidden_size": 8, "num_hidden_layers": 1,
		"num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 12}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := c.SetLabels([]string{"no", "yes"}); err != nil {
		fmt.Println(err)
		return
	}
	built, err := task.Build(c, task.Classification(), task.Options{Form: model.Packed, Mode: model.Train})
	if err != nil {
		fmt.Println(err)
		return
	}
	var params []string
	for _, p := range built.Params {
		params = append(params, p.Name)
	}
	m, err := variant.Make(built.Model, params, rules.Standard(), variant.Spec{Delta: variant.Lookup})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, in := range m.Graph.Inputs {
		if in.Name == variant.DeltaInput {
			fmt.Println(in)
		}
	}
	// Output: embedding_delta: float[T,8]
}

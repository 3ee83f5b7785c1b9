package model_test

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/model"
)

func ExampleParseConfig() {
	c, err := model.ParseConfig([]byte(`{
		"model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6,
		"num_attention_heads": 12, "intermediate_size": 1536, "max_position_embeddings": 512
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := c.SetLabels([]string{"negative", "positive"}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.ModelType, c.NumHiddenLayers, c.HeadSize(), c.Labels)
	// Output: bert 6 32 [negative positive]
}

// A parameter's first values depend on the run's seed and its name only.
func ExampleParam_Draw() {
	p := model.Param{Name: "classifier.weight", Shape: []int64{2, 3}, Init: model.Init{Std: 0.02, ZeroRow: -1}}
	once, again := make([]float32, p.Len()), make([]float32, p.Len())
	p.Draw(42, once)
	p.Draw(42, again)
	fmt.Println(once[0] == again[0], once[0] != once[1])
	// Output: true true
}

package task_test

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/task"
)

func ExampleBuild() {
	c, err := model.ParseConfig([]byte(`{
		"model_type": "bert", "vocab_size": 100, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
		"intermediate_size": 32, "max_position_embeddings": 24, "id2label": {"0": "ham", "1": "spam"}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := task.Build(c, task.Classification(), task.Options{Form: model.Padded, Mode: model.Eval})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.Class, len(g.Params), "parameters")
	for _, v := range g.Model.Graph.Inputs[:len(g.Inputs)+len(g.Labels)] {
		fmt.Println("in ", v)
	}
	for _, v := range g.Model.Graph.Outputs {
		fmt.Println("out", v)
	}
	// Output:
	// BertForSequenceClassification 25 parameters
	// in  input_ids: int64[B,S]
	// in  attention_mask: int64[B,S]
	// in  token_type_ids: int64[B,S]
	// in  labels: int64[B]
	// out loss: float[]
	// out logits: float[B,2]
}

func ExampleTask() {
	p, err := task.Classification().Predict([]float32{2, 0, -1, 1}, []int64{2, 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Labels)
	fmt.Printf("%.3f\n", p.Row(0))
	// Output:
	// [0 1]
	// [0.881 0.119]
}

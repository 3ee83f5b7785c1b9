package task_test

import (
	"testing"

	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/task"
)

const tiny = `{"model_type": "bert", "architectures": ["BertForSequenceClassification"], "vocab_size": 211, "hidden_size": 32,
	"num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 48,
	"id2label": {"0": "a", "1": "b", "2": "c"}}`

func TestEveryValueHasAShape(t *testing.T) {
	c, err := model.ParseConfig([]byte(tiny))
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []model.Form{model.Packed, model.Padded} {
		for _, mode := range []model.Mode{model.Train, model.Eval, model.Infer} {
			g, err := task.Build(c, task.Classification(), task.Options{Form: form, Mode: mode})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range g.Model.Graph.Nodes {
				for _, v := range n.Outputs {
					if v.Type.Kind != onnx.TensorKind || v.Type.Shape == nil {
						t.Errorf("%v has no shape", v)
					}
					for _, d := range v.Type.Shape {
						if d.String() == "?" {
							t.Errorf("%v", v)
						}
					}
				}
			}
		}
	}
}

package optim_test

import (
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain/optim"
)

func TestDecayLeavesOutBiasesAndNorms(t *testing.T) {
	rule := optim.Decay(0.01)
	for name, want := range map[string]float64{
		"bert.encoder.layer.0.attention.self.query.weight":    0.01,
		"bert.encoder.layer.0.attention.self.query.bias":      0,
		"bert.embeddings.LayerNorm.weight":                    0,
		"distilbert.transformer.layer.0.sa_layer_norm.weight": 0,
		"model.final_norm.weight":                             0,
		"bert.embeddings.word_embeddings.weight":              0.01,
		"cls.predictions.bias":                                0,
		"encoder.relative_attention_bias.weight":              0.01,
	} {
		if got := rule(name); got.WeightDecay != want || got.LRScale != 1 {
			t.Errorf("%s: %+v, want decay %v", name, got, want)
		}
	}
}

func TestLayerWiseLowersTheRateTowardsTheInput(t *testing.T) {
	const f = 0.5
	for _, model := range []map[string]float64{
		{ // power of the factor per name
			"bert.embeddings.word_embeddings.weight": 4,
			"bert.embeddings.LayerNorm.bias":         4,
			"bert.encoder.layer.0.output.dense.bias": 3,
			"bert.encoder.layer.2.output.dense.bias": 1,
			"bert.pooler.dense.weight":               0,
			"classifier.weight":                      0,
		},
		{
			"distilbert.embeddings.position_embeddings.weight": 3,
			"distilbert.transformer.layer.0.ffn.lin1.weight":   2,
			"distilbert.transformer.layer.1.ffn.lin1.weight":   1,
			"pre_classifier.weight":                            0,
		},
		{
			"electra.embeddings_project.weight":     2,
			"electra.encoder.layer.0.output.weight": 1,
			"classifier.out_proj.weight":            0,
		},
		{
			"albert.encoder.embedding_hidden_mapping_in.weight":                       2,
			"albert.encoder.albert_layer_groups.0.albert_layers.0.attention.key.bias": 1,
			"albert.pooler.weight": 0,
		},
		{
			"mpnet.encoder.relative_attention_bias.weight": 2,
			"mpnet.encoder.layer.0.attention.attn.q.bias":  1,
		},
	} {
		var names []string
		for name := range model {
			names = append(names, name)
		}
		rule := optim.LayerWise(optim.Decay(0.1), f, names)
		for name, power := range model {
			if got, want := rule(name).LRScale, math.Pow(f, power); got != want {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
			if rule(name).WeightDecay != optim.Decay(0.1)(name).WeightDecay {
				t.Errorf("%s: weight decay changed", name)
			}
		}
	}
}

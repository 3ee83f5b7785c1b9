package optim

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// layerNumber finds the encoder layer in names as bert, roberta, electra,
// mpnet, distilbert (layer.N), modernbert (layers.N) and albert
// (albert_layer_groups.N) write them.
var layerNumber = regexp.MustCompile(`layer(?:s|_groups)?\.(\d+)\.`)

// LayerWise lowers the learning rate towards the input: rule's LRScale is
// multiplied by factor^(L+1−d), where L is the number of layers found in names
// (all parameters of the model), and the depth d is 0 for embeddings, i+1 for
// layer i and L+1 for whatever stands above the encoder.
//
// Source: Howard and Ruder, ULMFiT (ACL 2018), section 3.2, in the form of Sun
// et al., "How to Fine-Tune BERT for Text Classification?" (2019): the top keeps
// the full rate, the last layer has one factor, the embeddings L+1.
func LayerWise(rule Rule, factor float64, names []string) Rule {
	layers := 0
	for _, name := range names {
		if i, ok := layerOf(name); ok {
			layers = max(layers, i+1)
		}
	}
	return func(name string) Rates {
		r := rule(name)
		depth := layers + 1
		if i, ok := layerOf(name); ok {
			depth = min(i+1, layers)
		} else if belowEncoder(name) {
			depth = 0
		}
		r.LRScale *= math.Pow(factor, float64(layers+1-depth))
		return r
	}
}

func layerOf(name string) (int, bool) {
	m := layerNumber.FindStringSubmatch(name)
	if m == nil {
		return 0, false
	}
	i, err := strconv.Atoi(m[1])
	return i, err == nil && i < 1<<20
}

// belowEncoder recognises embeddings, their projection, and position biases
// that all layers share.
func belowEncoder(name string) bool {
	return strings.Contains(name, "embedding") || strings.Contains(name, "relative_attention")
}

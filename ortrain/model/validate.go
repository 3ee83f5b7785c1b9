package model

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Bounds of what a configuration may ask for. They lie far above any published
// encoder and keep a damaged file from asking for endless graphs.
const (
	maxVocab     = 1 << 24
	maxWidth     = 1 << 17
	maxLayers    = 1 << 10
	maxPositions = 1 << 20
	maxLabels    = 1 << 20
)

// Validate returns everything that is wrong with the configuration, each fault
// naming its key. All of it wraps ErrConfig.
func (c *Config) Validate() error {
	a, err := c.Architecture()
	if err != nil {
		return err
	}
	v := &faults{}
	v.size("vocab_size", c.VocabSize, maxVocab)
	v.size("hidden_size", c.HiddenSize, maxWidth)
	v.size("num_hidden_layers", c.NumHiddenLayers, maxLayers)
	v.size("num_attention_heads", c.NumAttentionHeads, maxWidth)
	v.size("intermediate_size", c.IntermediateSize, maxWidth)
	v.size("max_position_embeddings", c.MaxPositionEmbeddings, maxPositions)
	v.check(c.TypeVocabSize >= 0 && c.TypeVocabSize <= maxVocab, "type_vocab_size is %d; 0 to %d is possible", c.TypeVocabSize, maxVocab)
	v.check(len(c.Labels) <= maxLabels, "id2label has %d classes; at most %d are possible", len(c.Labels), maxLabels)
	if c.NumAttentionHeads > 0 {
		v.check(c.HiddenSize%c.NumAttentionHeads == 0, "hidden_size %d is not a multiple of num_attention_heads %d", c.HiddenSize, c.NumAttentionHeads)
	}
	v.check(c.PadTokenID >= 0 && c.PadTokenID < max(c.VocabSize, 1), "pad_token_id is %d; it must lie in the vocabulary of %d", c.PadTokenID, c.VocabSize)
	v.probability("hidden_dropout_prob", c.HiddenDropoutProb)
	v.probability("attention_probs_dropout_prob", c.AttentionProbsDropoutProb)
	v.probability("classifier_dropout", c.HeadDropout())
	v.check(c.LayerNormEps > 0 && c.LayerNormEps < 1, "layer_norm_eps is %g; it must lie between 0 and 1", c.LayerNormEps)
	v.check(c.InitializerRange >= 0 && c.InitializerRange <= math.MaxFloat32, "initializer_range is %g; a finite number from 0 on is needed", c.InitializerRange)
	_, known := activations[c.HiddenAct]
	v.check(known, "hidden_act %q is not built in; these are: %s", c.HiddenAct, strings.Join(Activations(), ", "))
	switch c.ProblemType {
	case "", SingleLabel, MultiLabel, Regression:
	default:
		v.check(false, "problem_type is %q; %s, %s or %s is expected", c.ProblemType, SingleLabel, MultiLabel, Regression)
	}
	return errors.Join(append(v.list, c.refused(), a.Check(c))...)
}

// refused names settings of the file that would change what the model computes
// and that ortrain does not carry out.
func (c *Config) refused() error {
	v := &faults{}
	for _, key := range []string{"is_decoder", "add_cross_attention", "is_encoder_decoder"} {
		var on bool
		if err := c.get(key, &on); err != nil {
			return err
		}
		v.check(!on, "%s is true; only encoders are built in", key)
	}
	var pruned map[string]any
	if err := c.get("pruned_heads", &pruned); err != nil {
		return err
	}
	v.check(len(pruned) == 0, "pruned_heads is not empty; models with pruned heads are not built in")
	v.check(c.absent("quantization_config"), "quantization_config: the weights are quantized; use the unquantized model")
	return errors.Join(v.list...)
}

// faults collects what is wrong.
type faults struct{ list []error }

func (f *faults) check(ok bool, format string, args ...any) {
	if !ok {
		f.list = append(f.list, fmt.Errorf("model: "+ConfigName+": "+format+": %w", append(args, ErrConfig)...))
	}
}

func (f *faults) size(key string, n, most int64) {
	f.check(n >= 1 && n <= most, "%s is %d; 1 to %d is possible", key, n, most)
}

func (f *faults) probability(key string, p float64) {
	f.check(p >= 0 && p < 1, "%s is %g; it must lie in [0, 1)", key, p)
}

package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ErrConfig is wrapped by errors about a config.json, or a use of it, that is
// wrong or not supported.
var ErrConfig = errors.New("unusable model configuration")

// ConfigName is the name of the configuration in a model folder.
const ConfigName = "config.json"

// maxConfig bounds the size of a config.json, in bytes: label maps of a hundred
// thousand classes fit.
const maxConfig = 16 << 20

// ProblemType is what a classifier's logits mean, as in config.json.
type ProblemType string

// The problem types of Hugging Face.
const (
	SingleLabel ProblemType = "single_label_classification"
	MultiLabel  ProblemType = "multi_label_classification"
	Regression  ProblemType = "regression"
)

// Config is a config.json. Fields that ortrain does not know survive a round
// trip.
type Config struct {
	ModelType string
	// Architectures names the Hugging Face class the weights were saved from.
	Architectures []string

	VocabSize             int64
	HiddenSize            int64
	NumHiddenLayers       int64
	NumAttentionHeads     int64
	IntermediateSize      int64
	MaxPositionEmbeddings int64
	TypeVocabSize         int64
	PadTokenID            int64

	// HiddenAct names the activation of the feed-forward layers (see
	// Activations).
	HiddenAct string
	// Probabilities of dropping an element, in [0, 1). ClassifierDropout is nil
	// where the file leaves it to HiddenDropoutProb.
	HiddenDropoutProb         float64
	AttentionProbsDropoutProb float64
	ClassifierDropout         *float64
	LayerNormEps              float64
	// InitializerRange is the standard deviation of freshly drawn weights.
	InitializerRange float64

	// Labels are the names of the classes in the order of their logits; nil when
	// the file has none.
	Labels      []string
	ProblemType ProblemType

	raw map[string]json.RawMessage
}

// HeadSize returns the width of one attention head.
func (c *Config) HeadSize() int64 { return c.HiddenSize / c.NumAttentionHeads }

// HeadDropout returns the probability of dropout before a classifier.
func (c *Config) HeadDropout() float64 {
	if c.ClassifierDropout != nil {
		return *c.ClassifierDropout
	}
	return c.HiddenDropoutProb
}

// Architecture returns the architecture of the configuration's model_type.
func (c *Config) Architecture() (Architecture, error) { return Lookup(c.ModelType) }

// ReadConfig reads the config.json of a model folder.
func ReadConfig(folder string) (*Config, error) {
	path := filepath.Join(folder, ConfigName)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("model: a model folder needs a %s: %w", ConfigName, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("model: reading %s: %w", path, err)
	}
	c, err := ParseConfig(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// ParseConfig reads a config.json and checks it. All errors wrap ErrConfig.
func ParseConfig(data []byte) (*Config, error) {
	if len(data) > maxConfig {
		return nil, fmt.Errorf("model: %s has more than %d bytes: %w", ConfigName, maxConfig, ErrConfig)
	}
	c := &Config{}
	if err := json.Unmarshal(data, &c.raw); err != nil {
		return nil, fmt.Errorf("model: %s is not a JSON object: %w: %w", ConfigName, err, ErrConfig)
	}
	if err := c.read(); err != nil {
		return nil, err
	}
	return c, c.Validate()
}

// Clone returns a copy that shares nothing that can be changed.
func (c *Config) Clone() *Config {
	d := *c
	d.Architectures = append([]string(nil), c.Architectures...)
	d.Labels = append([]string(nil), c.Labels...)
	if c.ClassifierDropout != nil {
		p := *c.ClassifierDropout
		d.ClassifierDropout = &p
	}
	d.raw = make(map[string]json.RawMessage, len(c.raw))
	for k, v := range c.raw {
		d.raw[k] = v
	}
	return &d
}

// field is one key of config.json and the place of its value.
type field struct {
	key string
	to  any
	// need says that a file without the key is refused; others keep the default
	// that is in place.
	need bool
}

// fields lists the keys that ortrain reads.
func (c *Config) fields() []field {
	return []field{
		{"model_type", &c.ModelType, true},
		{"architectures", &c.Architectures, false},
		{"vocab_size", &c.VocabSize, true},
		{"hidden_size", &c.HiddenSize, true},
		{"num_hidden_layers", &c.NumHiddenLayers, true},
		{"num_attention_heads", &c.NumAttentionHeads, true},
		{"intermediate_size", &c.IntermediateSize, true},
		{"max_position_embeddings", &c.MaxPositionEmbeddings, true},
		{"type_vocab_size", &c.TypeVocabSize, false},
		{"pad_token_id", &c.PadTokenID, false},
		{"hidden_act", &c.HiddenAct, false},
		{"hidden_dropout_prob", &c.HiddenDropoutProb, false},
		{"attention_probs_dropout_prob", &c.AttentionProbsDropoutProb, false},
		{"classifier_dropout", &c.ClassifierDropout, false},
		{"layer_norm_eps", &c.LayerNormEps, false},
		{"initializer_range", &c.InitializerRange, false},
		{"problem_type", &c.ProblemType, false},
	}
}

// defaults are BERT's, which Hugging Face applies to absent keys.
func (c *Config) defaults() {
	c.TypeVocabSize = 2
	c.HiddenAct = "gelu"
	c.HiddenDropoutProb, c.AttentionProbsDropoutProb = 0.1, 0.1
	c.LayerNormEps = 1e-12
	c.InitializerRange = 0.02
}

// read fills the fields from raw.
func (c *Config) read() error {
	c.defaults()
	// The model_type comes first: with a foreign one, every other key may be
	// called something else.
	if err := c.get("model_type", &c.ModelType); err != nil {
		return err
	}
	if _, err := Lookup(c.ModelType); err != nil {
		return err
	}
	for _, f := range c.fields() {
		if f.need && c.absent(f.key) {
			return fmt.Errorf("model: %s has no %q, which a %s model needs: %w", ConfigName, f.key, c.ModelType, ErrConfig)
		}
		if err := c.get(f.key, f.to); err != nil {
			return err
		}
	}
	return c.readLabels()
}

// absent reports whether a key is missing or null.
func (c *Config) absent(key string) bool {
	v, ok := c.raw[key]
	return !ok || bytes.Equal(bytes.TrimSpace(v), []byte("null"))
}

// get decodes a key into the value that to points at, if it is there.
func (c *Config) get(key string, to any) error {
	if c.absent(key) {
		return nil
	}
	if err := json.Unmarshal(c.raw[key], to); err != nil {
		return fmt.Errorf("model: %s: %q: %w: %w", ConfigName, key, err, ErrConfig)
	}
	return nil
}

// MarshalJSON returns the file that an export writes: what was read, with what
// has changed since. It says float32, since all weights are, and leaves out
// where the model once lay.
func (c *Config) MarshalJSON() ([]byte, error) {
	out := make(map[string]json.RawMessage, len(c.raw)+4)
	for k, v := range c.raw {
		out[k] = v
	}
	for _, key := range []string{"_name_or_path", "_num_labels"} {
		delete(out, key)
	}
	for _, key := range []string{"dtype", "torch_dtype"} {
		if _, ok := out[key]; ok {
			out[key] = json.RawMessage(`"float32"`)
		}
	}
	was := &Config{raw: c.raw}
	was.defaults()
	for i, f := range was.fields() {
		if err := was.get(f.key, f.to); err != nil {
			return nil, err
		}
		if err := put(out, f, c.fields()[i]); err != nil {
			return nil, err
		}
	}
	if err := c.writeLabels(out); err != nil {
		return nil, err
	}
	return encode(out)
}

// put writes a field into out unless it says there what it says now.
func put(out map[string]json.RawMessage, was, now field) error {
	before, err := encode(was.to)
	if err != nil {
		return err
	}
	after, err := encode(now.to)
	if err != nil {
		return err
	}
	if _, ok := out[now.key]; ok && bytes.Equal(before, after) {
		return nil
	}
	if string(after) == "null" || string(after) == `""` {
		delete(out, now.key)
		return nil
	}
	out[now.key] = after
	return nil
}

// encode is json.Marshal without escaping <, > and &.
func encode(v any) (json.RawMessage, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(buf.Bytes()), nil
}

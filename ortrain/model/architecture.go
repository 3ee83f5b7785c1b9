package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Architecture is one model_type: how its encoder and its heads are wired.
type Architecture interface {
	// Type is the model_type in config.json, such as "bert".
	Type() string
	// Prefix is the name that a task model's parameters put before the encoder's
	// own, such as "bert" in "bert.encoder.layer.0…".
	Prefix() string
	// Check refuses a configuration that the graph would not honour.
	Check(c *Config) error
	// Encode writes the encoder and returns the last hidden states of the rows
	// asked for: [N,H] for AllTokens, [B,H] for FirstTokens.
	Encode(b *Builder, rows Rows) *onnx.Value
	// Head returns the head of a kind; false if none is built in.
	Head(kind HeadKind) (Head, bool)
}

// Rows says which hidden states a head reads. An encoder does not compute the
// others in its last layer.
type Rows uint8

// The rows a head can ask for.
const (
	// AllTokens asks for every row.
	AllTokens Rows = iota
	// FirstTokens asks for the first token of every sequence.
	FirstTokens
)

// HeadKind is what follows the architecture in the class names of Hugging
// Face, such as "ForSequenceClassification".
type HeadKind string

// SequenceClassification gives one row of logits to each sequence.
const SequenceClassification HeadKind = "ForSequenceClassification"

// SentenceEmbedding gives one vector to each sequence: the mean of the last
// hidden states of its tokens, special ones included. It has no parameters.
//
// Source: Reimers and Gurevych, "Sentence-BERT" (EMNLP 2019), section 3.
const SentenceEmbedding HeadKind = "Model"

// Head is the part of a task model between hidden states and logits.
type Head struct {
	// Class is the Hugging Face class that has these parameters, as written to
	// "architectures" in config.json.
	Class string
	// Rows says which hidden states Logits reads.
	Rows Rows
	// Logits writes the head over the hidden states.
	Logits func(b *Builder, hidden *onnx.Value) *onnx.Value
}

var architectures = map[string]Architecture{}

// register adds an architecture; it runs while the package loads, and the table
// is never written afterwards.
func register(a Architecture) struct{} {
	if _, twice := architectures[a.Type()]; twice {
		panic("model: two architectures of type " + a.Type())
	}
	architectures[a.Type()] = a
	return struct{}{}
}

// Lookup returns the architecture of a model_type. An unknown one is an
// ErrConfig that lists those built in.
func Lookup(modelType string) (Architecture, error) {
	if a, ok := architectures[modelType]; ok {
		return a, nil
	}
	return nil, fmt.Errorf("model: model_type %q is not built in; use a model of one of these types: %s: %w",
		modelType, strings.Join(Types(), ", "), ErrConfig)
}

// Types lists the model_types that are built in, sorted.
func Types() []string {
	var names []string
	for name := range architectures {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

package model

import (
	"errors"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// bert is BERT with learned absolute positions and post-layer normalisation.
//
// Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional
// Transformers" (2019); parameter names and dropout places as in Hugging Face's
// BertModel.
type bert struct{}

var _ = register(bert{})

// Type is the model_type.
func (bert) Type() string { return "bert" }

// Prefix is the name of the encoder within task models.
func (bert) Prefix() string { return "bert" }

// Check refuses relative positions and an absent segment table.
func (bert) Check(c *Config) error {
	v := &faults{}
	kind := "absolute"
	err := c.get("position_embedding_type", &kind)
	v.check(kind == "absolute", "position_embedding_type is %q; only absolute is built in", kind)
	v.check(c.TypeVocabSize >= 1, "type_vocab_size is %d; a bert model has at least 1", c.TypeVocabSize)
	return errors.Join(append(v.list, err)...)
}

// Encode writes embeddings and layers. With FirstTokens the last layer has
// keys and values of all tokens, and everything else of the first ones only.
func (bert) Encode(b *Builder, rows Rows) *onnx.Value {
	c := b.Config
	b.Scope("bert/embeddings")
	x := b.Embedding(b.Tokens(InputIDs), "bert.embeddings.word_embeddings", c.VocabSize, c.HiddenSize, c.PadTokenID)
	at := b.Embedding(b.Positions(), "bert.embeddings.position_embeddings", c.MaxPositionEmbeddings, c.HiddenSize, -1)
	segment := b.Embedding(b.Tokens(TokenTypeIDs), "bert.embeddings.token_type_embeddings", c.TypeVocabSize, c.HiddenSize, -1)
	x = b.Add(b.Add(x, segment), at)
	x = b.Drop(b.Norm(x, "bert.embeddings.LayerNorm", c.HiddenSize), c.HiddenDropoutProb)
	for i := range c.NumHiddenLayers {
		asked := AllTokens
		if i == c.NumHiddenLayers-1 {
			asked = rows
		}
		b.Layer(i)
		x = bertLayer(b, x, fmt.Sprintf("bert.encoder.layer.%d", i), asked)
	}
	return x
}

// bertLayer writes one layer: [N,H] → [N,H] or, for FirstTokens, [B,H].
func bertLayer(b *Builder, x *onnx.Value, name string, rows Rows) *onnx.Value {
	c := b.Config
	h, f := c.HiddenSize, c.IntermediateSize
	b.Scope(name + ".attention")
	asked := x
	if rows == FirstTokens {
		asked = b.First(x)
	}
	q := b.Linear(asked, name+".attention.self.query", h, h)
	k := b.Linear(x, name+".attention.self.key", h, h)
	v := b.Linear(x, name+".attention.self.value", h, h)
	context := b.Attention(q, k, v, rows)
	y := b.Drop(b.Linear(context, name+".attention.output.dense", h, h), c.HiddenDropoutProb)
	y = b.Norm(b.Add(y, asked), name+".attention.output.LayerNorm", h)
	b.Scope(name + ".feed_forward")
	z := b.Activate(b.Linear(y, name+".intermediate.dense", h, f))
	z = b.Drop(b.Linear(z, name+".output.dense", f, h), c.HiddenDropoutProb)
	return b.Norm(b.Add(z, y), name+".output.LayerNorm", h)
}

// Head returns the heads of BERT's task models.
func (bert) Head(kind HeadKind) (Head, bool) {
	switch kind {
	case SequenceClassification:
		return Head{Class: "BertForSequenceClassification", Rows: FirstTokens, Logits: bertClassifier}, true
	case SentenceEmbedding:
		return Head{Class: "BertModel", Rows: AllTokens, Logits: (*Builder).MeanPool}, true
	}
	return Head{}, false
}

// bertClassifier is the pooler (linear, tanh) and a linear classifier: [B,H] →
// [B,C].
func bertClassifier(b *Builder, first *onnx.Value) *onnx.Value {
	c := b.Config
	pooled := b.Tanh(b.Linear(first, "bert.pooler.dense", c.HiddenSize, c.HiddenSize))
	return b.Linear(b.Drop(pooled, c.HeadDropout()), "classifier", c.HiddenSize, c.NumLabels())
}

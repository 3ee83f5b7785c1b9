// Package bert is what benchmarks of training steps share: a BERT to train, and
// batches of real text.
//
// Nouns: a Text is its tokens, special ones included. Path: Texts → Cut for full
// sequences → Batch; Open a network over weights of a folder, or random ones.
//
// Real text matters: random token ids touch most of the vocabulary within a few
// steps, which no text does.
//
// Errors say what is missing; nothing is safe for concurrent use. It measures
// nothing.
package bert

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// base is the configuration of bert-base-uncased.
const base = `{"model_type":"bert","vocab_size":30522,"hidden_size":768,"num_hidden_layers":12,"num_attention_heads":12,
"intermediate_size":3072,"max_position_embeddings":512,"type_vocab_size":2,"hidden_act":"gelu",
"hidden_dropout_prob":0.1,"attention_probs_dropout_prob":0.1,"layer_norm_eps":1e-12,"initializer_range":0.02}`

// Open returns a classifier of two classes with the weights of a folder; without
// one it is a BERT-base with random weights. The caller closes it.
func Open(env *ort.Env, folder string, opts ortrain.NetworkOptions) (*ortrain.Network, error) {
	config, err := model.ParseConfig([]byte(base))
	if folder != "" {
		config, err = model.ReadConfig(folder)
	}
	if err != nil {
		return nil, err
	}
	if err := config.SetLabels([]string{"no", "yes"}); err != nil {
		return nil, err
	}
	net, err := ortrain.Blueprint{Config: config}.Network(env, opts)
	if err != nil {
		return nil, err
	}
	if folder != "" {
		_, err = net.ReadPretrained(folder)
	} else {
		err = net.Draw()
	}
	if err != nil {
		return nil, errors.Join(err, net.Close())
	}
	return net, nil
}

// Texts encodes a column of a CSV file with the tokenizer of a folder.
func Texts(path, column, folder string) ([][]int64, error) {
	t, err := tokenize.Open(folder)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) < 2 {
		return nil, fmt.Errorf("%s has no rows below its header", path)
	}
	at := slices.Index(rows[0], column)
	if at < 0 {
		return nil, fmt.Errorf("%s has no column %q; it has %q", path, column, rows[0])
	}
	var texts [][]int64
	for _, row := range rows[1:] {
		e, err := t.Encode(row[at], tokenize.Options{})
		if err != nil {
			return nil, err
		}
		ids := make([]int64, len(e.IDs))
		for i, id := range e.IDs {
			ids[i] = int64(id)
		}
		texts = append(texts, ids)
	}
	return texts, nil
}

// Cut lays texts end to end and cuts sequences of equal length out of them.
func Cut(texts [][]int64, length int) [][]int64 {
	all := slices.Concat(texts...)
	var out [][]int64
	for lo := 0; lo+length <= len(all); lo += length {
		out = append(out, all[lo:lo+length])
	}
	return out
}

// stride is how far apart the texts of a batch lie, since those of one kind lie
// together in files.
const stride = 7

// Batch returns a batch of so many texts, other ones for every step, with labels
// that mean nothing.
func Batch(texts [][]int64, size, step int) *sample.Batch {
	b := &sample.Batch{Offsets: []int32{0}, Labels: sample.Labels{Shape: []int64{int64(size)}}}
	for i := range size {
		row := (step*size + i) * stride % len(texts)
		for s, id := range texts[row] {
			b.IDs, b.TypeIDs, b.Positions = append(b.IDs, id), append(b.TypeIDs, 0), append(b.Positions, int64(s))
		}
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
		b.Labels.Int = append(b.Labels.Int, int64(i%2))
		b.Row, b.Copy = append(b.Row, uint64(row)), append(b.Copy, 0)
	}
	return b
}

package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Scratch holds what a small BERT that was never trained needs, by file name:
// its configuration and a vocabulary.
type Scratch map[string][]byte

// smallest is how often a word must occur to become one token; rarer ones are
// spelled.
const smallest = 3

// NewScratch makes a configuration of three layers, and the vocabulary from the
// texts to train on.
func NewScratch(rows []Row) (Scratch, error) {
	vocabulary := vocabularyOf(rows)
	config, err := json.MarshalIndent(map[string]any{
		"architectures": []string{"BertForSequenceClassification"}, "model_type": "bert",
		"vocab_size": len(vocabulary), "hidden_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4,
		"intermediate_size": 512, "hidden_act": "gelu", "max_position_embeddings": 128, "type_vocab_size": 2,
		"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
		"initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("demo: configuration: %w", err)
	}
	return Scratch{
		"config.json": append(config, '\n'),
		"vocab.txt":   []byte(strings.Join(vocabulary, "\n") + "\n"),
	}, nil
}

// vocabularyOf lists WordPiece tokens: the special ones, every character at the
// beginning and within a word, and the frequent words.
func vocabularyOf(rows []Row) []string {
	count, letters := make(map[string]int), make(map[string]bool)
	for _, r := range rows {
		for _, c := range strings.ToLower(r.Text) {
			if c != ' ' {
				letters[string(c)] = true
			}
		}
		for _, w := range words(r.Text) {
			for _, part := range strings.Split(w, "'") { // the tokenizer splits there
				count[part]++
			}
		}
	}
	tokens := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
	for _, c := range slices.Sorted(maps.Keys(letters)) {
		tokens = append(tokens, c, "##"+c)
	}
	frequent := slices.DeleteFunc(slices.Collect(maps.Keys(count)), func(w string) bool {
		return count[w] < smallest || utf8.RuneCountInString(w) < 2
	})
	slices.SortFunc(frequent, func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	return append(tokens, frequent...)
}

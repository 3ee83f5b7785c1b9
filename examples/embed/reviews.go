package main

import (
	"slices"
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// reviews stands for the rows that your program holds already.
func reviews() (rows []sample.Example, labels []string) {
	labels = []string{"bad", "good"}
	verdicts := [][]string{
		{"was cold", "was stale", "tasted of nothing", "took an hour to come", "was burnt", "came late and was wrong"},
		{"was warm", "was fresh", "tasted of summer", "came at once", "was delicious", "came with a smile"},
	}
	for _, thing := range strings.Fields("soup bread pizza coffee salad rice dessert cake tea fish pasta breakfast lunch dinner") {
		for class, list := range verdicts {
			for _, verdict := range list {
				rows = append(rows, sample.Example{Text: "the " + thing + " " + verdict, Label: sample.Class(int64(class))})
			}
		}
	}
	return rows, labels
}

// tokenizer makes one whose vocabulary is the words of the rows. A pretrained
// model brings its own: tokenize.Open(FOLDER).
func tokenizer(rows []sample.Example) (*tokenize.Tokenizer, error) {
	var words []string
	for _, row := range rows {
		words = append(words, strings.Fields(row.Text)...)
	}
	slices.Sort(words)
	vocabulary := append([]string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ",", ".", ";", ":", "!", "?"}, slices.Compact(words)...)
	file, err := tokenize.DefaultWordPiece().File([]byte(strings.Join(vocabulary, "\n")))
	if err != nil {
		return nil, err
	}
	return tokenize.New(file)
}

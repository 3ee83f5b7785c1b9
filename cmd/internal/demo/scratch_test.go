package demo

import (
	"slices"
	"testing"

	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

func TestScratchSpellsEveryTrainingText(t *testing.T) {
	s := generated(t)
	files, err := NewScratch(s.Train)
	if err != nil {
		t.Fatal(err)
	}
	file, err := tokenize.DefaultWordPiece().File(files["vocab.txt"])
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenize.New(file)
	if err != nil {
		t.Fatal(err)
	}
	defer tok.Close()
	config, err := model.ParseConfig(files["config.json"])
	if err != nil {
		t.Fatal(err)
	}
	if config.VocabSize != int64(tok.Size()) {
		t.Errorf("the configuration has %d tokens, the tokenizer %d", config.VocabSize, tok.Size())
	}
	const unknown = 1
	longest := 0
	for _, r := range s.Train {
		e, err := tok.Encode(r.Text, tokenize.Options{MaxLength: 512})
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(e.IDs, unknown) {
			t.Errorf("%q has an unknown token: %v", r.Text, e.IDs)
		}
		longest = max(longest, len(e.IDs))
	}
	if int64(longest) > config.MaxPositionEmbeddings {
		t.Errorf("a text has %d tokens, the model %d positions", longest, config.MaxPositionEmbeddings)
	}
}

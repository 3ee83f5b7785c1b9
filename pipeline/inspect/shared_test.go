package inspect

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/pipetest"
)

// Texts by people in English, Chinese, and stop words in 58 languages, are not
// taken for mojibake.
func TestAlarms(t *testing.T) {
	for file, most := range map[string]int{
		"banking77/train.csv": 0, "csl-zh/cls_ctg/train.tsv": 0, "csl-zh/ts/dev.tsv": 0, "goemotions/train.tsv": 0,
		"rotten-tomatoes-mr/rt-polarity.neg": 0, "rotten-tomatoes-mr/rt-polarity.pos": 0, "subj/quote.tok.gt9.5000": 0,
		"hate-offensive-davidson/labeled_data.csv": 0, "tokenizer-vectors/swift-coreml/question_tokens.json": 0, "snli-parallel/s1.dev": 0,
		"lexicons/stopwords-iso/stopwords-iso.json": 0,
	} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(pipetest.Shared(t, append([]string{"data"}, strings.Split(file, "/")...)...))
			if err != nil {
				t.Fatal(err)
			}
			found := 0
			for line := range strings.Lines(string(data)) {
				if at := mojibake(line); at >= 0 && utf8.ValidString(line) {
					found++
					t.Logf("%q: %q", excerptAt(line, at), repair(excerptAt(line, at)))
				}
			}
			if found > most {
				t.Errorf("%d lines are taken for mojibake; %d are", found, most)
			}
		})
	}
}

package tokenize_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// swap replaces a section of a tokenizer.json.
func swap(t testing.TB, file []byte, section, content string) []byte {
	t.Helper()
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(file, &sections); err != nil {
		t.Fatal(err)
	}
	sections[section] = json.RawMessage(content)
	out, err := json.Marshal(sections)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func swapProcessor(t testing.TB, file []byte, content string) []byte {
	return swap(t, file, "post_processor", content)
}

func TestUnusableFilesAreNamed(t *testing.T) {
	good := fromWords(t, nil).File()
	for _, c := range []struct{ want, section, content string }{
		{`post_processor "ByteLevel" is not supported`, "post_processor", `{"type":"ByteLevel"}`},
		{"post_processor is null", "post_processor", `null`},
		{"[token, id] is expected", "post_processor", `{"type":"BertProcessing","sep":["[SEP]"],"cls":["[CLS]",2]}`},
		{"[token, id] is expected", "post_processor", `{"type":"BertProcessing","sep":7,"cls":["[CLS]",2]}`},
		{"which special_tokens lacks", "post_processor", `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x","type_id":0}}],"special_tokens":{}}`},
		{"sequence A 0 times", "post_processor", `{"type":"TemplateProcessing","single":[],"special_tokens":{}}`},
		{"and B 1 times", "post_processor", `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}}],"special_tokens":{}}`},
		{"neither a special token", "post_processor", `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"C","type_id":0}}],"special_tokens":{}}`},
		{"not in the vocabulary", "post_processor", `{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",9999]}`},
		{"post_processor:", "post_processor", `[]`},
		{`model type "CNN" is not supported`, "model", `{"type":"CNN","vocab":{}}`},
		{"model.vocab", "model", `{"type":"WordPiece","vocab":[1]}`},
		{"model.vocab", "model", `{"type":"Unigram","vocab":{"a":1}}`},
		{`unknown token "[UNK]"`, "model", `{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[CLS]":2}}`},
		{"has the id -4", "model", `{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":-4}}`},
		{"added_tokens:", "added_tokens", `7`},
		{"NUL", "normalizer", `{"type":"\u0000"}`},
		{"unusable", "normalizer", `{"type":"NoSuchThing"}`},
		{"unusable", "pre_tokenizer", `{"type":"NoSuchThing"}`},
	} {
		file := good
		if c.section == "model" { // the model must lack what was added to it
			file = swap(t, good, "added_tokens", "[]")
		}
		_, err := tokenize.New(swap(t, file, c.section, c.content))
		if !errors.Is(err, tokenize.ErrFile) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: got %v, want ErrFile with %q", c.section, c.content, err, c.want)
		}
	}
	for want, file := range map[string]string{"unexpected end": `{"version"`, "not UTF-8": "{\"\xff\":1}"} {
		if _, err := tokenize.New([]byte(file)); !errors.Is(err, tokenize.ErrFile) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", file, err)
		}
	}
}

// The files were made for another library, which refuses more: only those
// that cannot give right ids must be refused here.
func TestEdgeCaseFiles(t *testing.T) {
	folder := pipetest.Shared(t, "data", "tokenizers", "edge-cases-wordpiece")
	for name, refused := range map[string]bool{
		"minimal.json": false, "added-token-order.json": false, "dont-strip-accents.json": false, "with-empty-token.json": false,
		"invalid/missing-sep-in-vocab.json": false, "invalid/wrong-model-type.json": true,
		"invalid/wrong-version.json": true,
		"minimal.txt":                false, "invalid/no-cls.txt": true, "invalid/no-sep.txt": true, "invalid/no-unk.txt": true, "invalid/no-pad.txt": false,
	} {
		file, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".txt") {
			file, err = tokenize.DefaultWordPiece().File(file)
		}
		var tok *tokenize.Tokenizer
		if err == nil {
			if tok, err = tokenize.New(file); err == nil {
				tok.Close()
			}
		}
		if (err != nil) != refused || err != nil && !errors.Is(err, tokenize.ErrFile) {
			t.Errorf("%s: %v, want refused: %v", name, err, refused)
		}
	}
}

// FuzzNew: no file makes New panic or abort, and what loads encodes.
func FuzzNew(f *testing.F) {
	file, err := tokenize.DefaultWordPiece().File([]byte(words))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte(`{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"post_processor":{"type":"BertProcessing","sep":["a",0],"cls":["a",0]}}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		tok, err := tokenize.New(file)
		if err != nil {
			return
		}
		defer tok.Close()
		_, _ = tok.Encode("my card", tokenize.Options{MaxLength: 8})
	})
}

package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// maxFile bounds the tokenizer files read. The largest in use (those of
// models with 250,000 tokens) are below 40 MB. Units: bytes.
const maxFile = 128 << 20

// Open loads the tokenizer of a model folder: tokenizer.json if there is one,
// else vocab.txt with the options of tokenizer_config.json.
func Open(folder string) (*Tokenizer, error) {
	file, err := read(filepath.Join(folder, "tokenizer.json"))
	if errors.Is(err, os.ErrNotExist) {
		file, err = fromVocab(folder)
	}
	if err != nil {
		return nil, err
	}
	t, err := New(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	return t, nil
}

func fromVocab(folder string) ([]byte, error) {
	vocab, err := read(filepath.Join(folder, "vocab.txt"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("tokenize: %s has neither tokenizer.json nor vocab.txt; put the files of the pretrained model there: %w: %w", folder, err, ErrFile)
	}
	if err != nil {
		return nil, err
	}
	config := DefaultWordPiece()
	if raw, err := read(filepath.Join(folder, "tokenizer_config.json")); err == nil {
		if err := json.Unmarshal(raw, &config); err != nil {
			return nil, fmt.Errorf("tokenize: %s: tokenizer_config.json: %v: %w", folder, err, ErrFile)
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	file, err := config.File(vocab)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	return file, nil
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tokenize: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("tokenize: %w", err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("tokenize: %s is larger than %d MiB: %w", path, maxFile>>20, ErrFile)
	}
	return data, nil
}

// parsed is what this package needs of a tokenizer.json.
type parsed struct {
	plain        []byte // the file with padding and truncation switched off
	single, pair template
	ids, special map[string]int32
}

// models are the kinds of tokenizer that the library knows.
var models = map[string]bool{"WordPiece": true, "BPE": true, "WordLevel": true, "Unigram": true}

func parse(file []byte) (*parsed, error) {
	if !utf8.Valid(file) {
		return nil, fmt.Errorf("tokenize: tokenizer.json is not UTF-8: %w", ErrFile)
	}
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(file, &sections); err != nil {
		return nil, fmt.Errorf("tokenize: tokenizer.json: %v: %w", err, ErrFile)
	}
	for name, raw := range sections {
		// The library would abort the process on a NUL in its error messages.
		if name != "model" && (bytes.Contains(raw, []byte(`\u0000`)) || strings.Contains(name, "\x00")) {
			return nil, fmt.Errorf("tokenize: section %q of tokenizer.json has a NUL character: %w", name, ErrFile)
		}
	}
	p := &parsed{ids: map[string]int32{}, special: map[string]int32{}}
	var err error
	if p.single, p.pair, err = templates(sections["post_processor"]); err != nil {
		return nil, err
	}
	if err := p.vocabulary(sections["model"], sections["added_tokens"]); err != nil {
		return nil, err
	}
	for _, t := range []template{p.single, p.pair} {
		for _, part := range t {
			for _, id := range part.ids {
				if !p.has(id) {
					return nil, fmt.Errorf("tokenize: the post_processor adds the id %d, which is not in the vocabulary: %w", id, ErrFile)
				}
			}
		}
	}
	sections["padding"], sections["truncation"] = json.RawMessage("null"), json.RawMessage("null")
	if p.plain, err = json.Marshal(sections); err != nil {
		return nil, fmt.Errorf("tokenize: tokenizer.json: %v: %w", err, ErrFile)
	}
	return p, nil
}

func (p *parsed) has(id int32) bool {
	for _, other := range p.ids {
		if other == id {
			return true
		}
	}
	return false
}

// vocabulary collects the tokens of the model and those added to it.
func (p *parsed) vocabulary(model, added json.RawMessage) error {
	var m struct {
		Type     string          `json:"type"`
		Vocab    json.RawMessage `json:"vocab"`
		UnkToken *string         `json:"unk_token"`
	}
	if err := json.Unmarshal(model, &m); err != nil {
		return fmt.Errorf("tokenize: model: %v: %w", err, ErrFile)
	}
	if m.Type != "" && !models[m.Type] {
		return fmt.Errorf("tokenize: model type %q is not supported; WordPiece, BPE, WordLevel or Unigram is expected: %w", m.Type, ErrFile)
	}
	if m.Type == "Unigram" {
		var list [][2]any
		if err := json.Unmarshal(m.Vocab, &list); err != nil {
			return fmt.Errorf("tokenize: model.vocab: %v: %w", err, ErrFile)
		}
		for i, entry := range list {
			if token, ok := entry[0].(string); ok {
				p.ids[token] = int32(i)
			}
		}
	} else if err := json.Unmarshal(m.Vocab, &p.ids); err != nil {
		return fmt.Errorf("tokenize: model.vocab: %v: %w", err, ErrFile)
	}
	var tokens []struct {
		ID      int32  `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	}
	if err := json.Unmarshal(added, &tokens); added != nil && err != nil {
		return fmt.Errorf("tokenize: added_tokens: %v: %w", err, ErrFile)
	}
	for _, t := range tokens {
		p.ids[t.Content] = t.ID
		if t.Special {
			p.special[t.Content] = t.ID
		}
	}
	return p.checkIDs(m.Type, m.UnkToken)
}

// maxID bounds ids: an embedding table of more rows is a damaged file.
const maxID = 1 << 26

func (p *parsed) checkIDs(model string, unknown *string) error {
	for token, id := range p.ids {
		if id < 0 || id > maxID {
			return fmt.Errorf("tokenize: token %q has the id %d; 0 to %d is expected: %w", token, id, maxID, ErrFile)
		}
	}
	if model == "WordPiece" {
		name := "[UNK]"
		if unknown != nil {
			name = *unknown
		}
		if _, ok := p.ids[name]; !ok {
			return fmt.Errorf("tokenize: the unknown token %q is not in the vocabulary: %w", name, ErrFile)
		}
	}
	return nil
}

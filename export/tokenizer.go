package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// Names of tokenizer files that are looked into.
const (
	tokenizerFile       = "tokenizer.json"
	tokenizerConfigFile = "tokenizer_config.json"
)

// specialTokens are what tokens of these names serve as in BERT's and RoBERTa's
// families.
var specialTokens = map[string]string{
	"[UNK]": "unk_token", "[CLS]": "cls_token", "[SEP]": "sep_token", "[PAD]": "pad_token", "[MASK]": "mask_token",
	"<unk>": "unk_token", "<s>": "cls_token", "</s>": "sep_token", "<pad>": "pad_token", "<mask>": "mask_token",
}

// tokenizerFiles returns Files with a tokenizer_config.json, without which
// libraries that load tokenizers by class refuse a folder. A model's own is
// kept.
func (b Bundle) tokenizerFiles() (map[string][]byte, error) {
	tokenizer, there := b.Files[tokenizerFile]
	if _, own := b.Files[tokenizerConfigFile]; own || !there {
		return b.Files, nil
	}
	var file struct {
		AddedTokens []struct {
			Content string `json:"content"`
			Special bool   `json:"special"`
		} `json:"added_tokens"`
	}
	if err := json.Unmarshal(tokenizer, &file); err != nil {
		return nil, fmt.Errorf("export: %s: %w", tokenizerFile, err)
	}
	config := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": b.Config.MaxPositionEmbeddings}
	for _, token := range file.AddedTokens {
		if role, ok := specialTokens[token.Content]; ok && token.Special {
			config[role] = token.Content
		}
	}
	var text bytes.Buffer
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false)
	to.SetIndent("", "  ")
	if err := to.Encode(config); err != nil {
		return nil, fmt.Errorf("export: %s: %w", tokenizerConfigFile, err)
	}
	files := maps.Clone(b.Files)
	files[tokenizerConfigFile] = text.Bytes()
	return files, nil
}

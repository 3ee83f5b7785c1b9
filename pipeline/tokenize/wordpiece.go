package tokenize

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// WordPiece is how a BERT tokenizer is built from a vocab.txt. Its JSON names
// are those of tokenizer_config.json.
type WordPiece struct {
	// DoLowerCase lowers texts; accents go with case unless StripAccents says
	// otherwise.
	DoLowerCase bool `json:"do_lower_case"`
	// StripAccents removes accents; nil means: when DoLowerCase.
	StripAccents *bool `json:"strip_accents"`
	// TokenizeChineseChars makes every Chinese character a word.
	TokenizeChineseChars bool `json:"tokenize_chinese_chars"`

	UnkToken  Token `json:"unk_token"`
	SepToken  Token `json:"sep_token"`
	PadToken  Token `json:"pad_token"`
	ClsToken  Token `json:"cls_token"`
	MaskToken Token `json:"mask_token"`
}

// DefaultWordPiece returns what Hugging Face's BertTokenizer does by default.
func DefaultWordPiece() WordPiece {
	return WordPiece{
		DoLowerCase: true, TokenizeChineseChars: true,
		UnkToken: "[UNK]", SepToken: "[SEP]", PadToken: "[PAD]", ClsToken: "[CLS]", MaskToken: "[MASK]",
	}
}

// Token is the name of a token; in JSON also an object with a content.
type Token string

// UnmarshalJSON reads "[CLS]" or {"content": "[CLS]", …}; null changes nothing.
func (t *Token) UnmarshalJSON(raw []byte) error {
	var object struct {
		Content *string `json:"content"`
	}
	if err := json.Unmarshal(raw, (*string)(t)); err == nil {
		return nil
	}
	if err := json.Unmarshal(raw, &object); err != nil || object.Content == nil {
		return fmt.Errorf("%s is neither the name of a token nor an object with its content", raw)
	}
	*t = Token(*object.Content)
	return nil
}

// File returns the tokenizer.json of a vocabulary with one token a line, the
// number of the line (from 0) being its id.
func (w WordPiece) File(vocab []byte) ([]byte, error) {
	if !utf8.Valid(vocab) {
		return nil, fmt.Errorf("tokenize: vocab.txt is not UTF-8: %w", ErrFile)
	}
	lines := strings.Split(strings.TrimSuffix(string(vocab), "\n"), "\n")
	ids := make(map[string]int, len(lines))
	for i, line := range lines {
		ids[strings.TrimSuffix(line, "\r")] = i
	}
	type addedToken struct {
		ID         int   `json:"id"`
		Content    Token `json:"content"`
		SingleWord bool  `json:"single_word"`
		LStrip     bool  `json:"lstrip"`
		RStrip     bool  `json:"rstrip"`
		Normalized bool  `json:"normalized"`
		Special    bool  `json:"special"`
	}
	var added []addedToken
	for _, token := range []Token{w.PadToken, w.UnkToken, w.ClsToken, w.SepToken, w.MaskToken} {
		id, ok := ids[string(token)]
		if !ok && token != w.PadToken && token != w.MaskToken { // the two that encoding can do without
			return nil, fmt.Errorf("tokenize: vocab.txt of %d tokens lacks the special token %q; name another in tokenizer_config.json: %w", len(lines), token, ErrFile)
		}
		if ok && !slices.ContainsFunc(added, func(a addedToken) bool { return a.ID == id }) {
			added = append(added, addedToken{ID: id, Content: token, Special: true})
		}
	}
	slices.SortFunc(added, func(a, b addedToken) int { return a.ID - b.ID })
	special := func(token Token, typeID int) any {
		return map[string]any{"SpecialToken": map[string]any{"id": token, "type_id": typeID}}
	}
	sequence := func(id string, typeID int) any {
		return map[string]any{"Sequence": map[string]any{"id": id, "type_id": typeID}}
	}
	entry := func(token Token) any {
		return map[string]any{"id": token, "ids": []int{ids[string(token)]}, "tokens": []Token{token}}
	}
	file, err := json.Marshal(map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added,
		"normalizer": map[string]any{
			"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": w.TokenizeChineseChars,
			"strip_accents": w.StripAccents, "lowercase": w.DoLowerCase,
		},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"},
		"post_processor": map[string]any{
			"type":   "TemplateProcessing",
			"single": []any{special(w.ClsToken, 0), sequence("A", 0), special(w.SepToken, 0)},
			"pair": []any{special(w.ClsToken, 0), sequence("A", 0), special(w.SepToken, 0),
				sequence("B", 1), special(w.SepToken, 1)},
			"special_tokens": map[string]any{string(w.ClsToken): entry(w.ClsToken), string(w.SepToken): entry(w.SepToken)},
		},
		"decoder": map[string]any{"type": "WordPiece", "prefix": "##", "cleanup": true},
		"model": map[string]any{
			"type": "WordPiece", "unk_token": w.UnkToken, "continuing_subword_prefix": "##",
			"max_input_chars_per_word": 100, "vocab": ids,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("tokenize: vocab.txt: %v: %w", err, ErrFile)
	}
	return file, nil
}

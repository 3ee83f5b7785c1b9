// Package tokenize turns texts into token ids with the tokenizer files that
// come with pretrained models.
//
// Nouns: a Tokenizer is a loaded tokenizer.json (or one made from a vocab.txt);
// an Encoding is the ids of one text or pair with its special tokens. Path:
// Open a model folder → Encode or EncodePair on any number of goroutines →
// Close.
//
// The encoding itself is done by Hugging Face's Rust library (package
// github.com/daulet/tokenizers). This package adds what that binding lacks: the
// padding and truncation a file asks for are switched off, truncation is done
// here with the special tokens kept, pairs are assembled by the file's
// post_processor, invalid UTF-8 is refused, a NUL (which would end the text in
// C) is encoded as U+FFFD, and a failed encoding is an error.
//
// Errors wrap ErrFile (the tokenizer's files), ErrUTF8 or ErrEncode.
//
// Concurrency: a Tokenizer is safe for concurrent use, Close included.
//
// The package does not pad and does not batch.
package tokenize

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/daulet/tokenizers"
)

// What can go wrong; errors of this package wrap one of these.
var (
	ErrFile   = errors.New("unusable tokenizer file")
	ErrUTF8   = errors.New("invalid UTF-8")
	ErrEncode = errors.New("text cannot be encoded")
)

// Encoding is the tokens of one text or pair, special tokens included. All
// slices have the same length.
type Encoding struct {
	// IDs are rows of the model's embedding table.
	IDs []int32
	// TypeIDs tell the texts of a pair apart, as the file's template says.
	TypeIDs []uint8
	// Spans says what each token stands for; nil unless asked for.
	Spans []Span
}

// Span is a token's place in the texts: bytes Start to End of text number
// Text (0, or 1 for the second of a pair). Special tokens have Text -1.
type Span struct {
	Text       int8
	Start, End int32
}

// Options say how to encode.
type Options struct {
	// MaxLength bounds the tokens of an Encoding, special tokens included; 0
	// does not bound.
	MaxLength int
	// Truncation says which text of a pair is cut; "" stands for LongestFirst.
	Truncation Truncation
	// Stride is how many tokens two neighbouring windows share; see Windows.
	Stride int
	// Spans asks for Encoding.Spans.
	Spans bool
}

// Tokenizer encodes texts.
type Tokenizer struct {
	mu      sync.RWMutex // Close waits for encodings under way
	lib     *tokenizers.Tokenizer
	file    []byte
	single  template
	pair    template
	ids     map[string]int32
	special map[string]int32
	size    int
}

// New loads the content of a tokenizer.json.
func New(file []byte) (*Tokenizer, error) {
	p, err := parse(file)
	if err != nil {
		return nil, err
	}
	lib, err := tokenizers.FromBytes(p.plain)
	if err != nil {
		return nil, fmt.Errorf("tokenize: %v: %w", err, ErrFile)
	}
	t := &Tokenizer{lib: lib, file: file, single: p.single, pair: p.pair, ids: p.ids, special: p.special}
	for _, id := range p.ids {
		t.size = max(t.size, int(id)+1)
	}
	return t, nil
}

// Close frees the tokenizer. It waits for encodings under way; later ones fail.
func (t *Tokenizer) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lib == nil {
		return nil
	}
	err := t.lib.Close()
	t.lib = nil
	return err
}

// File returns the tokenizer.json as it was read, or as it was made from a
// vocab.txt: what belongs beside an exported model. It must not be changed.
func (t *Tokenizer) File() []byte { return t.file }

// Size returns the number of rows that an embedding table needs: the largest
// id plus one.
func (t *Tokenizer) Size() int { return t.size }

// ID returns the id of a token as it stands in the vocabulary, and whether it
// is there.
func (t *Tokenizer) ID(token string) (int32, bool) {
	id, ok := t.ids[token]
	return id, ok
}

// Tokens returns the vocabulary in the order of the ids; ids that are not in
// use have an empty token.
func (t *Tokenizer) Tokens() []string {
	tokens := make([]string, t.size)
	for token, id := range t.ids {
		tokens[id] = token
	}
	return tokens
}

// Special returns the special tokens of the file and their ids.
func (t *Tokenizer) Special() map[string]int32 { return maps.Clone(t.special) }

// SpecialTokens returns how many special tokens surround a text, and a pair.
func (t *Tokenizer) SpecialTokens() (single, pair int) { return t.single.added(), t.pair.added() }

// Encode returns the tokens of one text. An empty text has only the special
// tokens.
func (t *Tokenizer) Encode(text string, opts Options) (Encoding, error) {
	a, err := t.pieces(text, opts.Spans)
	if err != nil {
		return Encoding{}, err
	}
	if opts.MaxLength > 0 {
		room, err := t.room(opts)
		if err != nil {
			return Encoding{}, err
		}
		a = a.cut(0, room)
	}
	return t.single.assemble([2]pieces{a}, opts.Spans), nil
}

// room is how many tokens of a single text fit.
func (t *Tokenizer) room(opts Options) (int, error) {
	room := opts.MaxLength - t.single.added()
	if room < 1 {
		return 0, tooShort(opts.MaxLength, t.single.added()+1)
	}
	return room, nil
}

// EncodePair returns the tokens of two texts in one sequence.
func (t *Tokenizer) EncodePair(text, pair string, opts Options) (Encoding, error) {
	a, b, err := t.both(text, pair, opts.Spans)
	if err != nil {
		return Encoding{}, err
	}
	if opts.MaxLength > 0 {
		room := opts.MaxLength - t.pair.added()
		if room < 2 {
			return Encoding{}, tooShort(opts.MaxLength, t.pair.added()+2)
		}
		n, m, err := opts.Truncation.keep(len(a.ids), len(b.ids), room)
		if err != nil {
			return Encoding{}, err
		}
		a, b = a.cut(0, n), b.cut(0, m)
	}
	return t.pair.assemble([2]pieces{a, b}, opts.Spans), nil
}

// both encodes the texts of a pair.
func (t *Tokenizer) both(text, pair string, spans bool) (a, b pieces, err error) {
	if t.pair == nil {
		return a, b, fmt.Errorf("tokenize: the tokenizer's post_processor has no template for pairs: %w", ErrEncode)
	}
	if a, err = t.pieces(text, spans); err == nil {
		b, err = t.pieces(pair, spans)
	}
	return a, b, err
}

func tooShort(have, want int) error {
	return fmt.Errorf("tokenize: a maximum length of %d leaves no room beside the special tokens; at least %d is expected: %w", have, want, ErrEncode)
}

// pieces is the tokens of one text without special tokens.
type pieces struct {
	ids   []uint32
	spans []tokenizers.Offset
}

// cut returns the tokens from one place to another, or to the last.
func (p pieces) cut(from, to int) pieces {
	to = min(to, len(p.ids))
	p.ids = p.ids[from:to]
	if p.spans != nil {
		p.spans = p.spans[from:to]
	}
	return p
}

// pieces encodes one text.
func (t *Tokenizer) pieces(text string, spans bool) (pieces, error) {
	if !utf8.ValidString(text) {
		return pieces{}, fmt.Errorf("tokenize: the text is not UTF-8: %w", ErrUTF8)
	}
	if text == "" {
		return pieces{}, nil
	}
	clean := text
	if strings.IndexByte(text, 0) >= 0 {
		clean = strings.ReplaceAll(text, "\x00", "\uFFFD")
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.lib == nil {
		return pieces{}, fmt.Errorf("tokenize: the tokenizer is closed: %w", ErrEncode)
	}
	var options []tokenizers.EncodeOption
	if spans {
		options = append(options, tokenizers.WithReturnOffsets())
	}
	e := t.lib.EncodeWithOptions(clean, false, options...)
	// Nothing may mean a text without tokens (spaces) or a failure. With special
	// tokens only a failure gives nothing.
	if e.IDs == nil && t.lib.EncodeWithOptions(clean, true).IDs == nil {
		return pieces{}, fmt.Errorf("tokenize: the tokenizer gives nothing for a text of %d bytes: %w", len(text), ErrEncode)
	}
	if len(clean) != len(text) {
		restore(text, e.Offsets)
	}
	return pieces{ids: e.IDs, spans: e.Offsets}, nil
}

// restore maps offsets in the text with U+FFFD (three bytes) back to the text
// with NUL (one byte).
func restore(text string, spans []tokenizers.Offset) {
	from := make([]uint, 0, len(text)+1)
	for i := range len(text) {
		from = append(from, uint(i))
		if text[i] == 0 {
			from = append(from, uint(i), uint(i))
		}
	}
	from = append(from, uint(len(text)))
	for i, s := range spans {
		spans[i] = tokenizers.Offset{from[s[0]], from[s[1]]}
	}
}

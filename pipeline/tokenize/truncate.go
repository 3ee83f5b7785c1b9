package tokenize

import (
	"fmt"
	"slices"
)

// Truncation is a rule that says which text of a pair loses tokens when both
// together are too long. A single text is cut at its end by every rule. The
// names are Hugging Face's.
type Truncation string

// The rules.
const (
	// LongestFirst takes from the longer text until both are equally long.
	LongestFirst Truncation = "longest_first"
	// OnlyFirst and OnlySecond cut one text and keep the other whole.
	OnlyFirst  Truncation = "only_first"
	OnlySecond Truncation = "only_second"
)

// Check reports a rule that does not exist.
func (r Truncation) Check() error {
	if r == "" || slices.Contains([]Truncation{LongestFirst, OnlyFirst, OnlySecond}, r) {
		return nil
	}
	return fmt.Errorf("tokenize: truncation %q; longest_first, only_first or only_second is expected: %w", string(r), ErrEncode)
}

// keep returns how much of texts with n and m tokens to keep within room, which
// is at least 2.
func (r Truncation) keep(n, m, room int) (int, int, error) {
	if n+m <= room {
		return n, m, nil
	}
	switch r {
	case LongestFirst, "":
		n, m = longestFirst(n, m, room)
		return n, m, nil
	case OnlyFirst:
		if m < room {
			return room - m, m, nil
		}
		return 0, 0, noRoom("second", m, room, r)
	case OnlySecond:
		if n < room {
			return n, room - n, nil
		}
		return 0, 0, noRoom("first", n, room, r)
	}
	return 0, 0, r.Check()
}

func noRoom(which string, tokens, room int, r Truncation) error {
	return fmt.Errorf("tokenize: the %s text has %d tokens and %s must keep them, but only %d fit beside the special tokens and one of the other text; raise the maximum length or use longest_first: %w",
		which, tokens, r, room-1, ErrEncode)
}

// longestFirst returns how much of texts with n and m tokens to keep within
// room: the shorter one whole if the longer one can make up for it, else half
// each. (Hugging Face's rule of the same name, odd token included.)
func longestFirst(n, m, room int) (int, int) {
	if n+m <= room {
		return n, m
	}
	short, long := min(n, m), max(n, m)
	if long = max(short, room-short); short+long > room {
		short = room / 2
		long = room - short
	}
	if n > m {
		return long, short
	}
	return short, long
}

// Windows encodes a text that may be longer than opts.MaxLength as several
// sequences, each within it, which share opts.Stride tokens with the one
// before. Of a pair opts.Truncation says which text the windows slide over,
// OnlyFirst or OnlySecond; the other is whole in every one. A text that fits
// gives one window.
func (t *Tokenizer) Windows(text, pair string, hasPair bool, opts Options) ([]Encoding, error) {
	if !hasPair {
		a, err := t.pieces(text, opts.Spans)
		if err != nil {
			return nil, err
		}
		room := len(a.ids)
		if opts.MaxLength > 0 {
			if room, err = t.room(opts); err != nil {
				return nil, err
			}
		}
		return slide(len(a.ids), room, opts, func(from, to int) Encoding {
			return t.single.assemble([2]pieces{a.cut(from, to)}, opts.Spans)
		})
	}
	a, b, err := t.both(text, pair, opts.Spans)
	if err != nil {
		return nil, err
	}
	fixed, moving := 0, 1
	switch opts.Truncation {
	case OnlySecond:
	case OnlyFirst:
		fixed, moving = 1, 0
	default:
		return nil, fmt.Errorf("tokenize: windows over a pair with truncation %q; only_first or only_second is expected: %w", string(opts.Truncation), ErrEncode)
	}
	texts := [2]pieces{a, b}
	room := len(texts[moving].ids)
	if opts.MaxLength > 0 {
		all := opts.MaxLength - t.pair.added()
		if room = all - len(texts[fixed].ids); room < 1 {
			return nil, noRoom([]string{"first", "second"}[fixed], len(texts[fixed].ids), all, opts.Truncation)
		}
	}
	return slide(len(texts[moving].ids), room, opts, func(from, to int) Encoding {
		part := texts
		part[moving] = texts[moving].cut(from, to)
		return t.pair.assemble(part, opts.Spans)
	})
}

// slide makes the windows over n tokens of which room fit at a time.
func slide(n, room int, opts Options, window func(from, to int) Encoding) ([]Encoding, error) {
	if n <= room {
		return []Encoding{window(0, n)}, nil
	}
	if opts.Stride < 0 || opts.Stride >= room {
		return nil, fmt.Errorf("tokenize: a stride of %d tokens with windows of %d; it must be smaller, and not negative: %w", opts.Stride, room, ErrEncode)
	}
	var out []Encoding
	for from := 0; ; from += room - opts.Stride {
		out = append(out, window(from, from+room))
		if from+room >= n {
			return out, nil
		}
	}
}

package pii

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// replacer makes what stands in place of matches.
type replacer struct {
	all    Replacement
	byType map[string]Replacement
	keep   int
	key    []byte
}

func newReplacer(cfg Config) replacer {
	r := replacer{all: cfg.Replace, keep: cfg.Keep, key: append([]byte(nil), cfg.Key...), byType: make(map[string]Replacement)}
	for t, how := range cfg.ByType {
		r.byType[t] = how
	}
	return r
}

// with returns the replacement of a value.
func (r replacer) with(k kind, value string) string {
	how, ok := r.byType[k.typ]
	if !ok {
		how = r.all
	}
	switch how {
	case Mask:
		return r.mask(value)
	case Pseudonym:
		return r.pseudonym(k, value)
	}
	return "[" + k.typ + "]"
}

// mask leaves the last characters only of a value that is more than twice as
// long, so that a short one does not show itself.
func (r replacer) mask(value string) string {
	n := utf8.RuneCountInString(value)
	keep := r.keep
	if 2*keep >= n {
		keep = 0
	}
	tail := len(value)
	for range keep {
		_, size := utf8.DecodeLastRuneInString(value[:tail])
		tail -= size
	}
	return strings.Repeat("*", n-keep) + value[tail:]
}

// pseudonymBytes is how much of the HMAC a pseudonym shows: 64 bits, so that
// among a million values of one type two are equal with a chance of 3e-8.
const pseudonymBytes = 8

func (r replacer) pseudonym(k kind, value string) string {
	if k.normal != nil {
		value = k.normal(value)
	}
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(k.typ + "\x00" + value))
	return "[" + k.typ + "_" + hex.EncodeToString(mac.Sum(nil)[:pseudonymBytes]) + "]"
}

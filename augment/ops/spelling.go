package ops

import (
	"unicode"
	"unicode/utf8"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// wordwise makes an operator that changes max(1, rate·words) free words, each by
// one call of f, which reports whether it found something to change.
func wordwise(rate float64, f func(t *augment.Text, i int, r *random.Stream) bool) augment.Augmenter {
	return augment.Func(func(t *augment.Text, r *random.Stream) {
		t.Each(r, t.Count(rate), func(i int) bool { return t.Free(i) && f(t, i, r) })
	})
}

// letterAt draws one of the letters of word i for which fit is true; size is its
// length in bytes, 0 if there is none.
func letterAt(t *augment.Text, i int, r *random.Stream, fit func(c rune) bool) (at, size int) {
	n := 0
	for _, c := range t.Word(i) {
		if fit(c) {
			n++
		}
	}
	if n == 0 {
		return 0, 0
	}
	k := r.IntN(n)
	for at, c := range t.Word(i) {
		if !fit(c) {
			continue
		}
		if k == 0 {
			return t.Range(i).Start + at, utf8.RuneLen(c)
		}
		k--
	}
	return 0, 0
}

// omit deletes a letter of a word that has three at least.
func omit(t *augment.Text, i int, r *random.Stream) bool {
	if utf8.RuneCountInString(t.Word(i)) < 3 {
		return false
	}
	at, size := letterAt(t, i, r, unicode.IsLetter)
	if size > 0 {
		t.Edit(at, at+size, "")
	}
	return size > 0
}

// double writes a letter twice.
func double(t *augment.Text, i int, r *random.Stream) bool {
	at, size := letterAt(t, i, r, unicode.IsLetter)
	if size > 0 {
		t.Edit(at, at, t.String()[at:at+size])
	}
	return size > 0
}

// transpose swaps two neighbouring letters that differ.
func transpose(t *augment.Text, i int, r *random.Stream) bool {
	s, end := t.String(), t.Range(i).End
	const tries = 3
	for range tries {
		at, size := letterAt(t, i, r, unicode.IsLetter)
		if size == 0 || at+size >= end {
			continue
		}
		next, n := utf8.DecodeRuneInString(s[at+size : end])
		if !unicode.IsLetter(next) || s[at:at+size] == s[at+size:at+size+n] {
			continue
		}
		t.Edit(at, at+size, s[at+size:at+size+n])
		t.Edit(at+size, at+size+n, s[at:at+size])
		return true
	}
	return false
}

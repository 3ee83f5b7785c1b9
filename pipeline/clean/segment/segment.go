// Package segment finds the words of Chinese text, which is written without
// spaces.
//
// Nouns: a Segmenter holds a dictionary with frequencies; its Cut returns the
// most probable words. Path: Chinese or Load → Cut.
//
// The dictionary that comes with the package has the 131,220 most frequent
// words of the simplified one of github.com/go-ego/gse (see NOTICE); what is not
// in it falls into characters. Traditional text needs a dictionary of its own.
//
// Errors wrap ErrDictionary. A Segmenter is immutable and may be shared. It
// takes some tenths of a second and some 100 MB to make.
package segment

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-ego/gse"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// ErrDictionary means that a dictionary cannot be read.
var ErrDictionary = errors.New("not a dictionary")

//go:embed zh.txt.gz
var packed []byte

// Segmenter finds words.
type Segmenter struct{ seg gse.Segmenter }

// Chinese returns a Segmenter with the dictionary of the package.
func Chinese() (*Segmenter, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("segment: the dictionary of this binary is damaged: %w", err)
	}
	return Load(z)
}

// Load reads a dictionary: one word, one space and its frequency a line; a part
// of speech may follow.
func Load(r io.Reader) (*Segmenter, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("segment: the dictionary is not in UTF-8: %w", ErrDictionary)
	}
	s := &Segmenter{seg: gse.Segmenter{NotLoadHMM: true, SkipLog: true}}
	if err := s.seg.LoadDictStr(string(data)); err != nil {
		return nil, fmt.Errorf("segment: %w: %w", ErrDictionary, err)
	}
	if s.seg.Dict.TotalFreq() <= 0 {
		return nil, fmt.Errorf("segment: no line of the dictionary is a word, a space and a frequency of at least 2: %w", ErrDictionary)
	}
	return s, nil
}

// Cut appends to dst the words of a text, one after another and without gaps.
func (s *Segmenter) Cut(dst []sample.Range, text string) []sample.Range {
	for _, word := range s.seg.Segment([]byte(text)) {
		dst = append(dst, sample.Range{Start: word.Start(), End: word.End()})
	}
	return dst
}

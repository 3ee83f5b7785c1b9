// Package segment cuts Chinese texts into words by a dictionary.
//
// Path: Chinese → augment.Options.Words. Loading the dictionary takes a second or
// two and some hundred MiB, so a program does it once, and only when it needs it.
//
// The Segmenter is safe for concurrent use. Errors are those of the dictionary.
package segment

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/go-ego/gse"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// chinese cuts by gse's dictionary.
type chinese struct{ seg gse.Segmenter }

// Chinese returns the segmenter for Chinese: the dictionary of gse, without its
// model for unknown words.
func Chinese() (augment.Segmenter, error) {
	c := new(chinese)
	c.seg.SkipLog = true
	if err := c.seg.LoadDictEmbed("zh_s"); err != nil {
		return nil, fmt.Errorf("segment: the dictionary of Chinese: %w", err)
	}
	return c, nil
}

// Cut implements augment.Segmenter. Runs of Han characters are cut by the
// dictionary, all else as augment.Unicode does.
func (c *chinese) Cut(s string, out []sample.Range) []sample.Range {
	for i := 0; i < len(s); {
		end, han := run(s, i)
		from := len(out)
		if han {
			out = c.words(s[i:end], out)
		} else {
			out = augment.Unicode().Cut(s[i:end], out)
		}
		for k := from; k < len(out); k++ {
			out[k].Start, out[k].End = out[k].Start+i, out[k].End+i
		}
		i = end
	}
	return out
}

// run returns where the run of Han characters, or of others, that begins at i
// ends.
func run(s string, i int) (end int, han bool) {
	first, _ := utf8.DecodeRuneInString(s[i:])
	han = unicode.Is(unicode.Han, first)
	for at, c := range s[i:] {
		if unicode.Is(unicode.Han, c) != han {
			return i + at, han
		}
	}
	return len(s), han
}

// words cuts a run of Han characters. The dictionary gives the pieces in order
// and whole; should it not, each character is a word.
func (c *chinese) words(s string, out []sample.Range) []sample.Range {
	from, at := len(out), 0
	for _, w := range c.seg.Cut(s) {
		out = append(out, sample.Range{Start: at, End: at + len(w)})
		at += len(w)
	}
	if at == len(s) {
		return out
	}
	out = out[:from]
	for i, r := range s {
		out = append(out, sample.Range{Start: i, End: i + utf8.RuneLen(r)})
	}
	return out
}

package augtest

import (
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// hostile are pieces of text that break careless code.
var hostile = []string{
	"", " ", "\n", "\t", "\u00a0", "\u2003", "\x00", ".", ",", "...", "!?", "-", "--", "_", "__a", "'", "’", "\"", "{{", "}}", "{{x}}", "@", "@@", "#",
	"www.", "://", "http://", "a@b.c", "1", "0", "3.14", "1,000", "2024-05-17", "00-00-0000", "e\u0301", "\u0301", "\u200b", "\u200d", "\u202e", "\ufeff",
	"\U0001F469\u200d\U0001F4BB", "\U0001F1E6\U0001F1FA", "\ufffd", "中文", "没有", "。", "，", "ไทย", "العربية", "עברית", "हिन्दी", "한국어", "ひらがな", "カタカナ",
	"İ", "ı", "ß", "ǆ", "ﬁ", "ſ", "K", "Å", "a.b.c", "can't", "don’t", "DON'T", "I'm", "U.S.", "co-op", "New York", "Paris", "Monday", "not", "never",
	strings.Repeat("x", 300), strings.Repeat("ab ", 60), strings.Repeat("\u0301", 40),
}

// vocabulary is what texts for an operator are made of: words of its samples,
// and common ones.
func vocabulary(spec augment.Spec) []string {
	words := strings.Fields("the a film was not good movies played bigger Stopped Happy people before tomorrow please do not information running happiest 1999 12 rn clear modern")
	for _, s := range spec.Samples {
		words = append(words, strings.Fields(s.Text)...)
	}
	return words
}

// Example draws a text of words and hostile pieces, with a label of any kind.
func Example(draw *random.Stream, row uint64, words []string) sample.Example {
	ex := sample.Example{Row: row}
	var b strings.Builder
	for range draw.IntN(12) {
		start := b.Len()
		switch draw.IntN(4) {
		case 0:
			b.WriteString(hostile[draw.IntN(len(hostile))])
		case 1:
			for range 1 + draw.IntN(6) {
				b.WriteRune(letter(draw))
			}
		default:
			b.WriteString(words[draw.IntN(len(words))])
		}
		if b.Len() > start {
			ex.Words = append(ex.Words, sample.Range{Start: start, End: b.Len()})
		}
		if draw.IntN(6) > 0 {
			b.WriteByte(' ')
		}
	}
	ex.Text = b.String()
	label(draw, &ex)
	return ex
}

// letter draws a character of any script.
func letter(draw *random.Stream) rune {
	blocks := [][2]rune{{0x20, 0x7e}, {0xa1, 0x17f}, {0x370, 0x5ff}, {0x600, 0x6ff}, {0x900, 0xe7f}, {0x1100, 0x11ff}, {0x2000, 0x206f}, {0x3040, 0x30ff}, {0x4e00, 0x9fff}, {0xac00, 0xd7a3}, {0x1f300, 0x1f6ff}}
	b := blocks[draw.IntN(len(blocks))]
	return b[0] + rune(draw.IntN(int(b[1]-b[0]+1)))
}

// label gives the example a class, tags or an answer.
func label(draw *random.Stream, ex *sample.Example) {
	words := ex.Words
	ex.Words = nil
	switch draw.IntN(3) {
	case 0:
		ex.Label = sample.Class(int64(draw.IntN(5)))
	case 1:
		ex.Words, ex.Label.Kind = words, sample.TagLabel
		for range words {
			ex.Label.Int = append(ex.Label.Int, int64(max(draw.IntN(6)-3, 0)))
		}
	case 2:
		ex.Label = sample.Label{Kind: sample.SpanLabel, Int: []int64{-1, -1}}
		if len(words) > 0 {
			from := draw.IntN(len(words))
			to := from + draw.IntN(len(words)-from)
			ex.Label.Int = []int64{int64(words[from].Start), int64(words[to].End)}
		}
	}
}

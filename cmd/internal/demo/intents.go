// Package demo makes the data of the demonstration run and the baseline that
// the trained model has to beat.
//
// Nouns: a Row is one labelled text; Generate makes three disjoint splits of
// them; Bayes is a bag-of-words classifier.
//
// The texts are support requests with 14 intents. They are hard on purpose in
// ways that real ones are: two thirds mention a second request that is not the
// one being made, a fifth have typing errors, and a few carry the label of the
// request they merely mention, as annotators' mistakes do. So no classifier
// that reads words without their order does well, and none is perfect.
//
// Everything is drawn from the seed alone. Nothing here is safe for concurrent
// use except reading.
package demo

import (
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/pipeline/random"
)

// Row is one labelled text.
type Row struct{ Text, Label string }

// Splits are rows for training, validation and test. No text is in two of
// them, and none occurs twice.
type Splits struct{ Train, Validation, Test []Row }

// mostRows bounds a data set: far fewer than the texts that can be drawn, so
// that drawing new ones never takes long.
const mostRows = 100_000

// Shares of the kinds of difficulty.
const (
	contrastShare = 0.66
	typoShare     = 0.20
	mistakeShare  = 0.03
)

// Labels returns the names of the intents, sorted as Generate's users need
// them: in the order in which the package lists them.
func Labels() []string {
	labels := make([]string, len(intents))
	for i, in := range intents {
		labels[i] = in.label
	}
	return labels
}

// Generate draws rows until the splits have the sizes asked for, the intents
// equally often in each.
func Generate(seed uint64, train, validation, test int) (Splits, error) {
	total := train + validation + test
	if total > mostRows {
		return Splits{}, fmt.Errorf("demo: %d rows asked for; the phrases give at most %d that differ enough", total, mostRows)
	}
	seen := make(map[string]bool, total)
	rows := make([]Row, 0, total)
	for draw := uint64(0); len(rows) < total; draw++ {
		row := generate(random.New(seed, random.Generate, 0, draw, 0), len(rows)%len(intents))
		if key := normalise(row.Text); !seen[key] {
			seen[key] = true
			rows = append(rows, row)
		}
	}
	// Intents come in turn, so contiguous splits are balanced.
	return Splits{Train: rows[:train], Validation: rows[train : train+validation], Test: rows[train+validation:]}, nil
}

func normalise(text string) string {
	return strings.Join(words(text), " ")
}

// generate draws one row of the given intent.
func generate(r *random.Stream, intent int) Row {
	asked, label := pick(r, intents[intent].phrases), intents[intent].label
	text := strings.Replace(pick(r, plain), "{a}", asked, 1)
	if r.Float64() < contrastShare {
		other := (intent + 1 + r.IntN(len(intents)-1)) % len(intents)
		text = strings.NewReplacer("{a}", asked, "{b}", pick(r, intents[other].phrases)).Replace(pick(r, contrast))
		if r.Float64() < mistakeShare/contrastShare {
			label = intents[other].label
		}
	}
	text = pick(r, openings) + text + pick(r, closings)
	if r.Float64() < typoShare {
		text = mistype(r, text)
	}
	return Row{Text: text, Label: label}
}

func pick(r *random.Stream, from []string) string { return from[r.IntN(len(from))] }

// mistype makes one to three typing errors between letters: a swap, a lost
// letter or a doubled one.
func mistype(r *random.Stream, text string) string {
	b := []byte(text) // the phrases are ASCII
	for range 1 + r.IntN(3) {
		i := 1 + r.IntN(len(b)-2)
		if !letter(b[i]) || !letter(b[i+1]) {
			continue
		}
		switch r.IntN(3) {
		case 0:
			b[i], b[i+1] = b[i+1], b[i]
		case 1:
			b = append(b[:i], b[i+1:]...)
		default:
			b = append(b[:i], append([]byte{b[i]}, b[i:]...)...)
		}
	}
	return string(b)
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' }

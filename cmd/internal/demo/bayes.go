package demo

import (
	"math"
	"sort"
	"strings"
	"unicode"

	"github.com/ortrain/ortrain/ortrain/metric"
)

// Bayes is a multinomial naive Bayes classifier over words with Laplace
// smoothing: the classic bag-of-words baseline (Manning, Raghavan and Schütze,
// "Introduction to Information Retrieval", section 13.2).
type Bayes struct {
	labels []string
	prior  []float64            // log P(label)
	word   map[string][]float64 // word → log P(word | label)
}

// TrainBayes fits the classifier.
func TrainBayes(rows []Row) *Bayes {
	byLabel := make(map[string][]Row)
	vocabulary := make(map[string]bool)
	for _, r := range rows {
		byLabel[r.Label] = append(byLabel[r.Label], r)
		for _, w := range words(r.Text) {
			vocabulary[w] = true
		}
	}
	b := &Bayes{word: make(map[string][]float64, len(vocabulary))}
	for label := range byLabel {
		b.labels = append(b.labels, label)
	}
	sort.Strings(b.labels)
	for w := range vocabulary {
		b.word[w] = make([]float64, len(b.labels))
	}
	for k, label := range b.labels {
		b.prior = append(b.prior, math.Log(float64(len(byLabel[label]))/float64(len(rows))))
		b.fit(k, byLabel[label])
	}
	return b
}

// fit counts the words of one label's rows.
func (b *Bayes) fit(k int, rows []Row) {
	count, total := make(map[string]float64), 0.0
	for _, r := range rows {
		for _, w := range words(r.Text) {
			count[w]++
			total++
		}
	}
	for w, p := range b.word {
		p[k] = math.Log((count[w] + 1) / (total + float64(len(b.word))))
	}
}

// Predict returns the most probable label; of equal ones the first by name.
func (b *Bayes) Predict(text string) string {
	score := append([]float64(nil), b.prior...)
	for _, w := range words(text) {
		for k, p := range b.word[w] {
			score[k] += p
		}
	}
	best := 0
	for k := range score {
		if score[k] > score[best] {
			best = k
		}
	}
	return b.labels[best]
}

// words splits a text into lower-case words.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' })
}

// Score counts the answers of a classifier to rows.
func Score(rows []Row, predict func(Row) string) (*metric.Confusion, error) {
	index := make(map[string]int64, len(intents))
	for i, name := range Labels() {
		index[name] = int64(i)
	}
	predicted, actual := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		predicted[i], actual[i] = index[predict(r)], index[r.Label]
	}
	c := metric.NewConfusion(len(intents))
	return c, c.Add(predicted, actual)
}

// Package guess finds out what the columns of a data set are for, and settings
// that fit it, so that a person with a table gets a recipe to begin with.
//
// Nouns: Roles say which columns hold text and label, with the reasons in words;
// a Shape is what was measured of the rows; Settings are the values that follow.
// Path: Columns → (the caller measures) → Settle.
//
// Everything is a function of what it is given, so that the same file always
// gives the same recipe. There are no errors: what could not be decided is said
// in Roles.Open. The package reads no files.
package guess

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/source"
)

// Roles say what columns are for.
type Roles struct {
	Text, Pair, Label string
	// Why says in a sentence each how Text, Pair and Label were found.
	Why map[string]string
	// Open are questions that a person has to answer.
	Open []string
}

// Names that columns of each kind usually have, best first.
var (
	textNames  = []string{"text", "sentence", "content", "tweet", "review", "comment", "message", "body", "utterance", "question", "document", "title"}
	labelNames = []string{"label", "labels", "category", "class", "target", "intent", "sentiment", "topic", "emotion", "polarity", "star", "stars", "rating", "tag", "y"}
	pairNames  = [][2]string{{"sentence1", "sentence2"}, {"premise", "hypothesis"}, {"question1", "question2"}, {"text1", "text2"}, {"text_a", "text_b"}, {"question", "sentence"}, {"question", "passage"}, {"query", "passage"}}
)

// column is what is counted of one.
type column struct {
	source.PeekedColumn
	distinct int
	// length is the mean of characters, words of pieces between spaces.
	length, words float64
	most          string // the value that comes most often
	commas        float64
}

func count(c source.PeekedColumn) column {
	out := column{PeekedColumn: c}
	seen := make(map[string]int)
	for _, v := range c.Values {
		seen[v]++
		out.length += float64(utf8.RuneCountInString(v))
		out.words += float64(len(strings.Fields(v)))
		if strings.Contains(v, ",") {
			out.commas++
		}
	}
	out.distinct = len(seen)
	n := float64(max(len(c.Values), 1))
	out.length, out.words, out.commas = out.length/n, out.words/n, out.commas/n
	return out
}

// share is how many of the values are different ones.
func (c column) share() float64 { return float64(c.distinct) / float64(max(len(c.Values), 1)) }

// Shortest mean length of text, in characters, for scripts with and without
// spaces between words, and least share of different values.
const (
	textLength   = 8
	textShare    = 0.3
	mostClasses  = 1000
	rowsPerClass = 2
)

// textLike columns hold many different long values that are not numbers.
func (c column) textLike() bool {
	return c.Texts*2 > len(c.Values) && c.Lists == 0 && c.length >= textLength && (c.share() >= textShare || c.words > 8)
}

// labelLike columns hold few different values, each of them several times.
func (c column) labelLike(rows int) bool {
	return c.Lists == 0 && c.Numbers == 0 && c.distinct >= 2 && c.distinct <= mostClasses &&
		len(c.Values)*2 > rows && (c.distinct*rowsPerClass <= len(c.Values) || c.Classes != nil)
}

// Columns finds the roles. Those that are given already are kept.
func Columns(p source.Peeked, given Roles) Roles {
	r := Roles{Text: given.Text, Pair: given.Pair, Label: given.Label, Why: make(map[string]string)}
	var all []column
	for _, c := range p.Columns {
		all = append(all, count(c))
	}
	r.texts(all)
	r.labels(all, p.Rows)
	return r
}

// texts chooses the columns of text.
func (r *Roles) texts(all []column) {
	var like []column
	for _, c := range all {
		if c.textLike() {
			like = append(like, c)
		}
	}
	if r.Text != "" {
		r.Why["text"] = "it was given"
		return
	}
	for _, pair := range pairNames {
		if has(like, pair[0]) && has(like, pair[1]) {
			r.Text, r.Pair = pair[0], pair[1]
			r.Why["text"], r.Why["pair"] = "the two columns have the usual names of a pair", "as above"
			return
		}
	}
	if len(like) == 0 {
		r.Open = append(r.Open, "no column looks like text (many different values of "+fmt.Sprint(textLength)+" characters or more); name it as text_column")
		return
	}
	best := like[0]
	for _, c := range like[1:] {
		a, b := rank(textNames, c.Name), rank(textNames, best.Name)
		if a < b || a == b && c.length*c.share() > best.length*best.share() {
			best = c
		}
	}
	r.Text = best.Name
	r.Why["text"] = fmt.Sprintf("%d of %d values differ, %.0f characters in the mean", best.distinct, len(best.Values), best.length)
	if len(like) > 1 {
		others := names(slices.DeleteFunc(like, func(c column) bool { return c.Name == best.Name }))
		r.Open = append(r.Open, fmt.Sprintf("%s look like text too; should one of them be read as text_column, or as text_pair_column beside it?", others))
	}
}

// labels chooses the column of labels.
func (r *Roles) labels(all []column, rows int) {
	if r.Label != "" {
		r.Why["label"] = "it was given"
		return
	}
	var like []column
	for _, c := range all {
		if c.Name != r.Text && c.Name != r.Pair && c.labelLike(rows) {
			like = append(like, c)
		}
	}
	if len(like) == 0 {
		r.Open = append(r.Open, "no column looks like labels (few different values, each of them several times); name it as label_column")
		return
	}
	best := like[0]
	for _, c := range like[1:] {
		a, b := rank(labelNames, c.Name), rank(labelNames, best.Name)
		// Words rather than numbers, which may count something.
		if a < b || a == b && (c.Texts > 0 && best.Texts == 0 || (c.Texts > 0) == (best.Texts > 0) && c.distinct < best.distinct) {
			best = c
		}
	}
	r.Label = best.Name
	r.Why["label"] = fmt.Sprintf("%d different values in %d rows", best.distinct, len(best.Values))
	if best.commas > 0.02 && best.length < 30 {
		r.Open = append(r.Open, fmt.Sprintf("some values of %s are lists with commas; each such list is taken for a class of its own", best.Name))
	}
	if len(like) > 1 {
		others := slices.DeleteFunc(like, func(c column) bool { return c.Name == best.Name })
		r.Open = append(r.Open, fmt.Sprintf("%s could be labels too; is %s the one to learn?", names(others), best.Name))
	}
}

// rank is the place of a name among the usual ones, their number for others.
func rank(usual []string, name string) int {
	if i := slices.Index(usual, strings.ToLower(name)); i >= 0 {
		return i
	}
	return len(usual)
}

func has(list []column, name string) bool {
	return slices.ContainsFunc(list, func(c column) bool { return c.Name == name })
}

func names(list []column) string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.Name
	}
	return strings.Join(out, ", ")
}

// Headless reports whether the first row of a table without types looks like
// data rather than names of columns: a name is a sentence, or comes again below.
func Headless(p source.Peeked) bool {
	for _, c := range p.Columns {
		if c.Type != "" {
			return false
		}
		if len(strings.Fields(c.Name)) > 4 || utf8.RuneCountInString(c.Name) > 60 {
			return true
		}
		again := 0
		for _, v := range c.Values {
			if v == c.Name {
				again++
			}
		}
		if c.Name != "" && again > 0 && (again > 1 || len(c.Values) < 50) {
			return true
		}
	}
	return false
}

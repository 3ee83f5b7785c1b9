package guess_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/cmd/internal/guess"
	"github.com/ortrain/ortrain/pipeline/source"
)

// texts and classes make columns of 40 rows.
func texts(name string, words int) source.PeekedColumn {
	c := source.PeekedColumn{Name: name, Texts: 40}
	for i := range 40 {
		c.Values = append(c.Values, fmt.Sprintf("row %d%s", i, strings.Repeat(" word", words)))
	}
	return c
}

func classes(name string, n int) source.PeekedColumn {
	c := source.PeekedColumn{Name: name, Texts: 40}
	for i := range 40 {
		c.Values = append(c.Values, fmt.Sprintf("class %d", i%n))
	}
	return c
}

func integers(name string, n int) source.PeekedColumn {
	c := source.PeekedColumn{Name: name, Integers: 40}
	for i := range 40 {
		c.Values = append(c.Values, fmt.Sprint(i%n))
	}
	return c
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		name              string
		columns           []source.PeekedColumn
		given             guess.Roles
		text, pair, label string
		open              []string
	}{
		{"usual names", []source.PeekedColumn{texts("text", 4), classes("label", 2)}, guess.Roles{}, "text", "", "label", nil},
		{"other names, an id", []source.PeekedColumn{integers("id", 40), classes("kind", 3), texts("utt", 6)}, guess.Roles{}, "utt", "", "kind", nil},
		{"counts beside the class", []source.PeekedColumn{integers("count", 4), integers("class", 3), texts("tweet", 6)}, guess.Roles{}, "tweet", "", "class", []string{"count could be labels too"}},
		{"stars beside aspects", []source.PeekedColumn{integers("taste", 2), texts("reviewbody", 9), integers("star", 5)}, guess.Roles{}, "reviewbody", "", "star", []string{"taste could be labels too"}},
		{"words rather than numbers", []source.PeekedColumn{integers("votes", 2), classes("mood", 4), texts("x", 6)}, guess.Roles{}, "x", "", "mood", []string{"votes could be"}},
		{"a pair", []source.PeekedColumn{texts("premise", 6), texts("hypothesis", 3), classes("gold", 3)}, guess.Roles{}, "premise", "hypothesis", "gold", nil},
		{"two texts", []source.PeekedColumn{texts("alpha", 3), texts("beta", 9), classes("y", 3)}, guess.Roles{}, "beta", "", "y", []string{"alpha look like text too"}},
		{"no label", []source.PeekedColumn{texts("text", 4), integers("id", 40)}, guess.Roles{}, "text", "", "", []string{"no column looks like labels"}},
		{"no text", []source.PeekedColumn{classes("a", 2), integers("id", 40)}, guess.Roles{}, "", "", "a", []string{"no column looks like text"}},
		{"given", []source.PeekedColumn{texts("a", 4), texts("b", 9), classes("c", 2), classes("label", 2)}, guess.Roles{Text: "a", Label: "c"}, "a", "", "c", nil},
	} {
		r := guess.Columns(source.Peeked{Rows: 40, Columns: c.columns}, c.given)
		if r.Text != c.text || r.Pair != c.pair || r.Label != c.label {
			t.Errorf("%s: %q, %q, %q; want %q, %q, %q", c.name, r.Text, r.Pair, r.Label, c.text, c.pair, c.label)
		}
		if len(r.Open) != len(c.open) {
			t.Errorf("%s: questions %q; want %q", c.name, r.Open, c.open)
			continue
		}
		for i, want := range c.open {
			if !strings.Contains(r.Open[i], want) {
				t.Errorf("%s: question %q; want %q", c.name, r.Open[i], want)
			}
		}
	}
}

func TestHeadless(t *testing.T) {
	data := source.Peeked{Columns: []source.PeekedColumn{{Name: "this is a whole sentence", Values: []string{"and another"}}, {Name: "3", Values: []string{"1", "3", "3"}}}}
	if !guess.Headless(data) {
		t.Error("a row of data is taken for names")
	}
	named := source.Peeked{Columns: []source.PeekedColumn{{Name: "text", Values: []string{"some text", "text and more"}}, {Name: "label", Values: []string{"1", "3"}}}}
	if guess.Headless(named) {
		t.Error("names are taken for a row of data")
	}
}

func TestSettle(t *testing.T) {
	lengths := make([]int, 100)
	for i := range lengths {
		lengths[i] = 10 + i/4
	}
	lengths[99] = 400
	s := guess.Settle(guess.Shape{Rows: 6000, Classes: map[string]int64{"a": 5000, "b": 1000}, Lengths: lengths, Positions: 512, Hidden: 384, Layers: 6, Memory: 8 << 30})
	want := guess.Settings{MaxSeqLength: 40, Percentile99: 34, Cut: 0.01, BatchSize: 32, Epochs: 3, LearningRate: 2e-4, TestSplit: 0.1, Metric: "f1_macro", Smallest: 1000, Largest: 5000}
	if s != want {
		t.Errorf("%+v; want %+v", s, want)
	}
	for i := range lengths {
		lengths[i] = 900
	}
	s = guess.Settle(guess.Shape{Rows: 90, Lengths: lengths, Positions: 512, Hidden: 768, Layers: 12, Memory: 1 << 30})
	if s.MaxSeqLength != 512 || s.BatchSize != 8 || s.Epochs != 8 || s.TestSplit != 0 || s.Cut < 0.99 || s.LearningRate != 3e-5 || s.Metric != "accuracy" {
		t.Errorf("long texts, little memory: %+v", s)
	}
	if s := guess.Settle(guess.Shape{}); s.MaxSeqLength != 16 || s.BatchSize != 32 {
		t.Errorf("nothing known: %+v", s)
	}
}

func ExampleColumns() {
	r := guess.Columns(source.Peeked{Rows: 4, Columns: []source.PeekedColumn{
		{Name: "id", Values: []string{"1", "2", "3", "4"}, Integers: 4},
		{Name: "review", Values: []string{"a good film", "a bad film", "the worst of all", "I liked it"}, Texts: 4},
		{Name: "mood", Values: []string{"up", "down", "down", "up"}, Texts: 4},
	}}, guess.Roles{})
	fmt.Println(r.Text, "because", r.Why["text"])
	fmt.Println(r.Label, "because", r.Why["label"])
	// Output:
	// review because 4 of 4 values differ, 12 characters in the mean
	// mood because 2 different values in 4 rows
}

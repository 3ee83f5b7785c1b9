package ops

import (
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// layouts are the letter rows of keyboards, from the top; each row stands half a
// key to the right of the one above.
var layouts = map[string][]string{
	"qwerty": {"qwertyuiop", "asdfghjkl", "zxcvbnm"},
	"qwertz": {"qwertzuiopü", "asdfghjklöä", "yxcvbnm"},
	"azerty": {"azertyuiop", "qsdfghjklm", "wxcvbn"},
}

// adjacent returns, for each key of a layout, the keys around it.
func adjacent(rows []string) map[rune][]string {
	keys := make([][]rune, len(rows))
	for i, row := range rows {
		keys[i] = []rune(row)
	}
	out := make(map[rune][]string)
	for y, row := range keys {
		for x, key := range row {
			// Above stand x and x+1, below x-1 and x.
			for _, p := range [][2]int{{y, x - 1}, {y, x + 1}, {y - 1, x}, {y - 1, x + 1}, {y + 1, x - 1}, {y + 1, x}} {
				if p[0] < 0 || p[0] >= len(keys) || p[1] < 0 || p[1] >= len(keys[p[0]]) {
					continue
				}
				near := string(keys[p[0]][p[1]])
				out[key] = append(out[key], near)
				if upper := []rune(strings.ToUpper(string(key))); upper[0] != key {
					out[upper[0]] = append(out[upper[0]], strings.ToUpper(near))
				}
			}
		}
	}
	return out
}

// slip puts the key beside for a letter.
func slip(keys map[rune][]string) func(*augment.Text, int, *random.Stream) bool {
	fit := func(c rune) bool { return len(keys[c]) > 0 }
	return func(t *augment.Text, i int, r *random.Stream) bool {
		at, size := letterAt(t, i, r, fit)
		if size == 0 {
			return false
		}
		for _, c := range t.String()[at : at+size] {
			near := keys[c]
			t.Edit(at, at+size, near[r.IntN(len(near))])
		}
		return true
	}
}

var layoutParam = augment.Param{Name: "layout", Doc: "of the keyboard", Default: "qwerty", Choices: []string{"qwerty", "qwertz", "azerty"}}

var _ = register(augment.Spec{
	Name: "keyboard", Doc: "puts the key beside for one letter of a word",
	Params: []augment.Param{augment.Rate(0.1), layoutParam}, Languages: all, Laws: respells,
	Harms:   []augment.Harm{breaksGrammar},
	Samples: []augment.Sample{{Text: "the actors looked tired and the story went nowhere", Params: map[string]any{"rate": 0.3}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		return wordwise(s.Float("rate"), slip(adjacent(layouts[s.Text("layout")]))), nil
	},
})

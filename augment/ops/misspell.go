package ops

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

var _ = register(augment.Spec{
	Name: "misspell", Doc: "writes words as people misspell them, by a list",
	Params: []augment.Param{augment.Rate(0.1),
		{Name: "file", Doc: "lines of a misspelling and its right spellings with commas between; in place of the pack", Default: ""}},
	Languages: []string{"en", "any"}, Packs: []string{"misspellings"}, Laws: respells,
	Harms:   []augment.Harm{breaksGrammar},
	Samples: []augment.Sample{{Text: "We definitely received the address", Params: map[string]any{"rate": 1.0}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		wrong, err := openMisspellings(s)
		if err != nil {
			return nil, err
		}
		return wordwise(s.Float("rate"), func(t *augment.Text, i int, r *random.Stream) bool {
			list := wrong[t.Lower(i)]
			if len(list) == 0 {
				return false
			}
			t.ReplaceLike(i, list[r.IntN(len(list))])
			return true
		}), nil
	},
})

// openMisspellings returns the misspellings of each word.
func openMisspellings(s augment.Settings) (map[string][]string, error) {
	if name := s.Text("file"); name != "" {
		f, err := s.File(name)
		if err != nil {
			return nil, fmt.Errorf("ops: %w: %w", err, augment.ErrResource)
		}
		defer f.Close()
		return readMisspellings(f, name)
	}
	pack, err := s.Pack("misspellings")
	if err != nil {
		return nil, err
	}
	f, err := pack.Open("words.go")
	if err != nil {
		return nil, fmt.Errorf("ops: %w: %w", err, augment.ErrResource)
	}
	defer f.Close()
	return readPairs(f, "words.go")
}

// readPairs reads the lines "wrong", "right", of a list in Go.
func readPairs(r io.Reader, name string) (map[string][]string, error) {
	out := make(map[string][]string)
	s := bufio.NewScanner(r)
	for s.Scan() {
		parts := strings.Split(s.Text(), `"`)
		if len(parts) == 5 && parts[2] == ", " && len(parts[1]) <= 2*len(parts[3])+8 {
			out[parts[3]] = append(out[parts[3]], parts[1])
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("ops: %s: %w: %w", name, err, augment.ErrResource)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("ops: %s has no misspellings: %w", name, augment.ErrResource)
	}
	return out, nil
}

// readMisspellings reads lines of a misspelling and its right spellings, with
// commas between.
func readMisspellings(r io.Reader, name string) (map[string][]string, error) {
	out := make(map[string][]string)
	s := bufio.NewScanner(r)
	for number := 1; s.Scan(); number++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		wrong, rights, ok := strings.Cut(line, ",")
		if !ok || wrong == "" || rights == "" {
			return nil, fmt.Errorf("ops: %s, line %d: %q; a misspelling, a comma and the right spelling are expected: %w", name, number, line, augment.ErrResource)
		}
		for right := range strings.SplitSeq(rights, ",") {
			if right = strings.ToLower(strings.TrimSpace(right)); right != "" && len(wrong) <= 2*len(right)+8 {
				out[right] = append(out[right], strings.TrimSpace(wrong))
			}
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("ops: %s: %w: %w", name, err, augment.ErrResource)
	}
	return out, nil
}

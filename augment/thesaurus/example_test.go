package thesaurus_test

import (
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/augment/thesaurus"
)

func ExamplePairs() {
	t, err := thesaurus.Pairs(strings.NewReader("film\tmovie\nbig\tlarge\n"), "pairs.tsv", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	words, _ := t.Lookup("film")
	fmt.Println(words)
	// Output: [movie]
}

package stopword_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/clean/stopword"
	"github.com/ortrain/ortrain/pipeline/pipetest"
)

func TestEveryLanguageHasWords(t *testing.T) {
	languages, err := stopword.Languages()
	if err != nil || len(languages) != 58 {
		t.Fatalf("%d languages, %v; want 58", len(languages), err)
	}
	for _, l := range languages {
		set, err := stopword.Load(l)
		if err != nil || len(set) < 25 {
			t.Errorf("%s: %d words, %v", l, len(set), err)
		}
		for word := range set {
			if word != strings.ToLower(word) {
				t.Errorf("%s: %q is not lower case", l, word)
			}
		}
	}
}

// The lists are those of the original.
func TestAgainstTheOriginal(t *testing.T) {
	data, err := os.ReadFile(pipetest.Shared(t, "data", "lexicons", "stopwords-iso", "stopwords-iso.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string][]string
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for l, words := range all {
		set, err := stopword.Load(l)
		if err != nil {
			t.Error(err)
		}
		for _, w := range words {
			if !set.Has([]byte(strings.ToLower(w))) {
				t.Errorf("%s lacks %q", l, w)
			}
		}
	}
}

func TestReadNamesTheFault(t *testing.T) {
	for content, want := range map[string]error{
		"":              stopword.ErrFile,
		"# only\n":      stopword.ErrFile,
		"\xff":          stopword.ErrFile,
		"{]":            stopword.ErrFile,
		`["a", 1]`:      stopword.ErrFile,
		`{"de": ["a"]}`: stopword.ErrLanguage,
	} {
		if _, err := stopword.Read(strings.NewReader(content), "en"); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", content, err, want)
		}
	}
}

func ExampleLoad() {
	words, err := stopword.Load("de")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(words.Has([]byte("und")), words.Has([]byte("Haus")))
	// Output: true false
}

package thesaurus_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ortrain/ortrain/augment/thesaurus"
)

// shared is where real data lie, beside the repository.
const shared = "../../../shared/data/"

func needs(t *testing.T, name string) string {
	t.Helper()
	if _, err := os.Stat(shared + name); err != nil {
		t.Skip("no shared data: " + name)
	}
	return shared + name
}

func TestWordNet(t *testing.T) {
	table, err := thesaurus.WordNet(os.DirFS(needs(t, "wordnet31-no-nouns/dict")), func(w string) bool { return w == "not" })
	if err != nil {
		t.Fatal(err)
	}
	if table.Len() < 15_000 {
		t.Errorf("%d words have synonyms", table.Len())
	}
	for word, want := range map[string]string{"begin": "start", "big": "large", "quickly": "rapidly", "beautiful": ""} {
		list, form := table.Lookup(word)
		if form != thesaurus.Base || want != "" && !slices.Contains(list, want) {
			t.Errorf("synonyms of %s: %q", word, list)
		}
	}
	if list, _ := table.Lookup("not"); list != nil {
		t.Errorf("a word to skip has the synonyms %q", list)
	}
	list, form := table.Lookup("terminates")
	if form != thesaurus.S || !slices.Contains(list, "end") {
		t.Errorf("terminates: %q in the form %d", list, form)
	}
	for _, w := range table.Words() {
		list, _ := table.Lookup(w)
		for _, s := range list {
			if s == w || strings.ContainsAny(s, "_(") || s == "" {
				t.Fatalf("%s has the synonym %q", w, s)
			}
		}
	}
}

func TestOpenWordNet(t *testing.T) {
	f, err := os.Open(needs(t, "chinese-open-wordnet/wn-data-cmn.tab"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := thesaurus.OpenWordNet(f, "cow", nil)
	if err != nil {
		t.Fatal(err)
	}
	list, _ := table.Lookup("美丽")
	if len(list) == 0 || table.Len() < 20_000 {
		t.Errorf("%d words; synonyms of 美丽: %q", table.Len(), list)
	}
	for _, w := range table.Words() {
		if strings.Contains(w, "+") {
			t.Fatalf("the word %q holds a +", w)
		}
	}
}

func TestPairsOfPPDB(t *testing.T) {
	f, err := os.Open(needs(t, "lexicons/counter-fitting/ppdb_synonyms.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := thesaurus.Pairs(f, "ppdb", nil)
	if err != nil {
		t.Fatal(err)
	}
	if list, _ := table.Lookup("modelling"); !slices.Contains(list, "modeling") {
		t.Errorf("got %q", list)
	}
}

func TestFaultsNameFileAndLine(t *testing.T) {
	data := "  1 licence\n00000012 00 v 02 stop 0 halt 0 000 | g\n"
	for name, c := range map[string]struct{ index, data, want string }{
		"count":  {"  1 l\nstop v 9 0 1 0 00000012  \n", data, "index.verb, line 2"},
		"short":  {"stop v 1\n", data, "index.verb, line 1"},
		"offset": {"stop v 1 0 1 0 00000013  \n", data, "data.verb at byte 13"},
		"beyond": {"stop v 1 0 1 0 00009999  \n", data, "data.verb at byte 9999"},
		"words":  {"stop v 1 0 1 0 00000012  \n", strings.Replace(data, " 02 ", " ff ", 1), "does not fit"},
	} {
		_, err := thesaurus.WordNet(fstest.MapFS{"index.verb": {Data: []byte(c.index)}, "data.verb": {Data: []byte(c.data)}}, nil)
		if !errors.Is(err, thesaurus.ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := thesaurus.WordNet(fstest.MapFS{}, nil); !errors.Is(err, thesaurus.ErrFormat) {
		t.Errorf("an empty folder gives %v", err)
	}
	if _, err := thesaurus.Pairs(strings.NewReader("a b\na b c\n"), "ppdb.txt", nil); err == nil || !strings.Contains(err.Error(), "ppdb.txt, line 2") {
		t.Errorf("got %v", err)
	}
	if _, err := thesaurus.OpenWordNet(strings.NewReader("# x\n1-n\tcmn:lemma\n"), "cow.tab", nil); err == nil || !strings.Contains(err.Error(), "cow.tab, line 2") {
		t.Errorf("got %v", err)
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		word string
		form thesaurus.Form
		want string
	}{
		{"stop", thesaurus.Ed, "stopped"}, {"stop", thesaurus.Ing, "stopping"}, {"hope", thesaurus.Ing, "hoping"}, {"agree", thesaurus.Ing, "agreeing"},
		{"agree", thesaurus.Ed, "agreed"}, {"try", thesaurus.Ed, "tried"}, {"try", thesaurus.Ing, "trying"}, {"play", thesaurus.Ed, "played"}, {"visit", thesaurus.Ed, "visited"},
		{"fix", thesaurus.Ed, "fixed"}, {"go", thesaurus.Ed, ""}, {"think", thesaurus.Ed, ""}, {"give up", thesaurus.Ed, ""},
		{"city", thesaurus.S, "cities"}, {"boy", thesaurus.S, "boys"}, {"watch", thesaurus.S, "watches"}, {"box", thesaurus.S, "boxes"}, {"motion picture", thesaurus.S, "motion pictures"}, {"child", thesaurus.S, ""},
		{"big", thesaurus.Er, "bigger"}, {"happy", thesaurus.Est, "happiest"}, {"large", thesaurus.Er, "larger"}, {"beautiful", thesaurus.Er, ""}, {"good", thesaurus.Est, ""},
		{"U.S.", thesaurus.S, ""}, {"word", thesaurus.Base, "word"},
	} {
		got, ok := c.form.Of(c.word)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s in form %d: %q, want %q", c.word, c.form, got, c.want)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add("a\tb\n")
	f.Add("1-n\tcmn:lemma\tx+y\n")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = thesaurus.Lines(strings.NewReader(text), "f", nil)
		_, _ = thesaurus.Pairs(strings.NewReader(text), "f", nil)
		_, _ = thesaurus.OpenWordNet(strings.NewReader(text), "f", nil)
		_, _ = thesaurus.WordNet(fstest.MapFS{"index.adj": {Data: []byte(text)}, "data.adj": {Data: []byte(text)}}, nil)
	})
}

func Example() {
	table, err := thesaurus.Lines(strings.NewReader("movie\tfilm\tpicture\n"), "list.tsv", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	synonyms, form := table.Lookup("movies")
	for _, s := range synonyms {
		inflected, _ := form.Of(s)
		fmt.Println(inflected)
	}
	// Output:
	// films
	// pictures
}

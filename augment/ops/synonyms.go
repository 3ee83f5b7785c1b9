package ops

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/thesaurus"
	"github.com/ortrain/ortrain/pipeline/random"
)

// thesaurusParams are those of operators that need synonyms.
var thesaurusParams = []augment.Param{
	{Name: "file", Doc: "a thesaurus file in place of the language's pack (wordnet for en, cow for zh)", Default: ""},
	{Name: "format", Doc: "of the file: tsv (word, tab, synonym, …), pairs (word and synonym) or omw (a tab file of the Open Multilingual Wordnet)",
		Default: "tsv", Choices: []string{"tsv", "pairs", "omw"}},
	{Name: "stopwords", Doc: "words without synonyms: builtin, a list of function words of English; pack, those of the pack stopwords in the language",
		Default: "builtin", Choices: []string{"builtin", "pack"}},
}

// openThesaurus reads the thesaurus that the settings name.
func openThesaurus(s augment.Settings) (*thesaurus.Table, error) {
	stop := function
	if s.Text("stopwords") == "pack" {
		var err error
		if stop, err = openStopwords(s); err != nil {
			return nil, err
		}
	}
	skip := func(w string) bool { return stop[w] || negates(w) }
	name := s.Text("file")
	if name == "" && s.Language == "zh" {
		pack, err := s.Pack("cow")
		if err != nil {
			return nil, err
		}
		return readThesaurus(pack.Open, "wn-data-cmn.tab", "omw", skip)
	}
	if name == "" {
		pack, err := s.Pack("wordnet")
		if err != nil {
			return nil, err
		}
		return thesaurus.WordNet(pack, skip)
	}
	return readThesaurus(s.File, name, s.Text("format"), skip)
}

// openStopwords reads the stop words of the language from their pack.
func openStopwords(s augment.Settings) (map[string]bool, error) {
	pack, err := s.Pack("stopwords")
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(pack, "stopwords-iso.json")
	if err != nil {
		return nil, fmt.Errorf("ops: %w: %w", err, augment.ErrResource)
	}
	var all map[string][]string
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("ops: stopwords-iso.json: %w: %w", err, augment.ErrResource)
	}
	stop := make(map[string]bool)
	for _, w := range all[s.Language] {
		stop[w] = true
	}
	if len(stop) == 0 {
		return nil, fmt.Errorf("ops: the pack stopwords has none of the language %s: %w", s.Language, augment.ErrResource)
	}
	return stop, nil
}

func readThesaurus(open func(string) (fs.File, error), name, format string, skip func(string) bool) (*thesaurus.Table, error) {
	f, err := open(name)
	if err != nil {
		return nil, fmt.Errorf("ops: thesaurus: %w: %w", err, augment.ErrResource)
	}
	defer f.Close()
	read := map[string]func(io.Reader, string, func(string) bool) (*thesaurus.Table, error){
		"tsv": thesaurus.Lines, "pairs": thesaurus.Pairs, "omw": thesaurus.OpenWordNet,
	}[format]
	t, err := read(f, name, skip)
	if err != nil {
		return nil, fmt.Errorf("ops: %w: %w", err, augment.ErrResource)
	}
	return t, nil
}

// synonymOf draws a synonym of word i in its form and case; empty if there is
// none. It draws once if the word has synonyms.
func synonymOf(table *thesaurus.Table, t *augment.Text, i int, r *random.Stream) string {
	w := t.Word(i)
	if c := w[0]; c >= 'A' && c <= 'Z' || c >= 0x80 {
		w = strings.ToLower(w)
	}
	list, form := table.Lookup(w)
	if len(list) == 0 {
		return ""
	}
	synonym, ok := form.Of(list[r.IntN(len(list))])
	if !ok || synonym == w {
		return ""
	}
	return synonym
}

package ops_test

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/augtest"
	"github.com/ortrain/ortrain/augment/neighbour"
	"github.com/ortrain/ortrain/augment/ops"
	"github.com/ortrain/ortrain/pipeline/sample"
)

var update = flag.Bool("update", false, "write docs/AUGMENTERS.md")

// packs are small stand-ins for the real ones.
type packs map[string]fstest.MapFS

func (p packs) Pack(name string) (fs.FS, error) {
	if dir, ok := p[name]; ok {
		return dir, nil
	}
	return nil, fmt.Errorf("no pack %s: %w", name, augment.ErrPack)
}

func (p packs) File(name string) (fs.File, error) { return p["files"].Open(name) }

func text(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

// wordnet writes database files of one part of speech; each set is a synset.
func wordnet(dir fstest.MapFS, suffix, pos string, sets ...string) {
	data, offsets := "  1 licence\n", make(map[string][]string)
	var lemmas []string
	for _, set := range sets {
		words := strings.Fields(set)
		offset := fmt.Sprintf("%08d", len(data))
		data += fmt.Sprintf("%s 00 %s %02x", offset, pos, len(words))
		for _, w := range words {
			data += " " + w + " 0"
			if offsets[w] == nil {
				lemmas = append(lemmas, w)
			}
			offsets[w] = append(offsets[w], offset)
		}
		data += " 000 | a gloss\n"
	}
	index := "  1 licence\n"
	for _, l := range lemmas {
		n := len(offsets[l])
		index += fmt.Sprintf("%s %s %d 0 %d 0 %s  \n", l, pos, n, n, strings.Join(offsets[l], " "))
	}
	dir["data."+suffix], dir["index."+suffix] = text(data), text(index)
}

func testPacks() packs {
	wn := fstest.MapFS{}
	wordnet(wn, "noun", "n", "movie film picture motion_picture", "actor player", "story tale", "message note")
	wordnet(wn, "verb", "v", "look appear seem", "play act", "stop halt", "run operate go")
	wordnet(wn, "adj", "a", "boring dull tiresome", "tired weary", "big large", "happy glad", "good fine")
	wordnet(wn, "adv", "r", "nowhere no_place")
	return packs{
		"wordnet":      wn,
		"cow":          {"wn-data-cmn.tab": text("# cow\n1-a\tcmn:lemma\t好\n1-a\tcmn:lemma\t好看\n2-n\tcmn:lemma\t电影\n2-n\tcmn:lemma\t影片+的\n")},
		"pinyin":       {"pinyin_dict.json": text(`{"24433": "yǐng", "39062": "yǐng", "36825": "zhè", "34071": "zhè", "37096": "bù", "19981": "bù"}`)},
		"misspellings": {"words.go": text("\t\"definately\", \"definitely\",\n\t\"recieved\", \"received\",\n\t\"adress\", \"address\",\n")},
		"stopwords":    {"stopwords-iso.json": text(`{"en": ["the", "movie"], "zh": ["的"]}`)},
		"files":        {"syn.tsv": text("good\tfine\tgreat\n"), "bad.tsv": text("good\tfine\nalone\n"), "names.tsv": text("team\tReds\nteam\tBlues\n"), "neighbours": neighbourFile()},
	}
}

func TestLaws(t *testing.T) { augtest.Run(t, ops.Standard(), testPacks()) }

// change makes one copy with one operator.
func change(t testing.TB, name, language string, params map[string]any, in string) string {
	t.Helper()
	p := augment.DefaultPolicy()
	p.Language, p.Filters = language, augment.Filters{}
	p.Operators = []augment.Step{{Name: name, Probability: 1, Weight: 1, Params: params}}
	r, err := augment.New(p, augment.Options{Table: ops.Standard(), Packs: testPacks(), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := r.Copy(sample.Example{Row: 1, Text: in}, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return got.Text
}

func TestOperators(t *testing.T) {
	full := map[string]any{"rate": 1.0}
	for _, c := range []struct {
		name, in string
		params   map[string]any
		want     []string
	}{
		{"synonym", "The player looked TIRED", full, []string{"The actor appeared WEARY", "The actor seemed WEARY"}},
		{"synonym", "stopping", full, []string{"halting"}},
		{"synonym", "Bigger", full, []string{"Larger"}},
		{"synonym", "happiest", full, []string{"gladdest"}},
		{"synonym", "the movie", map[string]any{"rate": 1.0, "stopwords": "pack"}, []string{"the movie"}},
		{"synonym", "a good day", map[string]any{"rate": 1.0, "file": "syn.tsv"}, []string{"a fine day", "a great day"}},
		{"expand", "I'm sure they DON'T care", full, []string{"I am sure they DO NOT care"}},
		{"contract", "I am sure they do not care", full, []string{"I'm sure they don't care"}},
		{"slang", "please tell me before tomorrow", full, []string{"pls tell me b4 tmrw", "plz tell me b4 tmrw"}},
		{"case", "ab cd", map[string]any{"rate": 1.0, "mode": "upper"}, []string{"AB CD"}},
		{"merge", "ab cd", full, []string{"abcd"}},
		{"bidi", "abc", full, []string{"\u202ecba\u202c"}},
		{"transpose", "ab", full, []string{"ba"}},
		{"misspell", "Definitely received", full, []string{"Definately recieved"}},
		{"simplify", "It's a well-made film, isn't it?", nil, []string{"its a well made film isnt it"}},
		{"swap", "one two", full, []string{"two one", "one two"}},
		{"delete", "not", full, []string{"not"}},
		{"entity", "in Reds", map[string]any{"rate": 1.0, "file": "names.tsv"}, []string{"in Blues"}},
		{"shuffle_sentences", "One. Two!", full, []string{"Two! One.", "One. Two!"}},
		{"neighbour", "good day", full, []string{"great day"}},
	} {
		got := change(t, c.name, "en", c.params, c.in)
		ok := false
		for _, w := range c.want {
			ok = ok || w == got
		}
		if !ok {
			t.Errorf("%s: %q becomes %q; want one of %q", c.name, c.in, got, c.want)
		}
	}
	if got := change(t, "homophone", "zh", full, "影"); got != "颖" {
		t.Errorf("the homophone of 影 is %q", got)
	}
	if got := change(t, "synonym", "zh", full, "好"); got != "好看" {
		t.Errorf("the synonym of 好 is %q", got)
	}
}

// Negations stay, whatever the rate.
func TestDeleteKeepsNegations(t *testing.T) {
	for range 20 {
		got := change(t, "delete", "en", map[string]any{"rate": 1.0}, "it is not good and wasn't fun")
		if got != "not wasn't" {
			t.Fatalf("got %q", got)
		}
	}
}

func TestThesaurusFaultsAreNamed(t *testing.T) {
	p := augment.DefaultPolicy()
	p.Operators = []augment.Step{{Name: "synonym", Probability: 1, Params: map[string]any{"file": "bad.tsv"}}}
	_, err := augment.New(p, augment.Options{Table: ops.Standard(), Packs: testPacks()})
	if err == nil || !strings.Contains(err.Error(), "bad.tsv, line 2") {
		t.Errorf("got %v", err)
	}
}

// The table of docs/AUGMENTERS.md is the table of this package.
func TestDocs(t *testing.T) {
	const path = "../../docs/AUGMENTERS.md"
	want := augment.Markdown(ops.Standard())
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s is stale (%v): go test ./augment/ops -run TestDocs -update", path, err)
	}
}

// neighbourFile is a table of two words.
func neighbourFile() *fstest.MapFile {
	in := neighbour.Input{Vocabulary: []string{"good", "great"}, Width: 1, Rows: []float32{1, 1}}
	table, err := neighbour.Build(context.Background(), in, neighbour.DefaultOptions())
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	if err := table.Write(&b, "hash"); err != nil {
		panic(err)
	}
	return text(b.String())
}

package clean_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/ortrain/ortrain/pipeline/clean"
	"github.com/ortrain/ortrain/pipeline/sample"
)

func TestRecipesAreRefusedByName(t *testing.T) {
	for recipe, want := range map[string]string{
		"":                              "no steps",
		"steps: []":                     "no steps",
		"step: [html]":                  "field step not found",
		"steps: [htlm]":                 `no step "htlm"; did you mean "html"?`,
		"steps: [xyzzy]":                "known are accents, case",
		"steps: [{html: {tag: strip}}]": `html has no parameter "tag"; did you mean "tags"?`,
		"steps: [{html: {tags: burn}}]": `html: tags is "burn"; one of strip, keep is expected`,
		"steps: [{length: {min: -1}}]":  "min is -1; a whole number of at least 0",
		"steps: [{length: {min: 1.5}}]": "min is 1.5; a whole number",
		"steps: [{length: {min: x}}]":   "min is x; a whole number",
		"steps: [{near_duplicates: {threshold: a}}]": "threshold is a; a number of at least 0.3",
		"steps: [{controls: {joiners: 1}}]":          "joiners is 1; true or false",
		"steps: [{urls: {replace: 3}}]":              "replace is 3; a text is expected",
		"steps: [{stopwords: {keep: [1]}}]":          "keep is 1; a text is expected",
		"steps: [{html: {}, urls: {}}]":              "2 names in one step",
		"steps: [html, 3x]":                          `step 2: there is no step "3x"`,
	} {
		_, err := clean.ParseRecipe([]byte(recipe))
		if !errors.Is(err, clean.ErrRecipe) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want ErrRecipe with %q", recipe, err, want)
		}
	}
}

// What only shows when the recipe is compiled.
func TestNewRefusesByName(t *testing.T) {
	dir := t.TempDir()
	latin := filepath.Join(dir, "latin1.txt")
	if err := os.WriteFile(latin, []byte("\xe9"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, use := range map[string]clean.Use{
		`stopwords: wrong cleaning recipe: stopword: "xx"; known are af ar`: {Step: "stopwords", Params: params{"language": "xx"}},
		"language th is written without spaces":                             {Step: "stopwords", Params: params{"language": "th"}},
		"no such file":                                                      {Step: "stopwords", Params: params{"file": filepath.Join(dir, "none")}},
		"not in UTF-8":                                                      {Step: "stopwords", Params: params{"file": latin}},
		`there is no language "xq"`:                                         {Step: "language", Params: params{"keep": "xq"}},
		"pseudonyms need a key":                                             {Step: "pii", Params: params{"action": "pseudonym"}},
		"there is no type SHOE":                                             {Step: "pii", Params: params{"types": "shoe"}},
	} {
		_, err := clean.New(clean.Config{Recipe: clean.Recipe{Steps: []clean.Use{use}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want an error with %q", use, err, want)
		}
	}
}

// Presets are sound, documented, and come back from YAML as they are.
func TestPresets(t *testing.T) {
	for _, name := range clean.Presets() {
		recipe, err := clean.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := clean.New(clean.Config{Recipe: recipe}); err != nil || clean.PresetDoc(name) == "" {
			t.Errorf("preset %s: %v, text %q", name, err, clean.PresetDoc(name))
		}
		text, err := yaml.Marshal(recipe)
		if err != nil {
			t.Fatal(err)
		}
		again, err := clean.ParseRecipe(text)
		if diff := cmp.Diff(recipe, again); err != nil || diff != "" {
			t.Errorf("preset %s: %v %s", name, err, diff)
		}
	}
	if _, err := clean.Preset("clasic"); !errors.Is(err, clean.ErrRecipe) || !strings.Contains(err.Error(), `"classic"`) {
		t.Errorf("got %v, want ErrRecipe that names the nearest preset", err)
	}
	if _, err := clean.New(clean.DefaultConfig()); err != nil {
		t.Error(err)
	}
}

// What the presets make of a text.
func TestPresetTexts(t *testing.T) {
	const text = " <p>The Café’s page: https://cafe.example/menu?x=1 has 3 FREE ﬁsh &amp; chips!!</p>\u200b "
	for name, want := range map[string]string{
		"encoder": "The Café’s page: https://cafe.example/menu?x=1 has 3 FREE ﬁsh & chips!!",
		"classic": "cafés fish chips",
		"social":  "The Café’s page: http has 3 FREE ﬁsh & chips!!",
		"zh":      "The Café's page: https://cafe.example/menu?x=1 has 3 FREE ﬁsh & chips!!",
	} {
		recipe, err := clean.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := clean.New(clean.Config{Recipe: recipe})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Text(text); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestReport(t *testing.T) {
	recipe, err := clean.ParseRecipe([]byte("steps: [case, {length: {min: 2}}, duplicates]"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := clean.New(clean.Config{Recipe: recipe, Samples: 1})
	if err != nil {
		t.Fatal(err)
	}
	if recipe.Files() != nil {
		t.Errorf("files %v of a recipe without any", recipe.Files())
	}
	run(t, c, texts("Ab", "ÄB", "x", "ab", "c", "ab"), 2, 2)
	got, err := json.MarshalIndent(c.Report(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "rows": 6,
 "kept": 2,
 "steps": [
  {
   "step": "case",
   "rows_changed": 2,
   "rows_dropped": 0,
   "characters_removed": 3,
   "characters_added": 3,
   "samples": [
    {
     "row": 0,
     "before": "Ab",
     "after": "ab"
    }
   ]
  },
  {
   "step": {
    "length": {
     "min": 2
    }
   },
   "rows_changed": 0,
   "rows_dropped": 2,
   "characters_removed": 0,
   "characters_added": 0,
   "samples": [
    {
     "row": 2,
     "before": "x"
    }
   ]
  },
  {
   "step": "duplicates",
   "rows_changed": 0,
   "rows_dropped": 2,
   "characters_removed": 0,
   "characters_added": 0,
   "samples": [
    {
     "row": 3,
     "before": "ab"
    }
   ]
  }
 ]
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// A recipe that hides data shows no texts, neither before nor after.
func TestPrivateRecipesKeepNoSamples(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	recipe := clean.Recipe{Steps: []clean.Use{{Step: "case"}, {Step: "pii", Params: params{"action": "pseudonym", "key_file": key}}}}
	if diff := cmp.Diff([]string{key}, recipe.Files()); diff != "" {
		t.Error(diff)
	}
	c, err := clean.New(clean.Config{Recipe: recipe, Samples: 5})
	if err != nil {
		t.Fatal(err)
	}
	left := run(t, c, texts("Mail a@b.example now", "A a@b.example"), 10, 1)
	if p := strings.Fields(left[0].Text)[1]; !strings.HasPrefix(p, "[EMAIL_") || strings.Fields(left[1].Text)[1] != p {
		t.Errorf("pseudonyms in %q and %q", left[0].Text, left[1].Text)
	}
	for _, s := range c.Report().Steps {
		if s.Samples != nil || s.Changed != 2 {
			t.Errorf("%s: %+v", s.Use.Step, s)
		}
	}
}

// OnlyEdits drops nothing, whatever the recipe says.
func TestOnlyEdits(t *testing.T) {
	recipe, err := clean.Preset("encoder")
	if err != nil {
		t.Fatal(err)
	}
	c, err := clean.New(clean.Config{Recipe: recipe, OnlyEdits: true})
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, c, texts("a  b", "a b", " "), 2, 2)
	if len(got) != 3 || got[0].Text != "a b" || got[2].Text != "" {
		t.Errorf("got %+v", got)
	}
}

// Words of tags and the span of an answer follow the text that they lie in.
func TestWordsAndPairsFollow(t *testing.T) {
	c := cleaner(t, "html", nil)
	ex := sample.Example{
		Row: 7, Text: "<b>New</b> York is &amp; was", Words: []sample.Range{{Start: 3, End: 6}, {Start: 11, End: 15}, {Start: 16, End: 18}, {Start: 19, End: 24}},
		Label: sample.Label{Kind: sample.TagLabel, Int: []int64{1, 2, 0, 0}},
	}
	got := run(t, c, []sample.Example{ex}, 1, 1)[0]
	var words []string
	for _, w := range got.Words {
		words = append(words, got.Text[w.Start:w.End])
	}
	if strings.Join(words, "|") != "New|York|is|&" || got.Text != "New York is & was" {
		t.Errorf("words %q of %q", words, got.Text)
	}
	question := sample.Example{Text: "Who &amp; when?", Pair: "It was <i>Ada</i>.", HasPair: true, Label: sample.Label{Kind: sample.SpanLabel, Int: []int64{10, 13}}}
	got = run(t, c, []sample.Example{question}, 1, 1)[0]
	if got.Text != "Who & when?" || got.Pair[got.Label.Int[0]:got.Label.Int[1]] != "Ada" {
		t.Errorf("answer %v of %q", got.Label.Int, got.Pair)
	}
}

package clean

import (
	"fmt"
	"maps"
	"slices"
)

type params = map[string]any

// presets are recipes by name.
var presets = map[string]struct {
	doc   string
	steps []Use
}{
	"encoder": {"for pretrained encoders, which know case, punctuation and stop words: only what is no text goes", []Use{
		{Step: "unicode"}, {Step: "html"}, {Step: "controls"}, {Step: "spaces"},
		{Step: "length"}, {Step: "duplicates"},
	}},
	"classic": {"for bags of words: what text classification before pretrained encoders did", []Use{
		{Step: "unicode", Params: params{"form": "NFKC"}}, {Step: "html"}, {Step: "controls"}, {Step: "case"}, {Step: "urls"},
		{Step: "numbers"}, {Step: "punctuation"}, {Step: "stopwords"}, {Step: "spaces"}, {Step: "length"},
	}},
	"social": {"for posts: links and names become placeholders, hashtags words", []Use{
		{Step: "unicode"}, {Step: "html"}, {Step: "controls"}, {Step: "urls", Params: params{"replace": "http"}},
		{Step: "emails", Params: params{"replace": "@user"}}, {Step: "mentions", Params: params{"replace": "@user"}}, {Step: "hashtags"}, {Step: "repeats"},
		{Step: "spaces"}, {Step: "length"}, {Step: "duplicates"},
	}},
	"zh": {"for Chinese: full-width letters, digits and punctuation become ASCII", []Use{
		{Step: "unicode"}, {Step: "html"}, {Step: "controls"}, {Step: "width"}, {Step: "punctuation", Params: params{"action": "normalize"}},
		{Step: "spaces"}, {Step: "length"}, {Step: "duplicates"},
	}},
}

// Presets returns the names of the recipes that come with the package.
func Presets() []string { return slices.Sorted(maps.Keys(presets)) }

// Preset returns the recipe of a name.
func Preset(name string) (Recipe, error) {
	p, ok := presets[name]
	if !ok {
		return Recipe{}, fmt.Errorf("clean: there is no preset %q; %s: %w", name, nearest(name, Presets()), ErrRecipe)
	}
	out := Recipe{Steps: slices.Clone(p.steps)}
	for i := range out.Steps {
		out.Steps[i].Params = maps.Clone(out.Steps[i].Params)
	}
	return out, nil
}

// PresetDoc says in one line what a preset is for; empty for an unknown name.
func PresetDoc(name string) string { return presets[name].doc }

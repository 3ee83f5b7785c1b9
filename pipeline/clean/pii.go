package clean

import (
	"bytes"
	"fmt"
	"os"

	"github.com/ortrain/ortrain/pipeline/clean/pii"
	"github.com/ortrain/ortrain/pipeline/edit"
)

var _ = register(Step{
	Name: "pii",
	Doc:  "replaces sensitive data: addresses, numbers, names, keys (package pii); run unicode and controls before it",
	Params: []Param{
		{Name: "types", Default: []string{}, Doc: "what to replace; all that needs no list unless said"},
		{Name: "action", Default: string(pii.Placeholder), Choices: []string{string(pii.Placeholder), string(pii.Mask), string(pii.Pseudonym)}, Doc: "replace by [TYPE], by *, or by [TYPE_digits], equal for equal values under one key"},
		{Name: "keep", Default: 0, Min: 0, Doc: "characters at the end that a mask leaves"},
		{Name: "key_file", Default: "", File: true, Doc: "file whose content is the secret key of pseudonyms"},
		{Name: "patterns", Default: []string{}, File: true, Doc: "files of patterns of one's own"},
		{Name: "given_names", Default: []string{}, File: true, Doc: "files of given names, one a line"},
		{Name: "family_names", Default: []string{}, File: true, Doc: "files of family names, one a line"},
	},
	// The shortest match, such as an IP address of seven characters, becomes a
	// type and sixteen digits.
	Laws:    Laws{Growth: 8},
	Private: true,
	New: func(a Args) (Op, error) {
		cfg := pii.Default()
		if types := a.Strings("types"); len(types) > 0 {
			cfg.Types = types
		}
		cfg.Replace, cfg.Keep, cfg.Patterns = pii.Replacement(a.String("action")), a.Int("keep"), a.Strings("patterns")
		cfg.Names = pii.Names{Given: a.Strings("given_names"), Family: a.Strings("family_names")}
		if path := a.String("key_file"); path != "" {
			key, err := os.ReadFile(path)
			if err != nil {
				return Op{}, fmt.Errorf("key_file: %w", err)
			}
			cfg.Key = bytes.TrimSpace(key)
		}
		scrubber, err := pii.New(cfg)
		if err != nil {
			return Op{}, fmt.Errorf("%w: %w", ErrRecipe, err)
		}
		return Op{Edit: func(list edit.List, in Input) edit.List { return append(list, scrubber.Edits(in.Text)...) }}, nil
	},
})

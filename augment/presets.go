package augment

import (
	"fmt"
	"slices"
	"strings"

	_ "embed" // for the presets
)

// presetFile holds the presets, policies in YAML one after another.
//
//go:embed presets.yaml
var presetFile string

// Presets returns the names of the built-in policies.
func Presets() []string {
	var names []string
	for text := range strings.SplitSeq(presetFile, "---\n") {
		names = append(names, presetName(text))
	}
	slices.Sort(names)
	return names
}

// presetName returns the name in a policy's first line.
func presetName(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(strings.TrimPrefix(line, "name:"))
}

// PresetText returns a built-in policy as YAML, to begin a policy file with.
func PresetText(name string) (string, error) {
	for text := range strings.SplitSeq(presetFile, "---\n") {
		if presetName(text) == name {
			return text, nil
		}
	}
	return "", fmt.Errorf("augment: there is no preset %s; did you mean %s?: %w", name, nearest(name, Presets()), ErrPolicy)
}

// Preset returns a built-in policy.
func Preset(name string) (Policy, error) {
	text, err := PresetText(name)
	if err != nil {
		return Policy{}, err
	}
	return ParsePolicy([]byte(text))
}

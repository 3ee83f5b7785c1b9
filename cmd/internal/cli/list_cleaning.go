package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"

	"github.com/ortrain/ortrain/pipeline/clean"
)

func listCleaning(e Env) *cli.Command {
	return listKind(e, "cleaning", "the presets of --clean, and the steps of recipes with their parameters", writeCleaning)
}

// writeCleaning lists presets as recipes, which can be copied, and all steps.
func writeCleaning(t *tabwriter.Writer) error {
	for _, name := range clean.Presets() {
		recipe, err := clean.Preset(name)
		if err != nil {
			return err
		}
		text, err := yaml.Marshal(recipe)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "# preset %s: %s\n%s\n", name, clean.PresetDoc(name), text)
	}
	fmt.Fprintln(t, "STEP\tPARAMETER\tDEFAULT\tWHAT IT DOES")
	for _, s := range clean.Steps() {
		fmt.Fprintf(t, "%s\t\t\t%s\n", s.Name, s.Doc)
		for _, p := range s.Params {
			doc := p.Doc
			if len(p.Choices) > 0 {
				doc += " (" + strings.Join(p.Choices, ", ") + ")"
			}
			fmt.Fprintf(t, "\t%s\t%s\t%s\n", p.Name, shown(p.Default), doc)
		}
	}
	return nil
}

// shown writes a default as a recipe would.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case []string:
		return "[" + strings.Join(v, ", ") + "]"
	}
	return fmt.Sprint(v)
}

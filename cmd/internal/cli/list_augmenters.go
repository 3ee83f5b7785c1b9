package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/ops"
)

func listAugmenters(e Env) *cli.Command {
	return listKind(e, "augmenters", "the presets of --augment, and the operators of policies with their parameters and laws", func(t *tabwriter.Writer) error {
		return writeAugmenters(t, ops.Standard())
	})
}

// writeAugmenters lists presets as policies, which can be copied, and all
// operators.
func writeAugmenters(t *tabwriter.Writer, table augment.Table) error {
	for _, name := range augment.Presets() {
		text, err := augment.PresetText(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "# preset %s\n%s\n", name, text)
	}
	fmt.Fprintln(t, "OPERATOR\tPARAMETER\tDEFAULT\tWHAT IT DOES")
	for _, s := range table.Specs() {
		fmt.Fprintf(t, "%s\t\t\t%s\n", s.Name, s.Doc)
		for _, p := range s.Params {
			fmt.Fprintf(t, "\t%s\t%s\t%s\n", p.Name, shown(p.Default), p.Doc)
		}
		fmt.Fprintf(t, "\t\t\tlanguages: %s\n", strings.Join(s.Languages, ", "))
		if len(s.Packs) > 0 {
			fmt.Fprintf(t, "\t\t\tpacks: %s\n", strings.Join(s.Packs, ", "))
		}
		fmt.Fprintf(t, "\t\t\tlaws: %s\n", s.Laws)
		for _, h := range s.Harms {
			fmt.Fprintf(t, "\t\t\tharms %s: %s\n", h.Task, h.Why)
		}
	}
	return nil
}

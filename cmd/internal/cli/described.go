package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// described is what a command says of itself, for shells and the manual page.
type described struct {
	name, text, args, more string
	flags                  []describedFlag
	commands               []described
}

// describedFlag is an option; without a value it stands alone.
type describedFlag struct {
	names       []string // with their dashes, the long one first
	text        string
	value       string // what the help page calls it, "" for none
	defaultText string
}

// describe reads the commands of the program, or those of a command.
func describe(commands []*cli.Command) []described {
	var out []described
	for _, c := range commands {
		if c.Hidden || c.Name == "help" {
			continue
		}
		d := described{name: c.Name, text: c.Usage, args: strings.TrimSpace(c.ArgsUsage), more: c.Description, commands: describe(c.Subcommands)}
		for _, f := range c.Flags {
			if slices.Contains(f.Names(), "help") {
				continue
			}
			d.flags = append(d.flags, describeFlag(f))
		}
		d.flags = append(d.flags, describedFlag{names: []string{"--help", "-h"}, text: "show help"})
		out = append(out, d)
	}
	return out
}

// valueName is the name of a value within a usage.
var valueName = regexp.MustCompile("`([^`]*)`")

func describeFlag(f cli.Flag) describedFlag {
	var d describedFlag
	for _, name := range f.Names() {
		dashes := "--"
		if len(name) == 1 {
			dashes = "-"
		}
		d.names = append(d.names, dashes+name)
	}
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return d
	}
	d.text = strings.ReplaceAll(doc.GetUsage(), "`", "")
	if !doc.TakesValue() {
		return d
	}
	d.defaultText, d.value = doc.GetDefaultText(), "value"
	if m := valueName.FindStringSubmatch(doc.GetUsage()); m != nil {
		d.value = m[1]
	}
	return d
}

// What a shell offers for a value.
const (
	offersNothing = iota
	offersFiles
	offersFolders
)

// offers tells by the name of a value what it may be.
func (f describedFlag) offers() int {
	switch {
	case f.value == "FOLDER":
		return offersFolders
	case strings.Contains(f.value, "FILE") || f.value == "PATH":
		return offersFiles
	}
	return offersNothing
}

// each calls fn with every command and its place, such as "data install".
func each(commands []described, above string, fn func(path string, d described)) {
	for _, d := range commands {
		path := strings.TrimPrefix(above+" "+d.name, " ")
		fn(path, d)
		each(d.commands, path, fn)
	}
}

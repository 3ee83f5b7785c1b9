package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// arguments brings a command line into the one form that the flag package
// reads, from the forms that people type: --a-b for --a_b, a boolean's value
// as a word of its own (--quiet false, --quiet False), and options after a
// command's arguments. What follows a bare -- is left alone.
func arguments(args []string, commands []*cli.Command) []string {
	if len(args) < 2 {
		return args
	}
	var head, rest []string // the commands with their options; the arguments
	var takes map[string]bool
	for i := 1; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			rest = append(rest, args[i:]...)
			break
		}
		if !strings.HasPrefix(a, "-") || a == "-" {
			c := named(commands, a)
			if c == nil || len(rest) > 0 {
				rest = append(rest, a)
				continue
			}
			head = append(head, a)
			commands, takes = c.Subcommands, takesValue(c.Flags)
			continue
		}
		option, name, whole := underscored(a)
		value, known := takes[name]
		switch next := i + 1; {
		case whole || !known || next == len(args):
			head = append(head, option)
		case value:
			head = append(head, option, args[next])
			i = next
		case slices.Contains([]string{"true", "false"}, strings.ToLower(args[next])):
			head = append(head, option+"="+args[next])
			i = next
		default:
			head = append(head, option)
		}
	}
	return slices.Concat(args[:1], head, rest)
}

// named returns the command of a name, nil if there is none.
func named(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// takesValue says of every name of the flags whether a value follows it.
func takesValue(flags []cli.Flag) map[string]bool {
	out := make(map[string]bool)
	for _, f := range flags {
		value := true
		if d, ok := f.(cli.DocGenerationFlag); ok {
			value = d.TakesValue()
		}
		for _, name := range f.Names() {
			out[name] = value
		}
	}
	return out
}

// underscored rewrites one option. whole says that it carries its value.
func underscored(arg string) (option, name string, whole bool) {
	name = strings.TrimLeft(arg, "-")
	dashes := arg[:len(arg)-len(name)]
	name, value, whole := strings.Cut(name, "=")
	name = strings.ReplaceAll(name, "-", "_")
	option = dashes + name
	if whole {
		option += "=" + value
	}
	return option, name, whole
}

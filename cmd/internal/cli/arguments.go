package cli

import (
	"reflect"
	"slices"
	"strings"
)

// arguments brings a command line into the one form that the flag package
// reads, from the forms that people type: --a-b for --a_b, a boolean's value
// as a word of its own (--quiet false, --quiet False), and options after the
// configuration file. What follows a bare -- is left alone.
func arguments(args []string) []string {
	if len(args) < 2 {
		return args
	}
	kinds := optionKinds()
	var options, rest []string
	for i := 1; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			rest = append(rest, args[i:]...)
			break
		}
		if !strings.HasPrefix(a, "-") || a == "-" {
			if commandWord(options, rest, a) {
				options = append(options, a)
			} else {
				rest = append(rest, a)
			}
			continue
		}
		option, name, whole := underscored(a)
		kind, known := kinds[name]
		switch next := i + 1; {
		case whole || !known || next == len(args):
			options = append(options, option)
		case kind != reflect.Bool:
			options = append(options, option, args[next])
			i = next
		case slices.Contains([]string{"true", "false"}, strings.ToLower(args[next])):
			options = append(options, option+"="+args[next])
			i = next
		default:
			options = append(options, option)
		}
	}
	return slices.Concat(args[:1], options, rest)
}

// subcommands are the second words of commands that have options.
var subcommands = map[string][]string{"verify": {"resume"}}

// commandWord reports whether a word belongs to the command, which comes first.
func commandWord(options, rest []string, word string) bool {
	return len(rest) == 0 && (len(options) == 0 || len(options) == 1 && slices.Contains(subcommands[options[0]], word))
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

// optionKinds maps every name and short name to the kind of its value.
func optionKinds() map[string]reflect.Kind {
	run := DefaultRun()
	kinds := make(map[string]reflect.Kind)
	for _, o := range options(&run) {
		for _, name := range append([]string{o.name}, aliases[o.name]...) {
			kinds[name] = o.value.Kind()
		}
	}
	for _, name := range trialOptions {
		kinds[name] = reflect.Int
	}
	return kinds
}

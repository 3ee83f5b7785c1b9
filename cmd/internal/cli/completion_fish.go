package cli

import (
	"fmt"
	"io"
	"strings"
)

// completeFish writes one line for each command and option.
func completeFish(w io.Writer, commands []described) {
	fmt.Fprint(w, fishHead)
	fishCommands(w, "", commands)
	each(commands, "", func(path string, d described) {
		fishCommands(w, path, d.commands)
		for _, f := range d.flags {
			for _, name := range f.names {
				form, bare := "-l ", strings.TrimLeft(name, "-")
				if len(bare) == 1 {
					form = "-s "
				}
				fmt.Fprintf(w, "complete -c ortrain -n '__ortrain_in %s' %s%s%s -d %s\n", path, form, bare, fishValue(f), shellQuoted(f.text, true))
			}
		}
	})
}

// fishCommands writes those that may follow a place.
func fishCommands(w io.Writer, path string, commands []described) {
	for _, d := range commands {
		fmt.Fprintf(w, "complete -c ortrain -n '__ortrain_at %s' -f -a %s -d %s\n", path, d.name, shellQuoted(d.text, true))
	}
}

// fishValue says what follows an option.
func fishValue(f describedFlag) string {
	if f.value == "" {
		return ""
	}
	return [...]string{offersNothing: " -x", offersFiles: " -r -F", offersFolders: " -x -a '(__fish_complete_directories)'"}[f.offers()]
}

const fishHead = `# Completion of ortrain for fish.

# __ortrain_at WORDS: the command line has these commands and nothing else yet.
function __ortrain_at
	set -l words (commandline -opc)
	test "$words[2..]" = "$argv"
end

# __ortrain_in WORDS: the command line begins with these commands.
function __ortrain_in
	set -l words (commandline -opc)
	set -l n (math 1 + (count $argv))
	test (count $words) -ge $n; and test "$words[2..$n]" = "$argv"
end

`

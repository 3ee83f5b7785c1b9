package cli

import (
	"fmt"
	"io"
	"strings"
)

// completeZsh writes a function for zsh's own _arguments and _describe.
func completeZsh(w io.Writer, commands []described) {
	fmt.Fprint(w, "#compdef ortrain\n# Completion of ortrain for zsh.\n\n")
	zshCommands(w, "_ortrain", commands)
	each(commands, "", func(path string, d described) {
		if len(d.commands) > 0 {
			zshCommands(w, zshName(path), d.commands)
			return
		}
		fmt.Fprintf(w, "%s() {\n\t_arguments", zshName(path))
		for _, f := range d.flags {
			for _, name := range f.names {
				fmt.Fprintf(w, " \\\n\t\t%s", shellQuoted(zshOption(name, f), false))
			}
		}
		fmt.Fprint(w, " \\\n\t\t'*: :_files'\n}\n\n")
	})
	fmt.Fprint(w, "if [[ $funcstack[1] == _ortrain ]]; then\n\t_ortrain \"$@\"\nelse\n\tcompdef _ortrain ortrain\nfi\n")
}

func zshName(path string) string { return "_ortrain_" + strings.ReplaceAll(path, " ", "_") }

// zshCommands writes a function that offers commands, or goes on in that of the
// command that is there.
func zshCommands(w io.Writer, name string, commands []described) {
	fmt.Fprintf(w, "%s() {\n\tlocal state line\n\tlocal -a commands=(", name)
	for _, d := range commands {
		fmt.Fprintf(w, "\n\t\t%s", shellQuoted(d.name+":"+d.text, false))
	}
	fmt.Fprint(w, "\n\t)\n\t_arguments -C '--help[show help]' '1: :->command' '*:: :->rest'\n\tcase $state in\n"+
		"\tcommand) _describe command commands ;;\n")
	fmt.Fprintf(w, "\trest) (( $+functions[%s_$line[1]] )) && %s_$line[1] ;;\n\tesac\n}\n\n", name, name)
}

// zshOption is one specification of _arguments.
func zshOption(name string, f describedFlag) string {
	text := strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(f.text)
	if f.value == "" {
		return name + "[" + text + "]"
	}
	value := strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(f.value)
	offer := [...]string{offersNothing: " ", offersFiles: "_files", offersFolders: "_files -/"}[f.offers()]
	equals := "="
	if len(name) == 2 {
		equals = ""
	}
	return name + equals + "[" + text + "]:" + value + ":" + offer
}

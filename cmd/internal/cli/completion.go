package cli

import (
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// shells write what a shell completes command lines by.
var shells = map[string]func(w io.Writer, commands []described){
	"bash": completeBash, "fish": completeFish, "zsh": completeZsh,
}

// completionCommand prints a script that stands alone: it does not call the
// program at every key.
func completionCommand(e Env) *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print the script by which a shell completes command lines", ArgsUsage: "bash|zsh|fish",
		Description: "bash: source <(ortrain completion bash), in ~/.bashrc to keep it\n" +
			"zsh:  ortrain completion zsh > \"${fpath[1]}/_ortrain\"\n" +
			"fish: ortrain completion fish > ~/.config/fish/completions/ortrain.fish",
		Action: func(c *cli.Context) error {
			names := slices.Sorted(maps.Keys(shells))
			write, ok := shells[c.Args().First()]
			if !ok || c.Args().Len() > 1 {
				return usage("completion takes the name of a shell: %s", strings.Join(names, ", "))
			}
			var script strings.Builder
			write(&script, describe(c.App.Commands))
			_, err := io.WriteString(e.Stdout, script.String())
			return err
		},
	}
}

// shellQuoted makes one word of any text, for all three shells: fish alone reads
// a backslash within single quotes.
func shellQuoted(text string, fish bool) string {
	if fish {
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func commandWords(commands []described) (names []string) {
	for _, d := range commands {
		names = append(names, d.name)
	}
	return names
}

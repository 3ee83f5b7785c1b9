package cli

import (
	"text/tabwriter"

	"github.com/urfave/cli/v2"
)

// listCommand shows what is built in, one subcommand for each kind.
func listCommand(e Env) *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "show what is built in", ArgsUsage: "KIND",
		Subcommands: []*cli.Command{listAdversaries(e), listAugmenters(e), listCleaning(e), listRecognisers(e)},
		Action: func(c *cli.Context) error {
			var kinds []string
			for _, k := range c.Command.Subcommands {
				kinds = append(kinds, k.Name)
			}
			if name := c.Args().First(); name != "" {
				return usage("there is no list of %s; did you mean %s?", name, nearest(name, kinds))
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

// listKind is one kind of what is built in: write prints its table, cells with
// tabs between them.
func listKind(e Env, name, text string, write func(t *tabwriter.Writer) error) *cli.Command {
	return &cli.Command{Name: name, Usage: text, Action: func(*cli.Context) error {
		t := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
		if err := write(t); err != nil {
			return err
		}
		return t.Flush()
	}}
}

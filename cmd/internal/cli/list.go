package cli

import "github.com/urfave/cli/v2"

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

package cli

import (
	"github.com/urfave/cli/v2"
)

func configCommand(e Env) *cli.Command {
	c := &cli.Command{
		Name: "config", Usage: "show what options there are and what a configuration comes to", ArgsUsage: "schema|render|explain",
		Subcommands: []*cli.Command{configSchema(e), configRender(e), configExplain(e)},
		Action: func(c *cli.Context) error {
			var have []string
			for _, k := range c.Command.Subcommands {
				have = append(have, k.Name)
			}
			if name := c.Args().First(); name != "" {
				return usage("there is no config %s; did you mean %s?", name, nearest(name, have))
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
	for _, sub := range c.Subcommands {
		sub.OnUsageError = onUsageError
	}
	return c
}

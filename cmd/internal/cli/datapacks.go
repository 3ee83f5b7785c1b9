package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/augment/pack"
)

// dataCommand manages resource packs. Nothing is downloaded but by install.
func dataCommand(e Env) *cli.Command {
	dir := &cli.StringFlag{Name: "packs_dir", Usage: usages["packs_dir"]}
	from := &cli.StringFlag{Name: "from", Usage: "take the files from `FOLDER` instead of a registry"}
	over := func(f func(context.Context, pack.Store, string, *cli.Context) error) cli.ActionFunc {
		return func(c *cli.Context) error {
			path, err := packsDir(c.String(dir.Name))
			if err != nil {
				return err
			}
			if c.Args().Len() == 0 {
				return usage("%s takes names of packs; ortrain data list shows them", c.Command.Name)
			}
			ctx, signals := e.interrupts(c.Context)
			defer signals.close()
			for _, name := range c.Args().Slice() {
				if err := knownPack(name); err != nil {
					return err
				}
			}
			for _, name := range c.Args().Slice() {
				if err := f(ctx, pack.Store{Dir: path}, name, c); err != nil {
					return interrupted(ctx, err, "")
				}
			}
			return nil
		}
	}
	return &cli.Command{
		Name: "data", Usage: "list, install and verify resource packs", ArgsUsage: "list | install NAME... | verify NAME... | neighbours OUT",
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "show all packs, their licences, where they are found, and which are installed", Flags: []cli.Flag{dir},
				Action: func(c *cli.Context) error { return listPacks(e, c.String(dir.Name)) }},
			{Name: "install", Usage: "get packs by npm, pip or go, and check every file", ArgsUsage: "NAME...", Flags: []cli.Flag{dir, from},
				Action: over(func(ctx context.Context, s pack.Store, name string, c *cli.Context) error {
					get := func() error { return s.Install(ctx, name) }
					if folder := c.String(from.Name); folder != "" {
						get = func() error { return s.InstallFrom(ctx, name, folder) }
					}
					if err := get(); err != nil {
						return err
					}
					fmt.Fprintf(e.Stdout, "%s is installed in %s\n", name, s.Dir)
					return nil
				})},
			{Name: "verify", Usage: "hash the files of installed packs", ArgsUsage: "NAME...", Flags: []cli.Flag{dir},
				Action: over(func(_ context.Context, s pack.Store, name string, _ *cli.Context) error {
					if err := s.Verify(name); err != nil {
						return err
					}
					fmt.Fprintf(e.Stdout, "%s is whole\n", name)
					return nil
				})},
			neighboursCommand(e),
		},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return usage("data has no command %s; there are list, install, verify and neighbours", name)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

// knownPack refuses names of packs that there are not.
func knownPack(name string) error {
	var have []string
	for _, p := range pack.Manifest() {
		if p.Name == name {
			return nil
		}
		have = append(have, p.Name)
	}
	return fail(ExitUsage, fmt.Errorf("there is no pack %s; did you mean %s?", name, nearest(name, have)), "ortrain data list shows all packs")
}

// listPacks shows the manifest.
func listPacks(e Env, given string) error {
	dir, err := packsDir(given)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PACK\tSTATE\tSIZE\tLICENCE\tFOUND AT\tWHAT IT IS")
	store := pack.Store{Dir: dir}
	for _, p := range pack.Manifest() {
		state := "-"
		if err := store.Verify(p.Name); err == nil {
			state = "installed"
		} else if errors.Is(err, pack.ErrHash) {
			state = "damaged"
		}
		fmt.Fprintf(t, "%s\t%s\t%.1f MB\t%s\t%s\t%s\n", p.Name, state, float64(p.Bytes())/1e6, p.Licence, p.Source(), p.Doc)
		for _, f := range p.Files {
			fmt.Fprintf(t, "\t\t\t\t%s\t%s\n", f.SHA256, f.Name)
		}
	}
	return t.Flush()
}

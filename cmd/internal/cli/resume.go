package cli

import (
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"
)

func resumeCommand(e Env) *cli.Command {
	return &cli.Command{
		Name: "resume", Usage: "go on with the recipe or the training run that a folder holds", ArgsUsage: "FOLDER",
		Description: "A recipe goes on with its first unfinished stage, a training run with its newest whole checkpoint.\n" +
			"Paths in recipes and configurations are relative to the folder that the run was begun in: go on from there.",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "quiet", Usage: usages["quiet"]}},
		Action: func(c *cli.Context) error {
			if c.Args().Len() != 1 {
				return usage("which run? give one folder, as in: ortrain resume out")
			}
			dir := c.Args().First()
			recipe, config := filepath.Join(dir, recipeFile), filepath.Join(dir, configFile)
			switch {
			case isFile(recipe):
				f, err := openFlow(e, recipe, nil, dir, c.Bool("quiet"))
				if err != nil {
					return err
				}
				return f.run(c.Context)
			case isFile(config):
				run := DefaultRun()
				if err := readConfig(config, &run); err != nil {
					return err
				}
				run.OutputDir, run.Resume, run.OverwriteOutputDir, run.Quiet = dir, "auto", false, run.Quiet || c.Bool("quiet")
				_, err := train(c.Context, e, run)
				return err
			}
			return fail(ExitData, fmt.Errorf("%s holds neither %s nor %s: nothing was begun there", dir, recipeFile, configFile), "ortrain run and ortrain train write them first of all")
		},
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/cmd/internal/demo"
	"github.com/ortrain/ortrain/pipeline/sink"
)

// Sizes of the demonstration's data, and their seed.
const (
	demoRows    = 3600
	demoScratch = 9000 // to learn a language from, without pretrained weights
	demoSeed    = 42
)

// Where the demonstration's data lie in its folder.
const (
	demoData     = "data"
	demoRequests = "requests.parquet"
	demoBeginner = "scratch"
)

// demoCommand is what "make demo" needs beside a recipe: data, and a judgement
// of what the recipe has brought.
func demoCommand(e Env) *cli.Command {
	var o demoOptions
	folder := func(c *cli.Context, f func(dir string) error) error {
		if c.Args().Len() != 1 {
			return usage("demo %s takes one folder, as in: ortrain demo %s demo-out", c.Command.Name, c.Command.Name)
		}
		ctx, signals := e.interrupts(c.Context)
		defer signals.close()
		c.Context = ctx
		return interrupted(ctx, f(c.Args().First()), "")
	}
	return &cli.Command{
		Name: "demo", Usage: "the data of the demonstration, and the verdict on what a recipe made of them", ArgsUsage: "data FOLDER | verdict FOLDER",
		Description: "\"make demo\" writes the data, runs testdata/demo/recipe.yaml over them, and asks for the verdict.",
		Subcommands: []*cli.Command{
			{
				Name: "data", Usage: "generate a hard little data set of support requests", ArgsUsage: "FOLDER",
				Flags: []cli.Flag{
					&cli.IntFlag{Name: "rows", Usage: "`ROWS` to generate", DefaultText: fmt.Sprintf("%d; from scratch %d", demoRows, demoScratch), Destination: &o.rows},
					&cli.BoolFlag{Name: "scratch", Usage: "write configuration and vocabulary of a small BERT as well, for want of pretrained weights", Destination: &o.scratch},
				},
				Action: func(c *cli.Context) error {
					return folder(c, func(dir string) error { return o.write(c.Context, e, dir) })
				},
			},
			{
				Name: "verdict", Usage: "compare what a recipe brought with naive Bayes on the same rows; exit code 4 if it is too little", ArgsUsage: "FOLDER",
				Action: func(c *cli.Context) error {
					return folder(c, func(dir string) error { return verdict(c.Context, e, dir) })
				},
			},
		},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return usage("demo has no command %s; there are data and verdict", name)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

type demoOptions struct {
	rows    int
	scratch bool
}

// write generates the data.
func (o demoOptions) write(ctx context.Context, e Env, dir string) error {
	rows := demoRows
	if o.scratch {
		rows = demoScratch
	}
	if o.rows != 0 {
		rows = o.rows
	}
	if rows < len(demo.Labels()) {
		return usage("--rows is %d; at least %d are needed, one for each intent", rows, len(demo.Labels()))
	}
	splits, err := demo.Generate(demoSeed, rows, 0, 0)
	if err != nil {
		return usage("--rows: %w", err)
	}
	if o.scratch {
		fmt.Fprintln(e.Stdout, "WITHOUT PRETRAINED WEIGHTS: a small BERT learns from scratch, so expect less than fine-tuning gives.")
		if err := writeScratch(filepath.Join(dir, demoBeginner), splits.Train); err != nil {
			return err
		}
	}
	path := filepath.Join(dir, demoData, demoRequests)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	texts, labels := make([]string, len(splits.Train)), make([]string, len(splits.Train))
	for i, r := range splits.Train {
		texts[i], labels[i] = r.Text, r.Label
	}
	table := sink.Table{{Name: "text", Values: texts}, {Name: "label", Values: labels}}
	if err := sink.WriteTable(ctx, path, table, sink.Options{}); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%s: %s support requests with %d intents\n", path, thousands(int64(rows)), len(demo.Labels()))
	return nil
}

// writeScratch writes what a model that knows nothing yet begins with.
func writeScratch(dir string, rows []demo.Row) error {
	files, err := demo.NewScratch(rows)
	for name, data := range files {
		err = errors.Join(err, writeFile(filepath.Join(dir, name), data))
	}
	return err
}

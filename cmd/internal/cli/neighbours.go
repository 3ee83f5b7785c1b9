package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/augment/neighbour"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// wordMatrix is how the name of a model's word-embedding matrix ends.
const wordMatrix = "word_embeddings.weight"

// neighboursCommand makes the table that the operator neighbour reads.
func neighboursCommand(e Env) *cli.Command {
	o := neighbour.DefaultOptions()
	return &cli.Command{
		Name: "neighbours", Usage: "find the nearest words in a model's word-embedding matrix, for the operator neighbour", ArgsUsage: "OUT",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "model_name_or_path", Aliases: []string{"model"}, Usage: "`FOLDER` of the model"},
			&cli.IntFlag{Name: "most", Value: o.Most, Usage: "`NUMBER` of neighbours of a word"},
			&cli.Float64Flag{Name: "least", Value: o.Least, Usage: "smallest `COSINE`"},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Len() != 1 || c.String("model_name_or_path") == "" {
				return usage("neighbours takes a model and what to write: ortrain data neighbours --model_name_or_path FOLDER OUT")
			}
			o.Most, o.Least = c.Int("most"), c.Float64("least")
			ctx, signals := e.interrupts(c.Context)
			defer signals.close()
			return interrupted(ctx, neighbours(ctx, e, c.String("model_name_or_path"), c.Args().First(), o), "")
		},
	}
}

// neighbours writes the table, unless the file holds that of this model already.
func neighbours(ctx context.Context, e Env, folder, out string, o neighbour.Options) error {
	if err := writable("the output", out, false); err != nil {
		return err
	}
	in, err := wordEmbeddings(folder)
	if err != nil {
		return err
	}
	start := e.Now()
	table, err := neighbour.Cached(ctx, out, in, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%s: neighbours of %s words of %s, in %.1f s\n", out, thousands(int64(table.Len())), thousands(int64(len(in.Vocabulary))), e.Now().Sub(start).Seconds())
	return nil
}

// wordEmbeddings reads matrix and vocabulary of a model folder.
func wordEmbeddings(folder string) (in neighbour.Input, err error) {
	tok, err := tokenize.Open(folder)
	if err != nil {
		return in, err
	}
	defer tok.Close()
	in.Vocabulary = tok.Tokens()
	weights, err := safetensors.OpenFolder(folder)
	if err != nil {
		return in, err
	}
	defer weights.Close()
	for _, info := range weights.Infos() {
		if !strings.HasSuffix(info.Name, wordMatrix) || len(info.Shape) != 2 {
			continue
		}
		in.Width, in.Rows = int(info.Shape[1]), make([]float32, info.Len())
		if err := weights.ReadFloat32(info.Name, in.Rows); err != nil {
			return in, err
		}
		if n := len(in.Vocabulary) * in.Width; len(in.Rows) > n { // tables are often padded
			in.Rows = in.Rows[:n]
		}
		return in, nil
	}
	return in, fail(ExitData, fmt.Errorf("%s: no tensor's name ends in %s", folder, wordMatrix), "")
}

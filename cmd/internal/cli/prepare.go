package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
)

// preparation are the options of prepare beside the ones that train has too.
type preparation struct {
	out                            string
	noText, onlyChange, unlabelled bool
}

// prepareOptions are those that settle what the tokens of a row are.
var prepareOptions = []string{
	"model_name_or_path", "revision", "config_name", "tokenizer_name", "train_file", "text_column", "text_pair_column", "label_column",
	"clean", "max_seq_length", "truncation", "dataloader_num_workers", "quiet",
}

// prepareCommand tokenizes a data set once, for all runs that follow.
func prepareCommand(e Env) *cli.Command {
	o := &preparation{}
	c := command(e, "prepare", "clean and tokenize a data set once, into a file that train reads as it is", "[FILE.yaml]", prepareOptions,
		func(ctx context.Context, e Env, run Run) error {
			ctx, signals := e.interrupts(ctx)
			defer signals.close()
			return interrupted(ctx, prepare(ctx, e, run, *o), "")
		})
	const category = "OUTPUT"
	c.Flags = append(c.Flags,
		&cli.StringFlag{Name: "output_file", Usage: "`FILE` to write, an Arrow file (.arrow)", Destination: &o.out, Category: category},
		&cli.BoolFlag{Name: "no_text", Usage: "leave the texts out: the file gets smaller, but nobody can augment or look at them", Destination: &o.noText, Category: category},
		&cli.BoolFlag{Name: "unlabeled", Usage: "let in rows without a label, and data without a column of labels: for runs whose --adversary learns from them", Destination: &o.unlabelled, Category: category},
		&cli.BoolFlag{Name: keepOption, Usage: "change texts only and drop no row: for --validation_file and --test_file", Destination: &o.onlyChange, Category: category},
	)
	c.Description = "The file stands in the place of the data: ortrain train --train_file OUT.arrow, with the same tokenizer,\n" +
		"max_seq_length and clean, which are compared. Batches are those that the data would give, byte for byte."
	return c
}

// prepare writes the file, whole or not at all.
func prepare(ctx context.Context, e Env, run Run, o preparation) (err error) {
	if err := must("train_file", run.TrainFile, "output_file", o.out); err != nil {
		return err
	}
	if mixed(run.TrainFile) != nil {
		return usage("--train_file %s mixes data sets by weight, which are prepared one by one: a run may mix the prepared files", run.TrainFile)
	}
	if err := notAmong([]string{run.TrainFile}, o.out); err != nil {
		return err
	}
	if err := writable("--output_file", o.out, false); err != nil {
		return err
	}
	watch := &watchdog{out: e.Stderr, now: e.Now, quiet: run.Quiet}
	e.Stderr = watch
	watch.begin("reading " + run.TrainFile)
	defer watch.start()()
	s := &session{env: e, run: run}
	defer s.close()
	if s.folder, err = openFolder(ctx, e, run); err != nil {
		return err
	}
	if err := s.openTokenizer(); err != nil {
		return err
	}
	if s.cleaning, err = openCleaning(run, s.folder); err != nil {
		return err
	}
	c := feedConfig(s.run, s.tok, run.TrainFile)
	c.Memory, c.Optional, c.MinusOne = new(record.Allocator), o.unlabelled, o.unlabelled
	if c.Clean, c.Edit, err = s.cleaning.stages("train", c.Workers, !o.onlyChange); err != nil {
		return err
	}
	if c.CleanID, err = s.cleaning.identity(!o.onlyChange); err != nil {
		return err
	}
	p, err := feed.Prepare(ctx, c, !o.noText)
	if err == nil {
		err = s.writePrepared(ctx, p, c.Memory, o.out)
	}
	if !o.unlabelled && withoutLabel(err) {
		return fail(ExitData, err, "--unlabeled lets such rows in, for runs whose --adversary learns from them: "+unlabelledMethods())
	}
	return err
}

// writePrepared writes the rows, and closes their source.
func (s *session) writePrepared(ctx context.Context, p *feed.Preparing, memory *record.Allocator, out string) (err error) {
	f, err := sink.Create(out, sink.Options{Prepared: &p.About, Memory: memory})
	if err != nil {
		return first(err, p.Rows.Close())
	}
	defer func() { err = first(err, f.Close()) }()
	start := s.env.Now()
	progress := newPace(s.env.Now, s.say, "preparing", int64(p.Total))
	var rows, tokens int64
	var room []sample.Example
	err = eachRecord(ctx, p.Rows, func(b *record.Batch) error {
		room = b.Into(room)
		rows += int64(len(room))
		for _, ex := range room {
			tokens += int64(len(ex.Tokens.IDs))
		}
		if n := len(room); n > 0 {
			progress.at(int64(room[n-1].Row) + 1)
		}
		return f.Write(ctx, b)
	})
	if err != nil {
		return err
	}
	if rows == 0 {
		return fail(ExitData, fmt.Errorf("%s: cleaning left no row", s.run.TrainFile), "")
	}
	if err := f.Commit(ctx); err != nil {
		return err
	}
	if s.cleaning != nil {
		s.say("%s", s.cleaning.summary())
	}
	fmt.Fprintf(s.env.Stdout, "%s: %s of %s rows, %s tokens, in %.1f s\n", out, thousands(rows), thousands(int64(p.Total)), thousands(tokens), s.env.Now().Sub(start).Seconds())
	return nil
}

package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// ablationSet is the data of an ablation: rows to train on, of which subsets are
// drawn, to choose on and to test on.
type ablationSet struct {
	train, validation, test string // what train takes as files
	rows, validated, tested int
	set                     *source.Set // of the rows to train on
	columns                 source.Columns
	marks                   string // what the files hold
}

// open finds the three parts, and cuts off the training rows those that have no
// file.
func (d *ablationSet) open(ctx context.Context, e Env, run Run, testSplit float64) error {
	d.train, d.validation, d.test = run.TrainFile, run.ValidationFile, run.TestFile
	if d.validation == "" || d.test == "" {
		o := splitOptions{conversion: defaultConversion(), OutputDir: filepath.Join(run.OutputDir, ablationData), Quiet: true}
		o.TextColumn, o.TextPairColumn, o.LabelColumn = run.TextColumn, run.TextPairColumn, run.LabelColumn
		part := func(n int) string { return filepath.Join(o.OutputDir, partFile(partNames[n])) }
		if d.validation == "" {
			o.ValidationSplit, d.validation = run.ValidationSplit, part(1)
		}
		if d.test == "" {
			o.TestSplit, d.test = testSplit, part(2)
		}
		d.train = part(0)
		if err := splitFiles(ctx, e, o, []string{run.TrainFile}); err != nil {
			return err
		}
	}
	d.columns = source.Columns{Text: run.TextColumn, Pair: run.TextPairColumn, Label: run.LabelColumn}
	for _, p := range []struct {
		what, path string
		rows       *int
	}{{"train", d.train, &d.rows}, {"choose", d.validation, &d.validated}, {"test", d.test, &d.tested}} {
		set, err := d.read(ctx, p.path)
		var rows int64
		if err == nil {
			rows, err = copyRows(ctx, set.Rows(), nil)
		}
		if err != nil {
			return fmt.Errorf("rows to %s on: %w", p.what, err)
		}
		*p.rows = int(rows)
		if p.rows == &d.rows {
			d.set = set
		}
		for _, path := range set.Paths() {
			mark, err := fingerprint(path, true)
			if err != nil {
				return err
			}
			d.marks += p.what + mark
		}
	}
	return nil
}

func (d *ablationSet) read(ctx context.Context, path string) (*source.Set, error) {
	return source.Open(ctx, []string{path}, source.Options{Columns: d.columns, Kind: sample.ClassLabel, Memory: new(record.Allocator)})
}

// subset returns a file with so many of the training rows, drawn by the seed. A
// smaller one is part of a larger one with the same seed. path is where it is
// written, if that is needed.
func (d *ablationSet) subset(ctx context.Context, size int, seed uint64, path string) (_ string, err error) {
	if size == d.rows {
		return d.train, nil
	}
	chosen := random.New(seed, random.Split, 0, 0, 1).Perm(d.rows)[:size]
	slices.Sort(chosen)
	memory := new(record.Allocator)
	c := d.set.Columns()
	out, err := sink.Create(path, sink.Options{Names: d.set.Names(), Text: c.Text, Pair: c.Pair, Label: c.Label, Memory: memory})
	if err != nil {
		return "", err
	}
	defer func() { err = first(err, out.Close()) }()
	build := record.NewBuilder(memory, d.set.Kind())
	defer build.Release()
	flush := func() error {
		b := build.Batch()
		defer b.Release()
		return out.Write(ctx, b)
	}
	at := 0
	err = eachExample(ctx, d.set, func(ex sample.Example) error {
		row := at
		at++
		if len(chosen) == 0 || chosen[0] != row {
			return nil
		}
		chosen = chosen[1:]
		if err := build.Append(ex); err != nil || build.Len() < record.MaxRows {
			return err
		}
		return flush()
	})
	if err == nil && build.Len() > 0 {
		err = flush()
	}
	if err != nil {
		return "", err
	}
	return path, out.Commit(ctx)
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// augmentWriter makes copies and writes all rows: to the output, and, so that a
// killed run can go on, in parts beside it until the output is whole. The output
// of a run that goes on is written anew from the parts, batch by batch as before,
// so its bytes are those of an uninterrupted run in every format.
type augmentWriter struct {
	augmentation
	env    Env
	set    *source.Set
	memory *record.Allocator
	runner *augment.Runner
	in     []string
	path   string

	report augmentReport
	rows   int64 // written
	shown  time.Time
}

// partsDir is the folder of the parts of an output.
func partsDir(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".parts")
}

func (w *augmentWriter) write(ctx context.Context) (err error) {
	w.Trail = w.Trail || w.Audit
	w.shown = w.env.Now()
	parts, err := w.openParts()
	if err != nil {
		return err
	}
	if parts != nil {
		defer func() {
			if err != nil && ctx.Err() == nil { // going on would end in the same place
				err = errors.Join(err, parts.Remove())
			}
			err = first(err, parts.Close())
		}()
	}
	out, err := w.create(w.env, w.set, w.in, w.path, w.memory)
	if err != nil {
		return err
	}
	defer func() { err = first(err, out.Close()) }()
	if err := w.transfer(ctx, parts, out); err != nil {
		return err
	}
	if err := out.Commit(ctx); err != nil {
		return err
	}
	if w.Report != "" {
		if err := writeJSON(w.Report, w.report); err != nil {
			return err
		}
	}
	w.say("%s: %s rows by the policy %s", w.path, thousands(w.rows), w.Augment)
	if parts == nil {
		return nil
	}
	return parts.Remove()
}

// openParts opens the parts of the output; there are none of standard streams.
func (w *augmentWriter) openParts() (*sink.Parts, error) {
	if w.path == sink.Stdout || slices.Contains(w.in, sink.Stdout) {
		return nil, nil
	}
	identity, err := w.identity()
	if err != nil {
		return nil, err
	}
	opts := sink.PartsOptions{Identity: identity, Resume: w.Resume, Batches: max(1, w.PartRows/record.MaxRows), Memory: w.memory}
	parts, err := sink.OpenParts(partsDir(w.path), opts)
	if errors.Is(err, sink.ErrParts) {
		w.say("starting anew: %v", err)
		opts.Resume = false
		parts, err = sink.OpenParts(partsDir(w.path), opts)
	}
	return parts, err
}

// identity says in words what the rows depend on. Input files and resources
// count as unchanged while size and time are the same.
func (w *augmentWriter) identity() (string, error) {
	policy := w.runner.Policy()
	text, err := yaml.Marshal(map[string]any{
		"version": Version, "policy": policy, "reading": w.conversion, "seed": w.Seed, "epoch": w.Epoch, "packs": w.Packs, "part_rows": w.PartRows,
	})
	if err != nil {
		return "", err
	}
	files := slices.Concat(w.set.Paths(), policyFiles(policy))
	for _, folder := range []string{w.Classifier, w.Encoder} {
		if folder != "" {
			files = append(files, folder)
		}
	}
	for _, path := range files {
		mark, err := fingerprint(path, false)
		if err != nil {
			return "", err
		}
		text = append(text, mark...)
	}
	return string(text), nil
}

// transfer brings the rows of the parts, and then those that are still to be made,
// to the output.
func (w *augmentWriter) transfer(ctx context.Context, parts *sink.Parts, out *sink.File) (err error) {
	done := 0
	if parts != nil {
		done = parts.Batches()
	}
	if done > 0 {
		w.say("going on after %s rows that were finished before", thousands(parts.Len()))
		if w.rows, err = copyRows(ctx, seen{parts.Rows(), &w.report}, out); err != nil {
			return err
		}
	}
	rows := pipeline.Map(skip(w.set.Rows(), done), max(1, w.Workers), w.runner.Rows)
	return eachRecord(ctx, rows, func(b *record.Batch) error {
		w.report.seeAll(b)
		w.rows += int64(b.Len())
		err := out.Write(ctx, b)
		if err == nil && parts != nil {
			err = parts.Write(ctx, b)
		}
		if err != nil {
			return err
		}
		if now := w.env.Now(); now.Sub(w.shown) >= time.Second {
			w.shown = now
			w.say("%s rows written", thousands(w.rows))
		}
		return nil
	})
}

// say prints a line unless the command is quiet.
func (w *augmentWriter) say(format string, args ...any) {
	if !w.Quiet {
		fmt.Fprintf(w.env.Stderr, format+"\n", args...)
	}
}

// skip leaves the first batches of a source out.
func skip(src pipeline.Source[*record.Batch], batches int) pipeline.Source[*record.Batch] {
	return pipeline.New(func(ctx context.Context) (*record.Batch, error) {
		for ; batches > 0; batches-- {
			b, err := src.Next(ctx)
			if err != nil {
				return nil, err
			}
			b.Release()
		}
		return src.Next(ctx)
	}, src.Close)
}

// Command step times optimizer steps of a BERT with random weights on full
// sequences of real text, and prints one JSON object.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/ortrain/ortrain/bench/bert"
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort"
)

type options struct {
	texts, column, tokenizer, profile string
	batch, length, steps, skip        int
	threads                           int
	standard                          bool
}

func main() {
	var o options
	flag.StringVar(&o.texts, "texts", "", "CSV file with the texts")
	flag.StringVar(&o.column, "column", "text", "its column")
	flag.StringVar(&o.tokenizer, "tokenizer", "", "folder of an uncased tokenizer")
	flag.StringVar(&o.profile, "profile", "", "prefix of a profile of the runtime")
	flag.IntVar(&o.batch, "batch", 8, "sequences of a batch")
	flag.IntVar(&o.length, "length", 128, "tokens of a sequence")
	flag.IntVar(&o.steps, "steps", 5, "steps to time")
	flag.IntVar(&o.skip, "skip", 2, "steps before the clock starts")
	flag.IntVar(&o.threads, "threads", 2, "threads")
	flag.BoolVar(&o.standard, "standard", false, "the runtime's own operators only")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "step:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	texts, err := bert.Texts(o.texts, o.column, o.tokenizer)
	if err != nil {
		return err
	}
	full := bert.Cut(texts, o.length)
	if len(full) == 0 {
		return fmt.Errorf("%s has fewer than %d tokens", o.texts, o.length)
	}
	env, err := ort.Open(ort.EnvOptions{})
	if err != nil {
		return err
	}
	defer env.Close()
	net, err := bert.Open(env, "", ortrain.NetworkOptions{Threads: o.threads, Seed: 42, Rates: optim.Decay(0.01), Standard: o.standard, Profile: o.profile})
	if err != nil {
		return err
	}
	defer net.Close()
	var total, update []float64
	for step := 1; step <= o.skip+o.steps; step++ {
		b := bert.Batch(full, o.batch, step)
		start := time.Now()
		loss, err := net.Accumulate(ctx, b, step, 0)
		if err != nil {
			return err
		}
		ran := time.Now()
		if _, err := net.Update(ctx, ortrain.Update{LearningRate: 2e-5, MaxGradNorm: 1, N: loss.N}); err != nil {
			return err
		}
		if step > o.skip {
			total = append(total, time.Since(start).Seconds())
			update = append(update, time.Since(ran).Seconds())
		}
	}
	usage, err := ort.ReadUsage()
	if err != nil {
		return err
	}
	slices.Sort(total)
	slices.Sort(update)
	step := total[len(total)/2]
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"batch": o.batch, "length": o.length, "steps": o.steps, "step_s": step,
		"optimizer_share": update[len(update)/2] / step, "peak_rss_mb": float64(usage.Peak) / (1 << 20),
	})
}

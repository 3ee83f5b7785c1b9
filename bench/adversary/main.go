// Command adversary times the steps of adversarial methods against plain ones,
// taken in turns on the same batches, and prints one JSON object a line.
//
// With -only it runs a single method, or plain steps, and tells the peak memory
// of the process, which turns would mix.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ortrain/ortrain/bench/bert"
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/pipeline/sample"
)

type options struct {
	texts, column, model, tokenizer, methods, only string
	batch, length, steps, skip, threads            int
	private                                        bool
}

func main() {
	var o options
	flag.StringVar(&o.texts, "texts", "", "CSV file with the texts")
	flag.StringVar(&o.column, "column", "text", "its column")
	flag.StringVar(&o.model, "model", "", "folder of the model; none is a BERT-base with random weights")
	flag.StringVar(&o.tokenizer, "tokenizer", "", "folder of an uncased tokenizer")
	flag.StringVar(&o.methods, "methods", "fgm,freelb,pgd,rdrop,neftune", "methods to time")
	flag.StringVar(&o.only, "only", "", "the one method to run, or plain")
	flag.IntVar(&o.batch, "batch", 8, "sequences of a batch")
	flag.IntVar(&o.length, "length", 0, "tokens of a sequence, cut from all texts; 0 takes texts as they are")
	flag.IntVar(&o.steps, "steps", 5, "steps to time")
	flag.IntVar(&o.skip, "skip", 2, "steps before the clock starts")
	flag.IntVar(&o.threads, "threads", 2, "threads")
	flag.BoolVar(&o.private, "private", false, "an arena for each session instead of a common one")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "adversary:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	texts, err := o.encode()
	if err != nil {
		return err
	}
	env, err := ort.Open(ort.EnvOptions{ArenaSameAsRequested: !o.private})
	if err != nil {
		return err
	}
	defer env.Close()
	net, err := bert.Open(env, o.model, ortrain.NetworkOptions{Threads: o.threads, Seed: 42, Rates: optim.Decay(0.01)})
	if err != nil {
		return err
	}
	defer net.Close()
	b := &bench{options: o, net: net, texts: texts, times: make(map[string][]float64), cpu: make(map[string][]float64)}
	return b.run(ctx)
}

// bench is one run.
type bench struct {
	options
	net   *ortrain.Network
	texts [][]int64
	times map[string][]float64
	// cpu is the processor time, which other processes disturb less.
	cpu map[string][]float64
}

// ascent is PGD with one step more, to tell what the step costs.
const ascent = "pgd_one_step_more"

func (b *bench) run(ctx context.Context) error {
	names := append([]string{"plain"}, strings.Split(b.methods, ",")...)
	if b.only != "" {
		names = []string{b.only}
	} else {
		names = append(names, ascent)
	}
	perturbers := make(map[string]*adversary.Perturber)
	for _, name := range names {
		if name == "plain" {
			continue
		}
		p, err := perturber(name)
		if err != nil {
			return err
		}
		if err := b.net.Prepare(p.Needs()); err != nil {
			return err
		}
		perturbers[name] = p
	}
	for step := 1; step <= b.skip+b.steps; step++ {
		batch := bert.Batch(b.texts, b.batch, step)
		for _, name := range names {
			start, cpu := time.Now(), processor()
			if err := b.step(ctx, batch, perturbers[name], step); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if step > b.skip {
				b.times[name] = append(b.times[name], time.Since(start).Seconds())
				b.cpu[name] = append(b.cpu[name], processor()-cpu)
			}
		}
	}
	return b.report(names)
}

func perturber(name string) (*adversary.Perturber, error) {
	more := name == ascent
	if more {
		name = "pgd"
	}
	c, err := adversary.Defaults(name)
	if err != nil {
		return nil, err
	}
	if more {
		c.Steps++
	}
	return adversary.New(c, 42)
}

func (b *bench) step(ctx context.Context, batch *sample.Batch, p *adversary.Perturber, step int) error {
	replays := 1
	if p != nil {
		replays = p.Replays()
	}
	for replay := range replays {
		passes, err := b.net.Passes(batch, step, 0)
		if err != nil {
			return err
		}
		n := passes.Count()
		if p == nil {
			_, err = passes.Backward(ctx, adversary.Pass{}, n)
		} else {
			_, n, err = p.Accumulate(ctx, passes, adversary.At{Step: step, Replay: replay})
		}
		if err != nil {
			return err
		}
		if _, err := b.net.Update(ctx, ortrain.Update{LearningRate: 2e-5, MaxGradNorm: 1, N: n}); err != nil {
			return err
		}
	}
	return nil
}

// report prints the median of the ratios to the plain step before.
func (b *bench) report(names []string) error {
	usage, err := ort.ReadUsage()
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, name := range names {
		line := map[string]any{"method": name, "batch": b.batch, "length": b.length, "steps": b.steps, "step_s": median(b.times[name])}
		if plain := b.times["plain"]; b.only == "" {
			line["times_plain"] = median(ratios(b.times[name], plain))
			line["cpu_times_plain"] = median(ratios(b.cpu[name], b.cpu["plain"]))
			if name == ascent && b.times["pgd"] != nil {
				line["ascent_step_of_plain"] = median(ratios(differences(b.times[ascent], b.times["pgd"]), plain))
				line["ascent_step_of_plain_cpu"] = median(ratios(differences(b.cpu[ascent], b.cpu["pgd"]), b.cpu["plain"]))
			}
		} else {
			line["peak_rss_mb"] = float64(usage.Peak) / (1 << 20)
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func ratios(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] / y[i]
	}
	return out
}

func differences(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] - y[i]
	}
	return out
}

// processor is the processor time of this process in seconds.
func processor() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	if len(x) == 0 {
		return 0
	}
	return x[len(x)/2]
}

// encode returns the texts as ids, as they are or cut to one length.
func (o options) encode() ([][]int64, error) {
	folder := o.tokenizer
	if folder == "" {
		folder = o.model
	}
	texts, err := bert.Texts(o.texts, o.column, folder)
	if err != nil || o.length == 0 {
		return texts, err
	}
	return bert.Cut(texts, o.length), nil
}

// Command step times optimizer steps of a BERT with random weights on full
// sequences of real text, and prints one JSON object.
//
// Real text matters: random token ids touch most of the vocabulary within a few
// steps, which no text does.
package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// bertBase is the configuration of bert-base-uncased.
const bertBase = `{"model_type":"bert","vocab_size":30522,"hidden_size":768,"num_hidden_layers":12,"num_attention_heads":12,
"intermediate_size":3072,"max_position_embeddings":512,"type_vocab_size":2,"hidden_act":"gelu",
"hidden_dropout_prob":0.1,"attention_probs_dropout_prob":0.1,"layer_norm_eps":1e-12,"initializer_range":0.02}`

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
	ids, err := tokens(o)
	if err != nil {
		return err
	}
	env, err := ort.Open(ort.EnvOptions{})
	if err != nil {
		return err
	}
	defer env.Close()
	net, err := network(env, o)
	if err != nil {
		return err
	}
	defer net.Close()
	var total, update []float64
	for step := 1; step <= o.skip+o.steps; step++ {
		b := batch(ids, o, step)
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

// tokens is all texts one after another.
func tokens(o options) ([]int64, error) {
	t, err := tokenize.Open(o.tokenizer)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	f, err := os.Open(o.texts)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	column := slices.Index(rows[0], o.column)
	if column < 0 {
		return nil, fmt.Errorf("%s has no column %q", o.texts, o.column)
	}
	var ids []int64
	for _, row := range rows[1:] {
		e, err := t.Encode(row[column], tokenize.Options{})
		if err != nil {
			return nil, err
		}
		for _, id := range e.IDs[1 : len(e.IDs)-1] {
			ids = append(ids, int64(id))
		}
	}
	return ids, nil
}

// batch cuts the next full sequences out of the tokens.
func batch(ids []int64, o options, step int) *sample.Batch {
	b := &sample.Batch{Offsets: []int32{0}, Labels: sample.Labels{Shape: []int64{int64(o.batch)}}}
	at := step * o.batch * o.length % (len(ids) - o.batch*o.length)
	for i := range o.batch {
		for s := range o.length {
			b.IDs, b.TypeIDs, b.Positions = append(b.IDs, ids[at]), append(b.TypeIDs, 0), append(b.Positions, int64(s))
			at++
		}
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
		b.Labels.Int = append(b.Labels.Int, int64(i%2))
		b.Row, b.Copy = append(b.Row, uint64(i)), append(b.Copy, 0)
	}
	return b
}

func network(env *ort.Env, o options) (*ortrain.Network, error) {
	config, err := model.ParseConfig([]byte(bertBase))
	if err != nil {
		return nil, err
	}
	if err := config.SetLabels([]string{"no", "yes"}); err != nil {
		return nil, err
	}
	net, err := ortrain.Blueprint{Config: config}.Network(env, ortrain.NetworkOptions{
		Threads: o.threads, Seed: 42, Rates: optim.Decay(0.01), Standard: o.standard, Profile: o.profile,
	})
	if err != nil {
		return nil, err
	}
	if err := net.Draw(); err != nil {
		return nil, errors.Join(err, net.Close())
	}
	return net, nil
}

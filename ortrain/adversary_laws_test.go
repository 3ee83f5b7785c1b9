package ortrain_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/adversary/advtest"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
)

// subject lets the laws look at a Network.
type subject struct {
	*ortrain.Network
	t testing.TB
}

func (s subject) Step(n float64) (float64, error) {
	return s.Update(context.Background(), ortrain.Update{LearningRate: 1, N: n})
}

func (s subject) Weights() []float32 {
	if err := s.Settle(); err != nil {
		s.t.Fatal(err)
	}
	var out []float32
	for _, name := range s.Names() {
		out = append(out, s.Weight(name)...)
	}
	return out
}

func TestAdversaryLaws(t *testing.T) {
	dir := filepath.Join("..", "testdata", "adversary")
	open := func(t testing.TB, dropout float64) advtest.Network {
		config, err := model.ReadConfig(filepath.Join(dir, "model"))
		if err != nil {
			t.Fatal(err)
		}
		config.HiddenDropoutProb, config.AttentionProbsDropoutProb = dropout, dropout
		n, err := ortrain.Blueprint{Config: config}.Network(orttest.Env(t), ortrain.NetworkOptions{Method: optim.SGD{}, Threads: 2, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closing(t, n.Close) })
		if _, err := n.ReadPretrained(filepath.Join(dir, "model")); err != nil {
			t.Fatal(err)
		}
		return subject{n, t}
	}
	data := randomBatches(4)
	advtest.Laws(t, advtest.Subject{
		Open:    open,
		Batches: goldenBatches(t, filepath.Join(dir, "batches.json"), nil),
		Train: func(t *testing.T, c adversary.Config, stop int) []byte {
			return trained(t, t.TempDir(), func(cfg *ortrain.Config) { cfg.Adversary, cfg.MaxSteps = c, 6 }, data, stop)
		},
	})
}

package ortrain_test

import (
	"context"
	"path/filepath"
	"slices"
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

// Reserving memory leaves no trace in what follows.
func TestReserveDisturbed(t *testing.T) {
	dir := filepath.Join("..", "testdata", "adversary")
	batches := goldenBatches(t, filepath.Join(dir, "batches.json"), nil)
	ctx := context.Background()
	for _, name := range adversary.Names() {
		c, err := adversary.Defaults(name)
		if err != nil {
			t.Fatal(err)
		}
		if c.BregmanBeta > 0 {
			c.Bregman = 1
		}
		weights := func(reserve bool) []float32 {
			n := openDropping(t, filepath.Join(dir, "model"), 0.1, model.Packed, ortrain.NetworkOptions{Threads: 2, Seed: 3})
			p, err := adversary.New(c, 3)
			if err != nil {
				t.Fatal(err)
			}
			if err := n.Prepare(p.Needs()); err != nil {
				t.Fatal(err)
			}
			for i, b := range batches[:2] {
				if reserve {
					if err := n.ReserveDisturbed(ctx, batches[1-i], c); err != nil {
						t.Fatal(err)
					}
				}
				passes, err := n.Passes(b, i+1, 0)
				if err != nil {
					t.Fatal(err)
				}
				_, count, err := p.Accumulate(ctx, passes, adversary.At{Step: i + 1})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := n.Update(ctx, ortrain.Update{LearningRate: 1e-2, N: count}); err != nil {
					t.Fatal(err)
				}
				if err := n.Follow(c.BregmanBeta); err != nil {
					t.Fatal(err)
				}
			}
			return subject{n, t}.Weights()
		}
		if !slices.Equal(weights(false), weights(true)) {
			t.Errorf("%s: other weights after memory was reserved", name)
		}
	}
}

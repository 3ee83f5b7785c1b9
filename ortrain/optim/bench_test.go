package optim_test

import (
	"math"
	"runtime"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/pipeline/random"
)

// shape is the size of a BERT-like encoder.
type shape struct{ layers, hidden, feed, vocabulary int }

var (
	miniLM   = shape{6, 384, 1536, 30522}
	bertBase = shape{12, 768, 3072, 30522}
)

func (s shape) params(b *testing.B, lazy bool) []optim.Parameter {
	var params []optim.Parameter
	add := func(name string, dims ...int64) {
		n := 1
		for _, d := range dims {
			n *= int(d)
		}
		params = append(params, optim.Parameter{Name: name, Data: memory(b, n), Shape: dims, Trainable: true})
	}
	h, f := int64(s.hidden), int64(s.feed)
	add("embeddings.word_embeddings.weight", int64(s.vocabulary), h)
	params[0].Rows, params[0].Lazy = true, lazy
	for range s.layers {
		for range 4 {
			add("dense.weight", h, h)
			add("dense.bias", h)
		}
		add("intermediate.weight", f, h)
		add("intermediate.bias", f)
		add("output.weight", h, f)
		for range 5 {
			add("LayerNorm.weight", h)
		}
	}
	for i := range params {
		params[i].Name = string(rune('a'+i)) + params[i].Name
	}
	return params
}

func memory(b *testing.B, n int) []float32 {
	b.Helper()
	buffer, err := native.AllocFloat32s(n)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = buffer.Close() })
	x := buffer.Float32s()
	for i := range x {
		x[i] = 1 / float32(i%1000+1)
	}
	return x
}

// zipf draws token ids about as frequent as words: most of the vocabulary is
// rare.
func zipf(s *random.Stream, vocabulary int) int64 {
	return int64(math.Pow(float64(vocabulary), s.Float64())) - 1
}

// benchStep measures whole steps with tokens per batch.
func benchStep(b *testing.B, size shape, tokens int, lazy bool) {
	params := size.params(b, lazy)
	o, err := optim.New(native.New(runtime.NumCPU()), params, optim.DefaultAdamW(), optim.Decay(0.01))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = o.Close() })
	grads := make(optim.Gradients, len(params))
	weights := 0
	for i, p := range params {
		weights += len(p.Data)
		if i > 0 {
			grads[i].Dense = memory(b, len(p.Data))
		}
	}
	s := random.New(1, random.Order, 0, 0, 0)
	part := native.RowPart{Index: make([]int64, tokens), Rows: memory(b, tokens*size.hidden)}
	grads[0].Rows = []native.RowPart{part}
	step := func() optim.Stats {
		for i := range part.Index {
			part.Index[i] = zipf(s, size.vocabulary)
		}
		if err := o.Settle(0, part.Index); err != nil {
			b.Fatal(err)
		}
		stats, err := o.Step(b.Context(), grads, optim.StepInfo{LR: 3e-4, Divisor: 1, MaxNorm: 1})
		if err != nil {
			b.Fatal(err)
		}
		return stats
	}
	for range 10 {
		step() // the moments' pages come into being
	}
	var stats optim.Stats
	for b.Loop() {
		stats = step()
	}
	b.ReportMetric(float64(weights)/1e6, "Mweights")
	b.ReportMetric(float64(stats.UpdatedRows), "rows")
}

// A MiniLM step on 600 tokens, as 32 short texts have.
func BenchmarkStepMiniLM(b *testing.B)      { benchStep(b, miniLM, 600, true) }
func BenchmarkStepMiniLMDense(b *testing.B) { benchStep(b, miniLM, 600, false) }

// A BERT-base step on 8 × 128 tokens.
func BenchmarkStepBERTBase(b *testing.B) { benchStep(b, bertBase, 1024, true) }

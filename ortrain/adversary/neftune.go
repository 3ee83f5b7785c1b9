package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// neftune adds uniform noise to the embeddings:
//
//	δ = m/√(L·H)·U(−1, 1)
//	min θ  L(x+δ, y; θ)
//
// m is adv_init (α in the paper, 5 to 15), L the tokens of the example.
//
// Source: Jain et al., "NEFTune: Noisy Embeddings Improve Instruction
// Finetuning" (ICLR 2024), Algorithm 1. Codes that know no lengths
// (adv_compat reference) take L of the longest example of the batch.
type neftune struct{}

var _ = register(neftune{})

func (neftune) Name() string { return "neftune" }

func (neftune) Doc() string { return "uniform noise on the embeddings" }

func (neftune) Source() string { return "Jain et al. 2024, arXiv:2310.05914" }

func (neftune) Options() string { return "adv_init adv_where adv_compat" }

func (neftune) Defaults() Config { return Config{Init: 5, Where: AtLookup, Compat: Paper} }

func (neftune) places() []string { return []string{string(AtLookup), string(AtSum), string(AtOutput)} }

func (neftune) Passes(Config) float64 { return 1 }

func (neftune) Needs(c Config) []variant.Spec {
	return []variant.Spec{{Delta: c.Where.place(), Weights: true}}
}

func (neftune) Accumulate(r *Run) float64 {
	tokens := 0
	if r.Compat == Reference {
		tokens = r.Batch().Longest()
	}
	return r.Backward(Pass{Delta: r.Noise(tokens)}, 1).Loss
}

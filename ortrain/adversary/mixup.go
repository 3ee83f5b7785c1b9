package adversary

import (
	"fmt"
	"math"

	"github.com/ortrain/ortrain/ortrain/variant"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// mixup trains on mixtures of two examples and of their labels:
//
//	λ ~ Beta(a, a)
//	h = λ·h(x_i) + (1−λ)·h(x_j)
//	min θ  λ·L(h, y_i; θ) + (1−λ)·L(h, y_j; θ)
//
// a is adv_mix_alpha. h is the sum of the embeddings (adv_where embedding_sum:
// wordMixup), what the first layer reads (embedding_output), what layer
// adv_layer reads (hidden: TMix) or what the classifier reads (pooled:
// senMixup). Partners are drawn within the micro-batch, λ for each example.
// Before the mixture each example attends to its own tokens, behind it to those
// of the longer one; adv_mix_padding says what the shorter one gives beyond its
// end.
//
// Source: Zhang et al., "mixup: Beyond Empirical Risk Minimization" (ICLR 2018);
// Guo, Mao and Zhang, "Augmenting Data with Mixup for Sentence Classification"
// (2019), section 3, for words and sentences; Chen, Yang and Yang, "MixText"
// (ACL 2020), section 3.1, for hidden layers (which pads with [PAD] tokens:
// pad_token).
type mixup struct{}

var _ = register(mixup{})

func (mixup) Name() string { return "mixup" }

func (mixup) Doc() string {
	return "mixtures of two examples, at the embeddings, a layer or the classifier"
}

func (mixup) Source() string {
	return "Guo et al. 2019, arXiv:1905.08941; Chen et al. 2020, arXiv:2004.12239"
}

func (mixup) Options() string { return "adv_where adv_layer adv_mix_alpha adv_mix_padding" }

func (mixup) Defaults() Config { return Config{Where: AtSum, MixAlpha: 1, MixPadding: Zero} }

func (mixup) places() []string {
	return []string{string(AtSum), string(AtOutput), string(AtHidden), string(AtPooled)}
}

func (mixup) check(c Config, f *faults) {
	f.check(c.Where != AtHidden || c.Layer >= 1, "adv_layer is %d; with adv_where hidden it is the layer whose input is mixed, 1 or more", c.Layer)
	f.check(c.MixPadding == Zero || c.MixPadding == Present || c.MixPadding == PadToken, "adv_mix_padding is %q; one of zero, present, pad_token is expected", c.MixPadding)
}

func (mixup) Passes(Config) float64 { return 1.3 }

func (mixup) Needs(c Config) []variant.Spec {
	s := variant.Spec{Mix: c.Where.place(), Targets: true, Weights: true}
	if s.Mix == variant.Hidden {
		s.Layer = c.Layer
	}
	return []variant.Spec{s}
}

func (m mixup) Accumulate(r *Run) float64 {
	b := r.Batch()
	partner, own := m.pairs(r, b)
	target, entropy := m.labels(r, b.Labels.Int, partner, own)
	mix := &Mix{At: r.Where.place(), Layer: r.Layer, Partner: partner, Own: own, Padding: r.MixPadding}
	// The cross-entropy with the mixed labels is KL(target‖model) and what does
	// not depend on the model.
	return r.Backward(Pass{Mix: mix, Targets: []Target{{LogProbs: target, Forward: 1}}}, 1).Loss + entropy
}

// pairs draws a partner and a share for every row.
func (mixup) pairs(r *Run, b *sample.Batch) (partner []int, own []float64) {
	if r.given.Mix != nil {
		return r.given.Mix(b.Sequences())
	}
	partner = random.New(r.Seed, random.Perturb, uint32(r.At.Step), uint64(r.At.Micro), drawPairs).Perm(b.Sequences())
	own = make([]float64, len(partner))
	for i := range own {
		own[i] = beta(random.New(r.Seed, random.Perturb, uint32(r.At.Step), b.Row[i], b.Copy[i]), r.MixAlpha)
	}
	return partner, own
}

// noProbability stands for the logarithm of 0: its exponential is 0, and so is
// its product with that.
const noProbability = -1e4

// labels mixes the labels into distributions, and returns the mean of their
// entropies.
func (mixup) labels(r *Run, labels []int64, partner []int, own []float64) (logProbs []float32, entropy float64) {
	classes := r.passes.Classes()
	logProbs = make([]float32, len(labels)*classes)
	for i := range labels {
		row := logProbs[i*classes : (i+1)*classes]
		for c := range row {
			row[c] = noProbability
		}
		y, z := labels[i], labels[partner[i]]
		if y < 0 || z < 0 || y >= int64(classes) || z >= int64(classes) {
			r.Fail(fmt.Errorf("adversary: mixup needs a class in every row; rows have %d and %d of %d classes: %w", y, z, classes, ErrConfig))
			return nil, 0
		}
		if y == z {
			row[y] = 0
			continue
		}
		for k, p := range []float64{own[i], 1 - own[i]} {
			if p > 0 {
				row[[]int64{y, z}[k]] = float32(math.Log(p))
				entropy -= p * math.Log(p) / float64(len(labels))
			}
		}
	}
	return logProbs, entropy
}

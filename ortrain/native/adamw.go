package native

import (
	"fmt"
	"math"
)

// Mode says whose AdamW is meant.
type Mode int32

// The modes, numbered as the attribute adam_mode of ONNX Runtime's
// AdamWOptimizer.
const (
	// Torch is torch.optim.AdamW: decay first, epsilon added to the corrected root.
	Torch Mode = 0
	// HuggingFace is the former transformers.AdamW: decay last, epsilon added to the raw root.
	HuggingFace Mode = 1
)

// AdamW is one step of AdamW. With t = Step, b1 = Beta1, b2 = Beta2, λ =
// WeightDecay and g = GradScale·G, in float32 and in this order:
//
//	Torch:        w = w·(1−LR·λ)
//	              m = m + (1−b1)·(g−m)
//	              v = v·b2 + ((1−b2)·g)·g
//	              w = w + (−LR/(1−b1ᵗ)·m) / (√v/√(1−b2ᵗ) + Epsilon)
//	HuggingFace:  m = m·b1 + (1−b1)·g
//	              v = v·b2 + ((1−b2)·g)·g
//	              w = w + (−LR·√(1−b2ᵗ)/(1−b1ᵗ)·m) / (√v + Epsilon)
//	              w = w + w·(−LR·λ)
//
// The scalars in brackets are computed in float64 and rounded once, as the two
// originals do. NoBiasCorrection takes 1 for both (1−bᵗ). Moments smaller than
// the smallest normal float32 become 0; that is far below anything that could
// change a weight, as long as Epsilon is at least MinEpsilon.
//
// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (ICLR
// 2019), algorithm 2; torch/optim/adamw.py (single tensor); ONNX Runtime,
// orttraining/training_ops/cpu/optimizer/adamw.
type AdamW struct {
	Mode                 Mode
	LR, Beta1, Beta2     float64
	Epsilon, WeightDecay float64
	GradScale            float64
	Step                 int64
	NoBiasCorrection     bool
}

// MinEpsilon is the least epsilon for which dropping subnormal moments cannot
// be seen in the weights.
const MinEpsilon = 1e-15

// adamWScalars mirrors struct ortrain_adamw.
type adamWScalars struct {
	gradScale, decay, beta1, rest1, beta2, rest2, root2, stepSize, epsilon float32
	mode                                                                   int32
}

// Decay is the factor that this step's weight decay applies to a weight with
// zero moments and zero gradient; Kernels.DecayRows replays it. A factor that
// Unchanged reports true for changes nothing.
func (a AdamW) Decay() float32 {
	if a.Mode == Torch {
		return float32(1 - a.LR*a.WeightDecay)
	}
	return float32(-(a.LR * a.WeightDecay))
}

// Unchanged reports whether a decay factor of mode m leaves every weight as it
// is.
func (m Mode) Unchanged(factor float32) bool {
	if m == Torch {
		return factor == 1
	}
	return factor == 0
}

func (a AdamW) scalars() *adamWScalars {
	bias1, bias2 := 1.0, 1.0
	if !a.NoBiasCorrection {
		bias1 = 1 - math.Pow(a.Beta1, float64(a.Step))
		bias2 = 1 - math.Pow(a.Beta2, float64(a.Step))
	}
	step := a.LR / bias1
	if a.Mode != Torch {
		step = a.LR * math.Sqrt(bias2) / bias1
	}
	return &adamWScalars{
		gradScale: float32(a.GradScale),
		decay:     a.Decay(),
		beta1:     float32(a.Beta1),
		rest1:     float32(1 - a.Beta1),
		beta2:     float32(a.Beta2),
		rest2:     float32(1 - a.Beta2),
		root2:     float32(math.Sqrt(bias2)),
		stepSize:  float32(-step),
		epsilon:   float32(a.Epsilon),
		mode:      int32(a.Mode),
	}
}

// AdamWJob is one array to update: weights W, gradient G and moments M and V,
// all of one length. A nil G is a gradient of zeros. With Rows, W, M and V are
// tables, only Rows.Row are visited, and G is the compact block that Rows.Sum
// points into.
type AdamWJob struct {
	AdamW
	W, G, M, V []float32
	Rows       *Rows
}

// AdamW updates every job's W, M and V in place. Errors wrap ErrShape or
// ErrIndex; then nothing has been written.
func (k Kernels) AdamW(jobs ...AdamWJob) error {
	scalars := make([]*adamWScalars, len(jobs))
	for i, j := range jobs {
		if len(j.M) != len(j.W) || len(j.V) != len(j.W) {
			return fmt.Errorf("native: adamw job %d has %d weights, %d and %d moments; their lengths must be equal: %w",
				i, len(j.W), len(j.M), len(j.V), ErrShape)
		}
		if err := checkGradient(j.W, j.G, j.Rows); err != nil {
			return fmt.Errorf("native: adamw job %d: %w", i, err)
		}
		scalars[i] = j.scalars()
	}
	k.spans(len(jobs), func(i int) extent { return updateExtent(jobs[i].W, jobs[i].Rows) }, func(i, lo, hi int) {
		j := &jobs[i]
		if j.Rows != nil {
			k.adamWRows(j.W, j.G, j.M, j.V, j.Rows.slice(lo, hi), scalars[i])
			return
		}
		g := j.G
		if g != nil {
			g = g[lo:hi]
		}
		k.adamW(j.W[lo:hi], g, j.M[lo:hi], j.V[lo:hi], scalars[i])
	})
	return nil
}

// adamWGo is the Go form; see AdamW for the formulas. The conversions keep the
// compiler from fusing a product into a sum.
func adamWGo(w, g, m, v []float32, s *adamWScalars) {
	for i := range w {
		x, a, b, y := w[i], m[i], v[i], float32(0)
		if g != nil {
			y = g[i]
		}
		y = float32(y * s.gradScale)
		if s.mode == 0 {
			x = float32(x * s.decay)
			a += float32(s.rest1 * float32(y-a))
		} else {
			a = float32(a*s.beta1) + float32(s.rest1*y)
		}
		a = flush(a)
		b = flush(float32(b*s.beta2) + float32(float32(s.rest2*y)*y))
		root := float32(math.Sqrt(float64(b)))
		if s.mode == 0 {
			root /= s.root2
		}
		x += float32(float32(s.stepSize*a) / float32(root+s.epsilon))
		if s.mode != 0 {
			x += float32(x * s.decay)
		}
		w[i], m[i], v[i] = x, a, b
	}
}

// flush turns subnormal numbers into 0.
func flush(x float32) float32 {
	if x < 0x1p-126 && x > -0x1p-126 {
		return 0
	}
	return x
}

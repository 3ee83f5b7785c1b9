package native

import "fmt"

// SGD is one step of stochastic gradient descent. With g = GradScale·G, in
// float32 and in this order:
//
//	g = g + WeightDecay·w
//	m = Momentum·m + g        (only when the job has M; then g = m)
//	w = w + (−LR)·g
//
// Source: torch/optim/sgd.py with dampening 0; ONNX Runtime's SGDOptimizerV2 is
// the case without weight decay and momentum.
type SGD struct {
	LR, Momentum, WeightDecay, GradScale float64
}

// sgdScalars mirrors struct ortrain_sgd.
type sgdScalars struct{ gradScale, weightDecay, momentum, stepSize float32 }

func (s SGD) scalars() *sgdScalars {
	return &sgdScalars{float32(s.GradScale), float32(s.WeightDecay), float32(s.Momentum), float32(-s.LR)}
}

// SGDJob is one array to update: weights W, gradient G and, with momentum, M,
// all of one length. A nil G is a gradient of zeros, a nil M no momentum. Rows
// is as in AdamWJob.
type SGDJob struct {
	SGD
	W, G, M []float32
	Rows    *Rows
}

// SGD updates every job's W and M in place. Errors wrap ErrShape or ErrIndex;
// then nothing has been written.
func (k Kernels) SGD(jobs ...SGDJob) error {
	scalars := make([]*sgdScalars, len(jobs))
	for i, j := range jobs {
		if j.M != nil && len(j.M) != len(j.W) {
			return fmt.Errorf("native: sgd job %d has %d weights and %d moments; their lengths must be equal: %w",
				i, len(j.W), len(j.M), ErrShape)
		}
		if err := checkGradient(j.W, j.G, j.Rows); err != nil {
			return fmt.Errorf("native: sgd job %d: %w", i, err)
		}
		scalars[i] = j.scalars()
	}
	k.spans(len(jobs), func(i int) extent { return updateExtent(jobs[i].W, jobs[i].Rows) }, func(i, lo, hi int) {
		j := &jobs[i]
		if j.Rows != nil {
			k.sgdRows(j.W, j.G, j.M, j.Rows.slice(lo, hi), scalars[i])
			return
		}
		g, m := j.G, j.M
		if g != nil {
			g = g[lo:hi]
		}
		if m != nil {
			m = m[lo:hi]
		}
		k.sgd(j.W[lo:hi], g, m, scalars[i])
	})
	return nil
}

// sgdGo is the Go form; see SGD for the formulas.
func sgdGo(w, g, m []float32, s *sgdScalars) {
	for i := range w {
		y := float32(0)
		if g != nil {
			y = g[i]
		}
		y = float32(y*s.gradScale) + float32(s.weightDecay*w[i])
		if m != nil {
			y = flush(float32(s.momentum*m[i]) + y)
			m[i] = y
		}
		w[i] += float32(s.stepSize * y)
	}
}

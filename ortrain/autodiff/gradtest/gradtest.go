// Package gradtest checks gradient rules against what they claim to be: the
// derivative.
//
// Nouns: a Runner evaluates a model; a Checker holds one, with the tolerance
// and the opsets to try. For every sample of a rule it builds the operator and
// its gradient by autodiff.Build and compares, along random directions v and
// weighted by random covectors c,
//
//	Σ c·(y(x + εv) − y(x − εv)) / 2ε   with   Σ v·dx(c).
//
// Random covectors matter: with the plain sum as loss, a softmax, whose rows
// always sum to one, would pass with any gradient.
//
// Path: Checker.Run(t, table) in one test of a package of rules; Checker.Rule
// for a single one; Agree to compare a second runner, or a lowered form, with
// the first.
//
// Every sample is tried at each opset that the rule claims between the
// checker's first and last, with sizes declared, with symbols in place of the
// sizes that allow it, and with every input's gradient wanted alone. Errors
// name the rule, the sample and the variant, and print the backward graph.
//
// Checks are deterministic: random numbers are drawn from the sample's name.
package gradtest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ref"
)

// Runner evaluates a model on feeds by input name and returns the outputs by
// name. It may change the model.
type Runner func(ctx context.Context, m *onnx.Model, feeds map[string]*ref.Tensor) (map[string]*ref.Tensor, error)

// Checker says how to check. Fill it by NewChecker and change what differs.
type Checker struct {
	Run Runner
	// Tolerance bounds the relative error of a directional derivative.
	Tolerance float64
	// Step is ε.
	Step float64
	// Directions is how many random directions are tried per variant.
	Directions int
	// First and Last bound the default-domain opsets that are tried.
	First, Last int64
}

// NewChecker returns a checker for runners that compute in float64. The
// tolerance leaves room for constants that graphs hold in float32.
func NewChecker(run Runner) *Checker {
	return &Checker{Run: run, Tolerance: 2e-6, Step: 1e-5, Directions: 3, First: 13, Last: 21}
}

// Test checks every rule of the table in a subtest of its own.
func (c *Checker) Test(t *testing.T, table autodiff.Table) {
	t.Helper()
	for _, r := range table.All() {
		t.Run(title(&r), func(t *testing.T) {
			if err := c.Rule(t.Context(), table, r); err != nil {
				t.Error(err)
			}
		})
	}
}

func title(r *autodiff.Rule) string {
	name := r.Op
	if r.Domain != onnx.DomainDefault {
		name = r.Domain + "." + name
	}
	return fmt.Sprintf("%s-%d", name, r.Since)
}

// Rule checks one rule of a table on its samples and joins the errors.
func (c *Checker) Rule(ctx context.Context, table autodiff.Table, r autodiff.Rule) error {
	var errs []error
	for _, s := range r.Samples {
		if err := c.sample(ctx, table, &r, &s); err != nil {
			errs = append(errs, fmt.Errorf("%s, sample %q: %w", title(&r), s.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (c *Checker) sample(ctx context.Context, table autodiff.Table, r *autodiff.Rule, s *autodiff.Sample) error {
	first, last := c.opsets(r, s)
	if first > last {
		return fmt.Errorf("no opset in %d … %d is covered by the rule (%d … %d) and the sample (%d … %d)",
			c.First, c.Last, r.Since, r.Until, s.Since, s.Until)
	}
	for opset := first; opset <= last; opset++ {
		if err := c.variant(ctx, table, s, variant{opset: opset, dims: sized}, r); err != nil {
			return err
		}
	}
	if s.Static {
		return nil
	}
	for _, dims := range []naming{symbolic, unknown} {
		if err := c.variant(ctx, table, s, variant{opset: last, dims: dims}, r); err != nil {
			return err
		}
	}
	return nil
}

// opsets intersects the default-domain opsets of the checker, the rule and the
// sample.
func (c *Checker) opsets(r *autodiff.Rule, s *autodiff.Sample) (first, last int64) {
	first, last = max(c.First, s.Since), c.Last
	if r.Domain == onnx.DomainDefault {
		first = max(first, r.Since)
		if r.Until != 0 {
			last = min(last, r.Until)
		}
	}
	if s.Until != 0 {
		last = min(last, s.Until)
	}
	return first, last
}

// variant checks a sample in one form.
func (c *Checker) variant(ctx context.Context, table autodiff.Table, s *autodiff.Sample, v variant, r *autodiff.Rule) error {
	wrap := func(err error) error { return fmt.Errorf("opset %d, %s: %w", v.opset, v.dims, err) }
	p, err := newProblem(s, v)
	if err != nil {
		return wrap(err)
	}
	h := fnv.New64a()
	h.Write([]byte(title(r) + s.Name))
	rng := rand.New(rand.NewPCG(h.Sum64(), 0))
	feeds := p.draw(rng)
	out, err := c.Run(ctx, p.forward, feeds)
	if err != nil {
		return wrap(err)
	}
	g, err := newGradient(table, s, v, p.wanted)
	if err != nil {
		return wrap(err)
	}
	full, err := c.compare(ctx, s, p, g, feeds, out, rng)
	if err != nil {
		return wrap(fmt.Errorf("%w\n%s", err, listing(g.model, len(p.forward.Graph.Nodes))))
	}
	if len(p.wanted) > 1 && v.dims == sized {
		err = c.alone(ctx, table, s, p, v, full)
	}
	if err != nil {
		return wrap(err)
	}
	return nil
}

// answer is one evaluation of a gradient.
type answer struct{ feeds, grads map[string]*ref.Tensor }

// compare tries random directions and returns the last evaluation.
func (c *Checker) compare(ctx context.Context, s *autodiff.Sample, p *problem, g *gradient, feeds, out map[string]*ref.Tensor, rng *rand.Rand) (*answer, error) {
	tolerance := c.Tolerance
	if s.Tolerance != 0 {
		tolerance = s.Tolerance
	}
	var last *answer
	for range c.Directions {
		covectors := make(map[string]*ref.Tensor)
		all := make(map[string]*ref.Tensor)
		for name, f := range feeds {
			all[name] = f
		}
		for _, o := range p.outputs {
			covectors[o] = random(rng, out[o].Dims, -1, 1, 0)
			covectors[o].DType = out[o].DType
			all[cotangent(o)] = covectors[o]
		}
		grads, err := c.Run(ctx, g.model, all)
		if err != nil {
			return nil, err
		}
		last = &answer{all, grads}
		direction := make(map[string]*ref.Tensor)
		analytic := 0.0
		for _, name := range p.wanted {
			d := random(rng, feeds[name].Dims, -1, 1, 0)
			direction[name] = d
			dx := grads[g.names[name]]
			if !sameDims(dx.Dims, d.Dims) {
				return nil, fmt.Errorf("the gradient of %s has sizes %v; %v are expected", name, dx.Dims, d.Dims)
			}
			analytic += dot(d, dx)
		}
		numeric, scale, err := c.numeric(ctx, p, feeds, direction, covectors)
		if err != nil {
			return nil, err
		}
		if diff := math.Abs(numeric - analytic); !(diff <= tolerance*(math.Abs(numeric)+scale)) {
			return nil, fmt.Errorf("directional derivative %.9g by the rule, %.9g by differences (relative error %.2g, at most %.2g is allowed)",
				analytic, numeric, diff/(math.Abs(numeric)+scale), tolerance)
		}
	}
	return last, nil
}

// numeric returns the derivative by central differences, and the size of what
// it is the sum of.
func (c *Checker) numeric(ctx context.Context, p *problem, feeds, direction, covectors map[string]*ref.Tensor) (sum, scale float64, err error) {
	var at [2]map[string]*ref.Tensor
	for k, step := range [2]float64{c.Step, -c.Step} {
		if at[k], err = c.Run(ctx, p.forward, moved(feeds, direction, step)); err != nil {
			return 0, 0, err
		}
	}
	for _, o := range p.outputs {
		for i, w := range covectors[o].F {
			d := w * (at[0][o].F[i] - at[1][o].F[i]) / (2 * c.Step)
			sum += d
			scale += math.Abs(d)
		}
	}
	const tiny = 1e-4 // differences of order one carry this much rounding noise
	return sum, scale + tiny, nil
}

// alone wants the gradient of one input after the other: each must come out as
// it does when all are wanted.
func (c *Checker) alone(ctx context.Context, table autodiff.Table, s *autodiff.Sample, p *problem, v variant, full *answer) error {
	for _, name := range p.wanted {
		g, err := newGradient(table, s, v, []string{name})
		if err != nil {
			return err
		}
		grads, err := c.Run(ctx, g.model, full.feeds)
		if err != nil {
			return fmt.Errorf("gradient of %s alone: %w", name, err)
		}
		// Both names are <input>_grad.
		if d := Difference(grads[g.names[name]], full.grads[g.names[name]]); d > c.Tolerance {
			return fmt.Errorf("the gradient of %s differs by %.2g when no other is wanted", name, d)
		}
	}
	return nil
}

// listing prints the nodes from one on, a line each.
func listing(m *onnx.Model, from int) string {
	var s strings.Builder
	for _, n := range m.Graph.Nodes[from:] {
		var in, out []string
		for _, v := range n.Inputs {
			in = append(in, v.String())
		}
		for _, v := range n.Outputs {
			out = append(out, v.String())
		}
		fmt.Fprintf(&s, "\t%s = %s(%s)\n", strings.Join(out, ", "), n.Op, strings.Join(in, ", "))
	}
	return s.String()
}

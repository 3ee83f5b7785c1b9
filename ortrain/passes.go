package ortrain

import (
	"context"
	"fmt"
	"maps"

	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/program"
	"github.com/ortrain/ortrain/ortrain/variant"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Perturbable is an Engine that can also run disturbed passes.
type Perturbable interface {
	Engine
	// Prepare loads the graphs that a run needs, so that what they lack is found
	// before the first step.
	Prepare(needs []variant.Spec) error
	// Passes begins a micro-batch, as Accumulate does, whose passes the caller
	// runs. They are valid until the next micro-batch or update.
	Passes(b *sample.Batch, step, micro int) (adversary.Passes, error)
	// Labels returns how many labels of a batch take part in the loss, as
	// Passes.Count does, without beginning a micro-batch.
	Labels(b *sample.Batch) float64
	// Follow takes the weights of an update into the moving average t that
	// Passes.Teacher runs: t ← β·t + (1−β)·w. Before the first such pass there is
	// none.
	Follow(beta float64) error
}

var _ Perturbable = (*Network)(nil)

// Passes implements Perturbable.
func (n *Network) Passes(b *sample.Batch, step, micro int) (adversary.Passes, error) {
	if n.train == nil {
		return nil, fmt.Errorf("ortrain: the network was opened for evaluation only: %w", ErrConfig)
	}
	feeds, err := n.bind(n.binder, b)
	if err != nil {
		return nil, err
	}
	if err := n.begin(feeds, micro); err != nil {
		return nil, err
	}
	key := program.MaskKey{Seed: random.Key(n.opts.Seed), Step: uint32(step), MicroBatch: uint32(micro)}
	return &passes{net: n, batch: b, key: key, count: n.count(b.Labels)}, nil
}

// Labels implements Perturbable.
func (n *Network) Labels(b *sample.Batch) float64 { return n.count(b.Labels) }

// begin starts micro-batch number micro of a step.
func (n *Network) begin(feeds map[string]program.Feed, micro int) error {
	if micro != n.micro {
		n.reset()
	}
	n.micro = micro + 1
	return n.settleRows(feeds)
}

// backward runs a graph with weight gradients and adds them to those of the
// step: adds says that the graph itself adds the dense ones.
func (n *Network) backward(ctx context.Context, g *program.Graph, adds bool, feeds map[string]program.Feed, seed float64, key program.MaskKey) (float64, error) {
	if n.ran != nil {
		if err := n.keep(!adds); err != nil {
			return 0, err
		}
	}
	n.ran = nil
	if err := g.Run(ctx, feeds, float32(seed), key); err != nil {
		return 0, err
	}
	n.ran = g
	return scalar(g, g.Lowered().Loss), nil
}

// scalar reads an output of the last run, 0 if the graph has none of that name.
func scalar(g *program.Graph, name string) float64 {
	t := g.Output(name)
	if t == nil {
		return 0
	}
	return float64(t.Float32s()[0])
}

// passes implements adversary.Passes on a Network.
type passes struct {
	net   *Network
	batch *sample.Batch
	key   program.MaskKey
	count float64
	// evaluate runs without dropout; there are no weight gradients then.
	evaluate bool
}

func (p *passes) Batch() *sample.Batch { return p.batch }

func (p *passes) Hidden() int { return p.net.width }

func (p *passes) Classes() int { return p.net.classes }

func (p *passes) Count() float64 { return p.count }

func (p *passes) Backward(ctx context.Context, pass adversary.Pass, seed float64) (adversary.Result, error) {
	if p.evaluate {
		return adversary.Result{}, fmt.Errorf("ortrain: evaluation passes have no weight gradients: %w", ErrConfig)
	}
	s := pass.Spec()
	s.Weights = true
	adds := p.net.ran != nil && !pass.Alone
	g, b, feeds, key, err := p.prepare(s, adds, pass)
	if err != nil {
		return adversary.Result{}, err
	}
	mean, err := p.net.backward(ctx, g, adds, feeds, seed, key)
	if err != nil {
		return adversary.Result{}, err
	}
	scale := 0.0
	if seed != 0 {
		scale = 1 / seed
	}
	return p.result(g, b, pass, mean, scale), nil
}

func (p *passes) Gradient(ctx context.Context, pass adversary.Pass) (adversary.Result, error) {
	return p.run(ctx, pass.Spec(), pass)
}

func (p *passes) Forward(ctx context.Context, pass adversary.Pass) (adversary.Result, error) {
	s := pass.Spec()
	s.Forward = true
	return p.run(ctx, s, pass)
}

func (p *passes) run(ctx context.Context, s variant.Spec, pass adversary.Pass) (adversary.Result, error) {
	g, b, feeds, key, err := p.prepare(s, false, pass)
	if err != nil {
		return adversary.Result{}, err
	}
	if err := g.Run(ctx, feeds, 0, key); err != nil {
		return adversary.Result{}, err
	}
	return p.result(g, b, pass, scalar(g, g.Lowered().Loss), 1), nil
}

func (p *passes) Discard() { p.net.ran = nil }

// prepare returns the graph of a pass, the batch that it sees and its feeds.
func (p *passes) prepare(s variant.Spec, adds bool, pass adversary.Pass) (*program.Graph, *sample.Batch, map[string]program.Feed, program.MaskKey, error) {
	key := p.key
	key.MicroBatch |= uint32(pass.Draw) << 16
	g, err := p.net.variant(s, mode{evaluate: p.evaluate, adds: adds})
	if err != nil {
		return nil, nil, nil, key, err
	}
	b := p.batch
	switch {
	case pass.Twin != nil:
		b = adversary.Twice(b)
	case pass.Mix != nil:
		b = lengthened(b, pass.Mix)
	}
	binder := p.net.binder
	if p.evaluate {
		binder = p.net.evalBind
	}
	feeds, err := p.net.bind(binder, b)
	if err != nil {
		return nil, nil, nil, key, err
	}
	feeds = maps.Clone(feeds)
	l := rows{batch: b, form: binder.Form(), width: p.net.width, graph: g}
	return g, b, feeds, key, l.feed(feeds, p.batch, pass)
}

// result reads what a run computed. Gradients are multiplied by scale.
func (p *passes) result(g *program.Graph, b *sample.Batch, pass adversary.Pass, mean, scale float64) adversary.Result {
	out := adversary.Result{Loss: mean, Divergence: scalar(g, variant.Divergence)}
	if t := g.Output(variant.DeltaGrad); t != nil && pass.Delta != nil {
		l := rows{batch: b, form: p.form(), width: p.net.width}
		pass.Delta.SetGradient(l.gather(t.Float32s()), scale)
	}
	if t := g.Output(variant.LogitsOut); t != nil && (pass.Logits || pass.Targets != nil) {
		out.LogProbs = adversary.LogSoftmax(t.Float32s(), int(t.Shape()[1]))
	}
	if t := g.Output(variant.CutGrad); t != nil {
		a := &adversary.Activation{Dims: t.Shape(), Data: make([]float32, t.Len())}
		for i, x := range t.Float32s() {
			a.Data[i] = x * float32(scale)
		}
		out.Costate = a
	}
	return out
}

func (p *passes) form() program.Form {
	if p.evaluate {
		return p.net.evalBind.Form()
	}
	return p.net.binder.Form()
}

// EvaluationPasses returns the passes of a batch without dropout, for attacks on
// a finished network. They have no weight gradients: Backward fails.
func (n *Network) EvaluationPasses(b *sample.Batch) (adversary.Passes, error) {
	feeds, err := n.bind(n.evalBind, b)
	if err != nil {
		return nil, err
	}
	if err := n.settleRows(feeds); err != nil {
		return nil, err
	}
	return &passes{net: n, batch: b, count: n.count(b.Labels), evaluate: true}, nil
}

// ReserveDisturbed does one disturbed micro-batch, as Reserve does plain ones.
func (n *Network) ReserveDisturbed(ctx context.Context, b *sample.Batch, c adversary.Config) error {
	// Always due, and without the moving average, which begins when it is first
	// asked for.
	c.StartEpoch, c.Fraction, c.Bregman = 0, 1, 0
	p, err := adversary.New(c, n.opts.Seed)
	if err != nil {
		return err
	}
	passes, err := n.Passes(b, 0, 0)
	if err != nil {
		return err
	}
	_, _, err = p.Accumulate(ctx, passes, adversary.At{})
	n.reset()
	return err
}

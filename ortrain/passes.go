package ortrain

import (
	"context"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ort"
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
}

var _ Perturbable = (*Network)(nil)

// Prepare implements Perturbable.
func (n *Network) Prepare(needs []variant.Spec) error {
	if n.train == nil {
		return fmt.Errorf("ortrain: the network was opened for evaluation only: %w", ErrConfig)
	}
	for _, s := range needs {
		if _, err := n.variant(s); err != nil {
			return err
		}
	}
	return nil
}

// variant returns the training graph that s describes, made on first use. Its
// weights and dense gradients are those of all graphs.
func (n *Network) variant(s variant.Spec) (*program.Graph, error) {
	if s == (variant.Spec{Weights: true}) {
		return n.train, nil
	}
	if g := n.variants[s]; g != nil {
		return g, nil
	}
	m, err := variant.Make(n.model, n.order, rules.Standard(), s)
	if err != nil {
		return nil, fmt.Errorf("ortrain: %w", err)
	}
	low, err := program.Lower(m, n.order, n.lowering)
	if err != nil {
		return nil, err
	}
	held := make(map[string]*ort.Tensor, 2*len(n.weights))
	for name, t := range n.weights {
		held[name] = t
	}
	for _, d := range low.Dense {
		held[d.Output] = n.grads[d.Param]
	}
	g, err := program.NewGraph(n.env, low, held, n.kernels, n.session("variant", n.lowering))
	if err != nil {
		return nil, err
	}
	n.variants[s] = g
	return g, nil
}

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
	return &passes{net: n, batch: b, feeds: feeds, key: key, count: n.count(b.Labels)}, nil
}

// begin starts micro-batch number micro of a step.
func (n *Network) begin(feeds map[string]program.Feed, micro int) error {
	if micro != n.micro {
		n.reset()
	}
	n.micro = micro + 1
	return n.settleRows(feeds)
}

// backward runs a graph with weight gradients and adds them to those of the
// step.
func (n *Network) backward(ctx context.Context, g *program.Graph, feeds map[string]program.Feed, seed float64, key program.MaskKey) (float64, error) {
	if n.ran != nil {
		if err := n.keep(); err != nil {
			return 0, err
		}
	}
	n.ran = nil
	if err := g.Run(ctx, feeds, float32(seed), key); err != nil {
		return 0, err
	}
	n.ran = g
	n.runs++
	return loss(g), nil
}

func loss(g *program.Graph) float64 {
	return float64(g.Output(g.Lowered().Loss).Float32s()[0])
}

// passes implements adversary.Passes on a Network.
type passes struct {
	net   *Network
	batch *sample.Batch
	feeds map[string]program.Feed
	key   program.MaskKey
	count float64
}

func (p *passes) Batch() *sample.Batch { return p.batch }

func (p *passes) Hidden() int { return p.net.width }

func (p *passes) Count() float64 { return p.count }

func (p *passes) Backward(ctx context.Context, pass adversary.Pass, seed float64) (adversary.Result, error) {
	s := pass.Spec()
	s.Weights = true
	g, feeds, key, err := p.prepare(s, pass)
	if err != nil {
		return adversary.Result{}, err
	}
	mean, err := p.net.backward(ctx, g, feeds, seed, key)
	if err != nil {
		return adversary.Result{}, err
	}
	scale := 0.0
	if seed != 0 {
		scale = 1 / seed
	}
	p.gradient(g, pass, scale)
	return p.result(g, mean), nil
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
	g, feeds, key, err := p.prepare(s, pass)
	if err != nil {
		return adversary.Result{}, err
	}
	if err := g.Run(ctx, feeds, 0, key); err != nil {
		return adversary.Result{}, err
	}
	p.gradient(g, pass, 1)
	return p.result(g, loss(g)), nil
}

// prepare returns the graph of a pass with its feeds.
func (p *passes) prepare(s variant.Spec, pass adversary.Pass) (*program.Graph, map[string]program.Feed, program.MaskKey, error) {
	key := p.key
	key.MicroBatch |= uint32(pass.Draw) << 16
	g, err := p.net.variant(s)
	if err != nil {
		return nil, nil, key, err
	}
	feeds := p.feeds
	if pass.Delta != nil {
		feeds = clone(feeds)
		feeds[variant.DeltaInput] = p.spread(g, pass.Delta.Tokens())
	}
	return g, feeds, key, nil
}

func clone(feeds map[string]program.Feed) map[string]program.Feed {
	out := make(map[string]program.Feed, len(feeds)+1)
	for name, f := range feeds {
		out[name] = f
	}
	return out
}

// spread feeds one row per token, [T,H], in the form of the graph; padding is
// zero.
func (p *passes) spread(g *program.Graph, packed []float32) program.Feed {
	width := int64(p.Hidden())
	if p.net.binder.Form() == program.Packed {
		return program.Feed{Dims: []int64{int64(p.batch.Tokens()), width}, Float32: packed}
	}
	b, s := p.batch.Sequences(), p.batch.Longest()
	out := make([]float32, b*s*int(width))
	p.rows(func(place, token int) {
		copy(out[place*int(width):(place+1)*int(width)], packed[token*int(width):(token+1)*int(width)])
	})
	dims := []int64{int64(b * s), width}
	if v := g.Lowered().Model.Graph.Input(variant.DeltaInput); len(v.Type.Shape) == 3 {
		dims = []int64{int64(b), int64(s), width}
	}
	return program.Feed{Dims: dims, Float32: out}
}

// rows calls f for every token with its place in the rectangle.
func (p *passes) rows(f func(place, token int)) {
	s := p.batch.Longest()
	for b := range p.batch.Sequences() {
		first := int(p.batch.Offsets[b])
		for i := range int(p.batch.Offsets[b+1]) - first {
			f(b*s+i, first+i)
		}
	}
}

// gradient hands the gradient of the last run to the pass's Delta.
func (p *passes) gradient(g *program.Graph, pass adversary.Pass, scale float64) {
	if pass.Delta == nil {
		return
	}
	t := g.Output(variant.DeltaGrad)
	if t == nil {
		return
	}
	grad := t.Float32s()
	if p.net.binder.Form() == program.Padded {
		width := p.Hidden()
		packed := make([]float32, p.batch.Tokens()*width)
		p.rows(func(place, token int) {
			copy(packed[token*width:(token+1)*width], grad[place*width:(place+1)*width])
		})
		grad = packed
	}
	pass.Delta.SetGradient(grad, scale)
}

func (p *passes) result(g *program.Graph, mean float64) adversary.Result {
	return adversary.Result{Loss: mean}
}

// widthOf finds the width of the looked-up embeddings in a training model, 0 if
// there are none.
func widthOf(m *onnx.Model, params []string) int {
	table, err := variant.Table(m, params)
	if err != nil || len(table.Type.Shape) != 2 {
		return 0
	}
	return int(table.Type.Shape[1].Size)
}

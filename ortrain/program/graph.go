package program

import (
	"context"
	"errors"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/ort"
)

// Graph is a lowered model loaded into a session, with memory for everything
// that goes in and out. Parameters and gradients are tensors that somebody else
// owns; all other memory is the graph's.
type Graph struct {
	low     *Lowered
	session *ort.Session
	held    map[string]*ort.Tensor // parameters and dense gradients
	staged  map[string]*ort.Tensor // the rest, resized from run to run
	inputs  []*onnx.Value          // in the session's order
	outputs []*onnx.Value
	kernels native.Kernels
	masks   *Masks
	shared  bool           // masks are somebody else's to close
	sites   map[string]int // by the name of the mask
}

// MaskKey says which dropout masks a run uses: equal keys give equal masks.
type MaskKey struct {
	Seed       [2]uint32
	Step       uint32
	MicroBatch uint32
}

// NewGraph loads a lowered model. held maps the names of parameter inputs and
// of dense gradient outputs to their tensors; every parameter must be there.
func NewGraph(env *ort.Env, low *Lowered, held map[string]*ort.Tensor, kernels native.Kernels, opts ort.Options) (*Graph, error) {
	data, err := wire.Encode(low.Model)
	if err != nil {
		return nil, fmt.Errorf("program: %w", err)
	}
	session, err := env.NewSession(data, opts)
	if err != nil {
		return nil, fmt.Errorf("program: loading the %s graph: %w", opts.Name, err)
	}
	g := &Graph{low: low, session: session, held: held, staged: make(map[string]*ort.Tensor), kernels: kernels, masks: &Masks{}, sites: make(map[string]int)}
	for i, s := range low.Sites {
		g.sites[s.Mask] = i
	}
	for _, p := range low.Params {
		if held[p] == nil {
			return nil, closing(session, fmt.Errorf("program: parameter %q has no memory", p))
		}
	}
	byName := low.Model.Graph.Values()
	for _, in := range session.Inputs() {
		g.inputs = append(g.inputs, byName[in.Name])
	}
	for _, out := range session.Outputs() {
		g.outputs = append(g.outputs, byName[out.Name])
	}
	return g, nil
}

func closing(s *ort.Session, err error) error {
	if e := s.Close(); e != nil {
		return fmt.Errorf("%w (and closing the session: %w)", err, e)
	}
	return err
}

// Lowered returns what the graph was made from.
func (g *Graph) Lowered() *Lowered { return g.low }

// ShareMasks takes the dropout masks from m, which outlives the graph.
func (g *Graph) ShareMasks(m *Masks) { g.masks, g.shared = m, true }

// Close frees the session and the graph's own memory.
func (g *Graph) Close() error {
	err := g.session.Close()
	if !g.shared {
		err = errors.Join(err, g.masks.Close())
	}
	for _, t := range g.staged {
		if e := t.Close(); err == nil {
			err = e
		}
	}
	clear(g.staged)
	return err
}

// Run feeds the user inputs and runs the graph. A training graph also takes its
// loss seed and the key of its dropout masks. Afterwards Output and the held
// gradients have the results. Errors: those of the feeds, a *ort.RunError, the
// context's.
func (g *Graph) Run(ctx context.Context, feeds map[string]Feed, seed float32, key MaskKey) error {
	symbols := make(map[string]int64)
	in := make([]*ort.Tensor, len(g.inputs))
	for i, v := range g.inputs {
		if t := g.held[v.Name]; t != nil {
			in[i] = t
			continue
		}
		f, ok := feeds[v.Name]
		if !ok {
			continue // the seed and the masks come below
		}
		if err := match(v, f.Dims, symbols); err != nil {
			return err
		}
		t, err := g.stage(v, f.Dims)
		if err != nil {
			return err
		}
		if err := fill(t, f); err != nil {
			return fmt.Errorf("program: input %v: %w", v, err)
		}
		in[i] = t
	}
	derive(symbols)
	if err := g.masks.fill(g.kernels, g.low.Sites, symbols, key); err != nil {
		return err
	}
	for i, v := range g.inputs {
		switch {
		case in[i] != nil:
		case v.Name == g.low.Seed:
			t, err := g.stage(v, nil)
			if err != nil {
				return err
			}
			t.Float32s()[0] = seed
			in[i] = t
		default:
			site, ok := g.sites[v.Name]
			if !ok {
				return fmt.Errorf("program: input %v was not fed", v)
			}
			in[i] = g.masks.sites[site].memory
		}
	}
	return g.compute(ctx, in, symbols)
}

// compute runs the session into bound outputs. Those whose shape only the run
// tells are allocated by it and kept until the next.
func (g *Graph) compute(ctx context.Context, in []*ort.Tensor, symbols map[string]int64) error {
	out := make([]*ort.Tensor, len(g.outputs))
	for i, v := range g.outputs {
		if t := g.held[v.Name]; t != nil {
			out[i] = t
			continue
		}
		dims, known := resolve(v.Type.Shape, symbols)
		if !known {
			if t := g.staged[v.Name]; t != nil {
				delete(g.staged, v.Name)
				if err := t.Close(); err != nil {
					return err
				}
			}
			continue
		}
		t, err := g.stage(v, dims)
		if err != nil {
			return err
		}
		out[i] = t
	}
	if err := g.session.Run(ctx, in, out); err != nil {
		return err
	}
	for i, v := range g.outputs {
		if g.held[v.Name] == nil {
			g.staged[v.Name] = out[i]
		}
	}
	return nil
}

// Output returns an output of the last run, valid until the next.
func (g *Graph) Output(name string) *ort.Tensor {
	if t := g.held[name]; t != nil {
		return t
	}
	return g.staged[name]
}

// stage returns the tensor of a value in the given shape, in the memory of the
// last run if that suffices.
func (g *Graph) stage(v *onnx.Value, dims []int64) (*ort.Tensor, error) {
	if t := g.staged[v.Name]; t != nil {
		if t.Reshape(dims...) == nil {
			return t, nil
		}
		delete(g.staged, v.Name)
		if err := t.Close(); err != nil {
			return nil, err
		}
	}
	t, err := ort.NewTensor(v.Type.DType, roomy(dims)...)
	if err != nil {
		return nil, fmt.Errorf("program: memory for %v: %w", v, err)
	}
	g.staged[v.Name] = t
	return t, t.Reshape(dims...)
}

// roomy adds a quarter to the first dimension, so that slowly growing batches
// do not allocate each time.
func roomy(dims []int64) []int64 {
	if len(dims) == 0 {
		return nil
	}
	more := append([]int64{}, dims...)
	more[0] += more[0]/4 + 1
	return more
}

package ortrain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/native/ops"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/program"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Network is the weights of one set of artifacts with the graphs that run
// them; it is the Engine of a stock runtime. Weights, gradients and moments lie
// in C memory that sessions read and the optimizer writes, without copies.
//
// A Network is used by one goroutine.
type Network struct {
	opts      NetworkOptions
	kernels   native.Kernels
	train     *program.Graph // nil if the network only evaluates
	eval      *program.Graph
	binder    *program.Binder // of the training graph
	evalBind  *program.Binder
	weights   map[string]*ort.Tensor
	order     []string // parameters in the training graph's order
	frozen    map[string]bool
	grads     map[string]*ort.Tensor
	optimizer *optim.Optimizer
	sum       *optim.Accumulator
	micro     int
	// ran is the graph of the step's last backward pass, whose gradients are not
	// in sum yet, nil if there is none. dense says that sum holds dense ones, not
	// rows alone.
	ran   *program.Graph
	dense bool
	// other are further graphs over the same weights. width is that of the
	// embeddings, classes the number of them, both 0 in graphs without.
	other     variants
	masks     *program.Masks // of all training graphs
	width     int
	classes   int
	hasLogits bool
	// teacher is a moving average of the weights, nil unless a method asked.
	teacher *teacher
	// params says where weights come from; nil for a network of artifacts.
	params []model.Param
	// tables maps an embedding table to the graph inputs that index it.
	tables map[string][]string
}

// NetworkOptions says how a Network runs.
type NetworkOptions struct {
	// Threads to compute with; 0 means all cores that Go may use.
	Threads int
	// Provider is where graphs run; the zero value is the CPU.
	Provider ort.Provider
	// Standard keeps to the runtime's own operators instead of ours.
	Standard bool
	// Repair corrects what official artifacts get wrong; see program.Options.
	Repair bool
	// Seed of the dropout masks.
	Seed uint64
	// PadID fills the padding of padded graphs' input_ids.
	PadID int64
	// Method and Rates are the optimizer; a nil Method means AdamW as PyTorch has
	// it, nil Rates no weight decay.
	Method optim.Method
	Rates  optim.Rule
	// Profile, if not empty, is the prefix of a profile of the training session.
	Profile string
	// EvaluateOnly leaves out gradients, moments and the training graph.
	EvaluateOnly bool
	// Count returns how many labels of a batch take part in the loss; nil counts
	// the integer labels that are not sample.Ignore.
	Count func(sample.Labels) int
}

// Parameter describes one weight tensor of a Network.
type Parameter struct {
	Name      string
	Shape     []int64
	Trainable bool
}

// NewNetwork loads the graphs of a set, which it consumes, with all weights
// zero; Weight gives the memory to fill. params are the parameters of the set,
// in any order.
func NewNetwork(env *ort.Env, set *artifact.Set, params []Parameter, opts NetworkOptions) (n *Network, err error) {
	n = &Network{
		opts: opts, kernels: native.New(threads(opts.Threads)),
		weights: make(map[string]*ort.Tensor), grads: make(map[string]*ort.Tensor), tables: make(map[string][]string),
		frozen: make(map[string]bool), masks: &program.Masks{},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
			n = nil
		}
	}()
	names := make([]string, len(params))
	for i, p := range params {
		names[i], n.frozen[p.Name] = p.Name, !p.Trainable
		if n.weights[p.Name], err = ort.NewTensor(onnx.Float, p.Shape...); err != nil {
			return n, fmt.Errorf("ortrain: parameter %q: %w", p.Name, err)
		}
	}
	n.order = names
	lowering := program.Options{Native: !opts.Standard && (opts.Provider.Name == "" || opts.Provider.Name == ort.CPU), Repair: opts.Repair}
	n.other = variants{env: env, lowering: lowering, graphs: make(map[variantKey]*program.Graph), eval: set.Eval.Clone()}
	n.describe(set.Eval, names)
	if !opts.EvaluateOnly {
		if err := n.openTraining(env, set, params, names, lowering); err != nil {
			return n, err
		}
	}
	low, err := program.Lower(set.Eval, names, lowering)
	if err != nil {
		return n, err
	}
	n.noteTables(low.Model)
	if n.eval, err = program.NewGraph(env, low, n.weights, n.kernels, n.session("evaluation", lowering)); err != nil {
		return n, err
	}
	n.evalBind, err = textBinder(low.Model, opts.PadID)
	return n, err
}

// openTraining loads the training graph and makes gradients and optimizer.
func (n *Network) openTraining(env *ort.Env, set *artifact.Set, params []Parameter, names []string, lowering program.Options) error {
	n.other.train = set.Training.Clone()
	n.describe(set.Training, names)
	low, err := program.Lower(set.Training, names, lowering)
	if err != nil {
		return err
	}
	held := make(map[string]*ort.Tensor, 2*len(params))
	for name, t := range n.weights {
		held[name] = t
	}
	for _, d := range low.Dense {
		if n.grads[d.Param], err = ort.NewTensor(onnx.Float, n.weights[d.Param].Shape()...); err != nil {
			return fmt.Errorf("ortrain: gradient of %q: %w", d.Param, err)
		}
		held[d.Output] = n.grads[d.Param]
	}
	n.noteTables(low.Model)
	if n.train, err = program.NewGraph(env, low, held, n.kernels, n.session("training", lowering)); err != nil {
		return err
	}
	n.train.ShareMasks(n.masks)
	if n.binder, err = textBinder(low.Model, n.opts.PadID); err != nil {
		return err
	}
	method := n.opts.Method
	if method == nil {
		method = optim.DefaultAdamW()
	}
	n.optimizer, err = optim.New(n.kernels, n.parameters(params, low), method, n.opts.Rates)
	return err
}

// parameters describes the weights to the optimizer. A table whose gradient
// comes as rows alone is settled lazily, if all that reads it is known.
func (n *Network) parameters(params []Parameter, low *program.Lowered) []optim.Parameter {
	rows, dense := make(map[string]bool), make(map[string]bool)
	for _, r := range low.Rows {
		rows[r.Param] = true
	}
	for _, d := range low.Dense {
		dense[d.Param] = true
	}
	out := make([]optim.Parameter, len(params))
	for i, p := range params {
		out[i] = optim.Parameter{
			Name: p.Name, Data: n.weights[p.Name].Float32s(), Shape: p.Shape, Trainable: p.Trainable,
			Rows: rows[p.Name], Lazy: rows[p.Name] && !dense[p.Name] && n.tables[p.Name] != nil,
		}
	}
	return out
}

// noteTables finds the tables that are read by Gather from a graph input alone,
// and those inputs. A table that anything else reads is not noted.
func (n *Network) noteTables(m *onnx.Model) {
	uses := m.Graph.Uses()
	for _, v := range m.Graph.Inputs {
		if n.weights[v.Name] == nil {
			continue
		}
		var indices []string
		for _, u := range uses[v] {
			ix := u.Node.Input(1)
			if u.Node.Op != "Gather" || u.Index != 0 || u.Node.Int("axis", 0) != 0 || m.Graph.Input(ix.Name) != ix {
				indices = nil
				break
			}
			indices = append(indices, ix.Name)
		}
		if indices != nil {
			n.tables[v.Name] = append(n.tables[v.Name], indices...)
		} else if len(uses[v]) > 0 {
			delete(n.tables, v.Name)
		}
	}
}

// textBinder returns the binder of a text graph, nil for other graphs, which
// take raw feeds only.
func textBinder(m *onnx.Model, padID int64) (*program.Binder, error) {
	if m.Graph.Input("input_ids") == nil {
		return nil, nil
	}
	return program.NewBinder(m.Graph.Inputs, padID)
}

func (n *Network) session(name string, lowering program.Options) ort.Options {
	o := ort.Options{
		Name: name, IntraOpThreads: threads(n.opts.Threads), Arena: true, Provider: n.opts.Provider, DenormalAsZero: true,
	}
	if lowering.Native {
		o.Register = ops.Register
	}
	if name == "training" {
		o.ProfilePrefix = n.opts.Profile
	}
	return o
}

// Close frees everything.
func (n *Network) Close() error {
	var errs []error
	for _, g := range append(slices.Collect(maps.Values(n.other.graphs)), n.train, n.eval) {
		if g != nil {
			errs = append(errs, g.Close())
		}
	}
	clear(n.other.graphs)
	if n.masks != nil {
		errs = append(errs, n.masks.Close())
	}
	if n.teacher != nil {
		errs = append(errs, n.teacher.close())
	}
	if n.sum != nil {
		errs = append(errs, n.sum.Close())
	}
	if n.optimizer != nil {
		errs = append(errs, n.optimizer.Close())
	}
	for _, m := range []map[string]*ort.Tensor{n.weights, n.grads} {
		for _, t := range m {
			if t != nil {
				errs = append(errs, t.Close())
			}
		}
		clear(m)
	}
	n.train, n.eval, n.sum, n.optimizer, n.teacher = nil, nil, nil, nil, nil
	return errors.Join(errs...)
}

// Names returns the parameters' names, in the order they were given.
func (n *Network) Names() []string { return slices.Clone(n.order) }

// Weight returns the live memory of a parameter, nil if there is none of that
// name. Call Settle before reading it while training.
func (n *Network) Weight(name string) []float32 {
	if t := n.weights[name]; t != nil {
		return t.Float32s()
	}
	return nil
}

// ReadWeight settles all weights and returns those of a parameter: what
// export.Bundle.Weight asks for. A name that the network lacks is an ErrConfig.
func (n *Network) ReadWeight(name string) ([]float32, error) {
	if err := n.Settle(); err != nil {
		return nil, err
	}
	if w := n.Weight(name); w != nil {
		return w, nil
	}
	return nil, fmt.Errorf("ortrain: the network has no parameter %q: %w", name, ErrConfig)
}

// Gradient returns the dense gradient of the last micro-batch, nil for tables
// whose gradient comes as rows.
func (n *Network) Gradient(name string) []float32 {
	if t := n.grads[name]; t != nil {
		return t.Float32s()
	}
	return nil
}

// Optimizer returns the optimizer, nil if the network only evaluates.
func (n *Network) Optimizer() *optim.Optimizer { return n.optimizer }

// Accumulate implements Engine.
func (n *Network) Accumulate(ctx context.Context, b *sample.Batch, step, micro int) (Loss, error) {
	feeds, err := n.bind(n.binder, b)
	if err != nil {
		return Loss{}, err
	}
	count := n.count(b.Labels)
	mean, err := n.AccumulateFeeds(ctx, feeds, count, step, micro)
	return Loss{Mean: mean, N: count}, err
}

// AccumulateFeeds is Accumulate for graphs of any inputs: feeds hold them by
// name, count is how many labels the loss is the mean of.
func (n *Network) AccumulateFeeds(ctx context.Context, feeds map[string]program.Feed, count float64, step, micro int) (float64, error) {
	if n.train == nil {
		return 0, fmt.Errorf("ortrain: the network was opened for evaluation only: %w", ErrConfig)
	}
	if err := n.begin(feeds, micro); err != nil {
		return 0, err
	}
	key := program.MaskKey{Seed: random.Key(n.opts.Seed), Step: uint32(step), MicroBatch: uint32(micro)}
	return n.backward(ctx, n.train, false, feeds, count, key)
}

// Update implements Engine.
func (n *Network) Update(ctx context.Context, u Update) (float64, error) {
	if n.ran == nil {
		return 0, fmt.Errorf("ortrain: there is no gradient to update with")
	}
	grads, err := n.total()
	if err != nil {
		return 0, err
	}
	stats, err := n.optimizer.Step(ctx, grads, optim.StepInfo{LR: u.LearningRate, Divisor: max(u.N, 1), MaxNorm: u.MaxGradNorm})
	n.reset()
	if errors.Is(err, optim.ErrNotFinite) {
		return 0, errors.Join(err, ErrNotFinite)
	}
	return stats.GradNorm, err
}

// Evaluate implements Engine. A batch without labels has logits and no loss.
func (n *Network) Evaluate(ctx context.Context, b *sample.Batch) (Outputs, error) {
	b = labelled(b)
	feeds, err := n.bind(n.evalBind, b)
	if err != nil {
		return Outputs{}, err
	}
	loss, err := n.EvaluateFeeds(ctx, feeds)
	if err != nil {
		return Outputs{}, err
	}
	out := Outputs{Loss: Loss{Mean: loss, N: n.count(b.Labels)}}
	if t := n.eval.Output("logits"); t != nil {
		out.Logits, out.LogitsShape = t.Float32s(), t.Shape()
	}
	return out, nil
}

// labelled gives a batch without labels ones that do not count, since the
// evaluation graph reads some.
func labelled(b *sample.Batch) *sample.Batch {
	if b.Labels.Int != nil || b.Labels.Float != nil {
		return b
	}
	with := *b
	with.Labels = sample.Labels{Int: make([]int64, b.Sequences()), Shape: []int64{int64(b.Sequences())}}
	for i := range with.Labels.Int {
		with.Labels.Int[i] = sample.Ignore
	}
	return &with
}

// EvaluateFeeds runs the evaluation graph on raw feeds and returns the loss.
func (n *Network) EvaluateFeeds(ctx context.Context, feeds map[string]program.Feed) (float64, error) {
	if err := n.settleRows(feeds); err != nil {
		return 0, err
	}
	if err := n.eval.Run(ctx, feeds, 0, program.MaskKey{}); err != nil {
		return 0, err
	}
	return float64(n.eval.Output(n.eval.Lowered().Loss).Float32s()[0]), nil
}

// Settle implements Engine.
func (n *Network) Settle() error {
	if n.optimizer == nil {
		return nil
	}
	return n.optimizer.SettleAll()
}

// settleRows brings the table rows that a run is going to read up to date.
func (n *Network) settleRows(feeds map[string]program.Feed) error {
	if n.optimizer == nil {
		return nil
	}
	for table, inputs := range n.tables {
		i, ok := n.optimizer.Index(table)
		if !ok {
			continue
		}
		for _, name := range inputs {
			if err := n.optimizer.Settle(i, feeds[name].Int64); err != nil {
				return fmt.Errorf("ortrain: input %q: %w", name, err)
			}
		}
	}
	return nil
}

func (n *Network) bind(b *program.Binder, batch *sample.Batch) (map[string]program.Feed, error) {
	if b == nil {
		return nil, fmt.Errorf("ortrain: the graph is not a text model; feed its inputs by name: %w", ErrConfig)
	}
	return b.Bind(batch)
}

func (n *Network) count(l sample.Labels) float64 {
	if n.opts.Count != nil {
		return float64(n.opts.Count(l))
	}
	if l.Float != nil {
		return float64(len(l.Float))
	}
	count := 0
	for _, v := range l.Int {
		if v != sample.Ignore {
			count++
		}
	}
	return float64(count)
}

// Reserve runs both graphs once on a batch, so that the runtime's memory has
// the size that such a batch needs; ReserveDisturbed does so for disturbed passes.
// Weights, moments and draws are as before.
func (n *Network) Reserve(ctx context.Context, b *sample.Batch) error {
	if n.train != nil {
		if _, err := n.Accumulate(ctx, b, 0, 0); err != nil {
			return err
		}
		n.reset()
	}
	_, err := n.Evaluate(ctx, b)
	return err
}

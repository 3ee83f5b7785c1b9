package ortrain

import (
	"errors"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/task"
)

// Blueprint says which graphs a network is made of: an encoder with the head of
// a task.
type Blueprint struct {
	// Config is the encoder; it knows the names of the labels.
	Config *model.Config
	// Task gives head and loss; nil means classification.
	Task task.Task
	// Form is packed (no padding in linear layers) or padded.
	Form model.Form
	// Opset of the default domain; 0 means model.DefaultOpset.
	Opset int64
	// Optimizer goes into the optimizer model; the zero value means AdamW with
	// ONNX Runtime's defaults. What a Network computes is in NetworkOptions.
	Optimizer artifact.Optimizer
}

func (b Blueprint) task() task.Task {
	if b.Task == nil {
		return task.Classification()
	}
	return b.Task
}

func (b Blueprint) build(mode model.Mode) (*task.Graph, error) {
	return task.Build(b.Config, b.task(), task.Options{Form: b.Form, Mode: mode, Opset: b.Opset})
}

// Artifacts builds the forward graphs and their gradients. The parameters are
// in the order of the training graph's inputs.
func (b Blueprint) Artifacts() (*artifact.Set, []model.Param, error) {
	eval, err := b.build(model.Eval)
	if err != nil {
		return nil, nil, err
	}
	train, err := b.build(model.Train)
	if err != nil {
		return nil, nil, err
	}
	names := make([]string, len(train.Params))
	for i, p := range train.Params {
		names[i] = p.Name
	}
	optimizer := b.Optimizer
	if optimizer.Kind == "" {
		optimizer = artifact.DefaultAdamW()
	}
	set, err := artifact.Generate(artifact.Request{
		Train: train.Model, Eval: eval.Model, Trainable: names, Rules: rules.Standard(), Optimizer: optimizer,
	})
	return set, train.Params, err
}

// Network loads the graphs into the runtime. All weights are zero until
// ReadPretrained, Draw, LoadWeights or LoadCheckpoint fills them. The padding
// id and the count of labels come from configuration and task.
func (b Blueprint) Network(env *ort.Env, opts NetworkOptions) (*Network, error) {
	var set *artifact.Set
	var params []model.Param
	if opts.EvaluateOnly {
		eval, err := b.build(model.Eval)
		if err != nil {
			return nil, err
		}
		set, params = &artifact.Set{Eval: eval.Model}, eval.Params
	} else {
		var err error
		if set, params, err = b.Artifacts(); err != nil {
			return nil, err
		}
	}
	list := make([]Parameter, len(params))
	for i, p := range params {
		list[i] = Parameter{Name: p.Name, Shape: p.Shape, Trainable: true}
	}
	opts.PadID, opts.Count = b.Config.PadTokenID, b.task().Count
	n, err := NewNetwork(env, set, list, opts)
	if err != nil {
		return nil, err
	}
	n.params = params
	return n, nil
}

// ReadPretrained fills the weights from a Hugging Face folder; those of the
// head that the folder lacks are drawn from the network's seed. Only a network
// made from a Blueprint knows the folder's names: others give ErrConfig.
func (n *Network) ReadPretrained(dir string) (*model.Report, error) {
	if n.params == nil {
		return nil, fmt.Errorf("ortrain: %s: a network of artifacts takes its weights from a checkpoint: %w", dir, ErrConfig)
	}
	weights, err := model.Load(dir)
	if err != nil {
		return nil, err
	}
	dst := make([][]float32, len(n.params))
	for i, p := range n.params {
		dst[i] = n.Weight(p.Name)
	}
	report, err := weights.Read(n.params, model.ReadOptions{Seed: n.opts.Seed}, dst)
	return report, errors.Join(err, weights.Close())
}

// Draw fills all weights with what they hold before any training, from the
// network's seed. Only a network made from a Blueprint knows that: others give
// ErrConfig.
func (n *Network) Draw() error {
	if n.params == nil {
		return fmt.Errorf("ortrain: a network of artifacts takes its weights from a checkpoint; there is nothing to draw: %w", ErrConfig)
	}
	for i := range n.params {
		n.params[i].Draw(n.opts.Seed, n.Weight(n.params[i].Name))
	}
	return nil
}

// Parameters is the number of single weights.
func (n *Network) Parameters() int64 {
	var total int64
	for _, name := range n.order {
		total += int64(len(n.Weight(name)))
	}
	return total
}

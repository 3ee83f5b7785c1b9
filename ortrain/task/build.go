package task

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/model"
)

// Names of the graph outputs.
const (
	LossOutput   = "loss"
	LogitsOutput = "logits"
)

// Graph is a task model whose parameters are graph inputs. The inputs are
// Inputs, Labels and Params in this order; the outputs are the loss, unless the
// graph is for inference, and the logits.
type Graph struct {
	*model.Built
	// Class is the Hugging Face class that has the same parameters.
	Class string
	// Loss is the name of the loss output, "" in an inference graph.
	Loss string
	// Logits is the name of the logits output.
	Logits string
}

// Options says which graph to build.
type Options struct {
	Form model.Form
	Mode model.Mode
	// Opset of the default domain; 0 means model.DefaultOpset.
	Opset int64
}

// Build writes the graph of an encoder with a task's head. The configuration is
// checked first; it is not changed.
func Build(c *model.Config, t Task, o Options) (*Graph, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := t.Check(c); err != nil {
		return nil, err
	}
	a, err := c.Architecture()
	if err != nil {
		return nil, err
	}
	head, ok := a.Head(t.Head())
	if !ok {
		return nil, fmt.Errorf("task: %s has no head %s built in: %w", a.Type(), t.Head(), ErrTask)
	}
	b, err := model.NewBuilder(c, o.Form, o.Mode, o.Opset)
	if err != nil {
		return nil, err
	}
	g := &Graph{Class: head.Class, Logits: LogitsOutput}
	logits := b.Logits(a, head)
	if o.Mode != model.Infer {
		b.Output(LossOutput, t.Loss(b, logits))
		g.Loss = LossOutput
	}
	b.Output(LogitsOutput, logits)
	if g.Built, err = b.Finish(); err != nil {
		return nil, err
	}
	return g, nil
}

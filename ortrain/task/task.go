package task

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// ErrTask is wrapped by errors about labels, logits or models that do not fit a
// task.
var ErrTask = errors.New("does not fit the task")

// Task is one kind of problem.
type Task interface {
	// Name is the task's name on the command line, such as "classification".
	Name() string
	// Head is the kind of head that the task trains.
	Head() model.HeadKind
	// Problem is what config.json says about the task.
	Problem() model.ProblemType
	// Check refuses a configuration that is for another task.
	Check(c *model.Config) error
	// Loss adds the labels' inputs to a graph and returns the mean loss, a float
	// scalar.
	Loss(b *model.Builder, logits *onnx.Value) *onnx.Value
	// Count returns how many labels of a batch take part in the loss.
	Count(labels sample.Labels) int
	// Predict reads logits, row-major with the given dimensions.
	Predict(logits []float32, dims []int64) (*Predictions, error)
}

var tasks = map[string]Task{}

// register adds a task; it runs while the package loads, and the table is never
// written afterwards.
func register(t Task) struct{} {
	if _, twice := tasks[t.Name()]; twice {
		panic("task: two tasks named " + t.Name())
	}
	tasks[t.Name()] = t
	return struct{}{}
}

// Names lists the tasks that are built in, sorted.
func Names() []string { return slices.Sorted(maps.Keys(tasks)) }

// Lookup returns the task of a name. An unknown one is an ErrTask that lists
// those built in.
func Lookup(name string) (Task, error) {
	if t, ok := tasks[name]; ok {
		return t, nil
	}
	return nil, fmt.Errorf("task: %q is not built in; use one of: %s: %w", name, strings.Join(Names(), ", "), ErrTask)
}

// Of returns the task that a configuration was saved for: the one whose head
// has the class in its "architectures" and whose Check accepts the rest.
func Of(c *model.Config) (Task, error) {
	a, err := c.Architecture()
	if err != nil {
		return nil, err
	}
	for _, name := range Names() {
		t := tasks[name]
		head, ok := a.Head(t.Head())
		if ok && slices.Contains(c.Architectures, head.Class) && t.Check(c) == nil {
			return t, nil
		}
	}
	return nil, fmt.Errorf("task: no task for %v (problem type %q) is built in; these are: %s: %w",
		c.Architectures, c.ProblemType, strings.Join(Names(), ", "), ErrTask)
}

// Predictions are the answers to a batch.
type Predictions struct {
	// Labels holds the class of each row.
	Labels []int64
	// Scores holds the probability of each class, row by row: [rows,Classes].
	Scores  []float32
	Classes int
}

// Row returns the scores of row i.
func (p *Predictions) Row(i int) []float32 { return p.Scores[i*p.Classes : (i+1)*p.Classes] }

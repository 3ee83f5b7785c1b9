package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// filterModels are the filters of a policy that need a model, open.
type filterModels struct {
	filters []augment.Filter
	closer  []io.Closer
}

// Close closes the models.
func (m *filterModels) Close() error {
	var err error
	for _, c := range slices.Backward(m.closer) {
		err = errors.Join(err, c.Close())
	}
	return err
}

// sessionCloser closes a session where an io.Closer is wanted.
type sessionCloser struct{ *session }

// Close implements io.Closer.
func (c sessionCloser) Close() error {
	c.close()
	return nil
}

// checkFilters says which models a policy's filters lack.
func (o augmentation) checkFilters(f augment.Filters) error {
	var faults []error
	if f.KeepLabel && o.Classifier == "" {
		faults = append(faults, usage("the filter keep_label needs a trained model: give its run folder with --classifier"))
	}
	if f.Cosine != 0 && o.Encoder == "" && o.Classifier == "" {
		faults = append(faults, usage("the filter cosine needs a model that embeds texts: give its folder with --encoder, or a trained one with --classifier"))
	}
	if !f.KeepLabel && o.Classifier != "" && f.Cosine == 0 {
		faults = append(faults, usage("--classifier is given, but nothing asks for it: set --keep_label or --cosine"))
	}
	if f.Cosine == 0 && o.Encoder != "" {
		faults = append(faults, usage("--encoder is given, but no cosine to ask for: set --cosine"))
	}
	return errors.Join(faults...)
}

// modelRun are the options to open one of the models with.
func (o augmentation) modelRun(e Env, folder string) (Run, error) {
	run := DefaultRun()
	if err := environment(e.Getenv, &run); err != nil {
		return run, err
	}
	run.ModelNameOrPath, run.TrainFile, run.ValidationFile, run.TestFile, run.Quiet = folder, "", "", "", true
	run.ConfigName, run.TokenizerName, run.Training.Adversary.Name = "", "", ""
	if o.Threads != 0 {
		run.Threads = o.Threads
	}
	if o.Provider != "" {
		run.Provider = o.Provider
	}
	if o.Library != "" {
		run.Library = o.Library
	}
	return ofRun(run, func(name string) bool { return e.Getenv(variables+strings.ToUpper(name)) != "" })
}

// openFilters opens the models that the filters of a policy need, for the data.
func (o augmentation) openFilters(ctx context.Context, e Env, f augment.Filters, set *source.Set) (m *filterModels, err error) {
	m = new(filterModels)
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Close())
		}
	}()
	var s *session
	if f.KeepLabel {
		if set.Kind() != sample.ClassLabel {
			return m, fail(ExitData, fmt.Errorf("%s: the filter keep_label judges one class for each row; these rows have none", strings.Join(set.Paths(), ", ")), "--cosine compares texts without labels")
		}
		run, err := o.modelRun(e, o.Classifier)
		if err != nil {
			return m, err
		}
		if s, err = finished(ctx, e, run); err != nil {
			return m, err
		}
		m.closer = append(m.closer, sessionCloser{s})
		filter := &labelFilter{}
		if filter.classes, err = classesOf(set.Names(), s.folder.config.Labels, o.Classifier); err != nil {
			return m, err
		}
		if filter.judge, err = newJudge(s, s.net); err != nil {
			return m, err
		}
		m.filters = append(m.filters, filter)
	}
	if f.Cosine != 0 {
		err = o.openCosine(ctx, e, f.Cosine, s, m)
	}
	return m, err
}

// openCosine opens the encoder, in the runtime of s unless that is nil.
func (o augmentation) openCosine(ctx context.Context, e Env, least float64, s *session, m *filterModels) (err error) {
	folder := o.Encoder
	if folder == "" {
		folder = o.Classifier
	}
	run, err := o.modelRun(e, folder)
	if err != nil {
		return err
	}
	with := &session{env: e, run: run}
	if s == nil {
		if with.ort, err = openRuntime(run); err != nil {
			return err
		}
		with.closer = append(with.closer, with.ort)
	} else {
		with.ort = s.ort
	}
	m.closer = append(m.closer, sessionCloser{with})
	if with.folder, err = openFolder(ctx, e, run); err != nil {
		return err
	}
	if err := with.openTokenizer(); err != nil {
		return err
	}
	if with.cleaning, err = openCleaning(run, with.folder); err != nil {
		return err
	}
	net, err := with.embedder()
	if err != nil {
		return err
	}
	judge, err := newJudge(with, net)
	m.filters = append(m.filters, &cosineFilter{judge: judge, least: least})
	return err
}

// embedder is the encoder of the session's model with mean pooling.
func (s *session) embedder() (*ortrain.Network, error) {
	b, err := s.folder.blueprint(s.run)
	if err != nil {
		return nil, err
	}
	b.Task = task.Embedding()
	net, err := b.Network(s.ort, ortrain.NetworkOptions{Threads: s.run.Threads, EvaluateOnly: true, Provider: provider(s.run)})
	if err != nil {
		return nil, err
	}
	s.closer = append(s.closer, net)
	report, err := s.folder.fill(net)
	if err == nil && report != nil && len(report.Initialised) > 0 {
		err = fail(ExitData, fmt.Errorf("%s lacks the weights %s: its embeddings would be random", s.folder.path, strings.Join(report.Initialised[:min(3, len(report.Initialised))], ", ")), "")
	}
	return net, err
}

// labelFilter keeps copies whose label the classifier still gives.
type labelFilter struct {
	judge   *judge
	classes []int // of the model, for each class of the data
}

// Keep implements augment.Filter. A row without a label has none to lose.
func (f *labelFilter) Keep(ctx context.Context, _, copies *record.Batch) ([]bool, error) {
	logits, err := f.judge.outputs(ctx, copies)
	if err != nil {
		return nil, fmt.Errorf("the filter keep_label: %w", err)
	}
	keep := make([]bool, len(logits))
	for i, ex := range copies.Examples() {
		keep[i] = ex.Label.Kind != sample.ClassLabel || ex.Label.Int[0] < 0 || largest(logits[i]) == f.classes[ex.Label.Int[0]]
	}
	return keep, nil
}

// cosineFilter keeps copies whose embedding is near to that of their original.
type cosineFilter struct {
	judge *judge
	least float64
}

// Keep implements augment.Filter. Each original is embedded once, however many
// copies it has.
func (f *cosineFilter) Keep(ctx context.Context, originals, copies *record.Batch) ([]bool, error) {
	var each []sample.Example
	at := make([]int, originals.Len())
	for i, ex := range originals.Examples() {
		if len(each) == 0 || each[len(each)-1].Row != ex.Row {
			each = append(each, ex)
		}
		at[i] = len(each) - 1
	}
	once, err := record.Of(new(record.Allocator), each)
	if err != nil {
		return nil, err
	}
	defer once.Release()
	before, err := f.judge.outputs(ctx, once)
	if err != nil {
		return nil, fmt.Errorf("the filter cosine: %w", err)
	}
	after, err := f.judge.outputs(ctx, copies)
	if err != nil {
		return nil, fmt.Errorf("the filter cosine: %w", err)
	}
	keep := make([]bool, len(after))
	for i := range after {
		keep[i] = cosine(before[at[i]], after[i]) >= f.least
	}
	return keep, nil
}

// cosine is not a number where a vector is all zeros.
func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	return dot / math.Sqrt(aa*bb)
}

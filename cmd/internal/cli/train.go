package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/checkpoint"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

func trainCommand(e Env) *cli.Command {
	c := command(e, "train", "fine-tune a model, evaluate it and export it", "[CONFIG.yaml]", nil, func(ctx context.Context, e Env, run Run) error {
		_, err := train(ctx, e, run)
		return err
	})
	c.Description = "A row has no label where the cell is null or empty or the field is missing. Such rows are refused, as they\n" +
		"may be a mistake; --unlabeled lets them in, and takes a class number -1 for no label too. With\n" +
		"--adversary " + strings.ReplaceAll(unlabelledMethods(), ", ", ", --adversary ") + " they teach, else they are left out: the loss is the mean over the labels of a\n" +
		"step, the method's own term the mean over all its rows. Each class needs a labelled row, and no row without\n" +
		"a label is validated on. --unlabeled_file takes texts from a file of their own; how often its rows come beside\n" +
		"labelled ones is settled by weights: --train_file FILE=1 --unlabeled_file FILE=3."
	return c
}

// The files of a run folder beside checkpoints.
const (
	configFile  = "config.resolved.yaml"
	logFile     = "train_log.jsonl"
	artifactDir = "artifacts"
	cacheDir    = "cache"
	exportDir   = "export"
	evalDir     = "eval"
	resultsFile = "all_results.json"
)

// trained is what a run has brought, for those who go on with it.
type trained struct {
	result  ortrain.Result
	metrics map[string]float64 // of all parts, with their prefix
	export  string
}

// train does a whole run.
func train(ctx context.Context, e Env, run Run) (*trained, error) {
	if err := checkTrain(run); err != nil {
		return nil, err
	}
	text, err := resolved(run)
	if err != nil {
		return nil, err
	}
	if run.DryRun {
		_, err := e.Stdout.Write(text)
		return nil, err
	}
	if err := checkOutput(run); err != nil {
		return nil, err
	}
	ctx, signals := e.interrupts(ctx)
	defer signals.close()
	s, err := openSession(ctx, e, run)
	if err != nil {
		return nil, interrupted(ctx, err, "")
	}
	defer s.close()
	if err := errors.Join(clearOutput(run), writeFile(filepath.Join(run.OutputDir, configFile), text), s.cleaning.writeReport(run.OutputDir)); err != nil {
		return nil, err
	}
	hint := "go on with: ortrain train " + filepath.Join(run.OutputDir, configFile) + " --resume_from_checkpoint auto"
	signals.soften()
	out, err := s.fit(ctx, signals.stop)
	signals.harden()
	if err != nil {
		return out, interrupted(ctx, err, hint)
	}
	if out.result.Stopped == ortrain.StoppedBySignal {
		return out, fail(ExitInterrupted, fmt.Errorf("interrupted; %s is saved", out.result.Checkpoint), hint)
	}
	return out, interrupted(ctx, s.finish(ctx, out), hint)
}

// checkTrain reports all options that are missing or cannot apply.
func checkTrain(run Run) error {
	err := errors.Join(must("train_file", run.TrainFile, "output_dir", run.OutputDir), checkUnlabelled(run), run.Training.Validate())
	if !run.DoTrain {
		err = errors.Join(err, usage("--do_train=false leaves nothing to do here; ortrain eval and ortrain predict run a finished model"))
	}
	if run.DoPredict && run.TestFile == "" {
		err = errors.Join(err, usage("--do_predict has nothing to predict; give --test_file"))
	}
	return err
}

// checkOutput refuses a folder that holds another run.
func checkOutput(run Run) error {
	steps, err := checkpoint.Steps(nil, run.OutputDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fail(ExitUsage, fmt.Errorf("--output_dir: %w", err), "give a folder that your user may write, or one that does not exist yet")
	}
	logged, err := os.Stat(filepath.Join(run.OutputDir, logFile))
	if (len(steps) > 0 || err == nil && logged.Size() > 0) && run.Resume == "" && !run.OverwriteOutputDir {
		return fail(ExitUsage, fmt.Errorf("--output_dir %s holds a run already", run.OutputDir),
			"go on with --resume_from_checkpoint auto, start anew with --overwrite_output_dir, or choose another folder")
	}
	return nil
}

// clearOutput removes what another run left, once everything that can be wrong
// with the new one has been looked at.
func clearOutput(run Run) error {
	if !run.OverwriteOutputDir || run.Resume != "" {
		return nil
	}
	steps, err := checkpoint.Steps(nil, run.OutputDir)
	if err != nil {
		return err
	}
	names := []string{logFile, checkpoint.BestLink, checkpoint.LastLink}
	for _, step := range steps {
		names = append(names, checkpoint.Name(step))
	}
	entries, err := os.ReadDir(run.OutputDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), eventsPrefix) {
			names = append(names, e.Name())
		}
	}
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(run.OutputDir, name)); err != nil {
			return err
		}
	}
	return nil
}

// session is everything open during a run.
type session struct {
	env    Env
	run    Run
	folder *folder
	tok    *tokenize.Tokenizer
	data   *datasets
	// tolerant leaves rows to train on out that have no label.
	tolerant bool
	// cleaning is what is done to texts; nil for nothing.
	cleaning *cleaning
	ort      *ort.Env
	net      *ortrain.Network
	stores   *checkpoint.Store
	closer   []io.Closer
}

// close closes in the opposite order of opening. What was written is safe
// already, so errors here change nothing for the user.
func (s *session) close() {
	for _, c := range slices.Backward(s.closer) {
		_ = c.Close()
	}
}

// say prints a line about the run unless it is quiet.
func (s *session) say(format string, args ...any) {
	if !s.run.Quiet && s.run.LogFormat != "json" {
		fmt.Fprintf(s.env.Stderr, format+"\n", args...)
	}
}

func openSession(ctx context.Context, e Env, run Run) (_ *session, err error) {
	s := &session{env: e, run: run}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.openRows(ctx); err != nil {
		return nil, err
	}
	s.describeData()
	if err := s.folder.config.SetLabels(s.data.names); err != nil {
		return nil, err
	}
	if err := s.openNetwork(); err != nil {
		return nil, err
	}
	return s, ctx.Err()
}

// openTokenizer opens the model's tokenizer, and shortens sequences to what the
// model has positions for.
func (s *session) openTokenizer() (err error) {
	if s.tok, err = s.folder.tokenizer(s.run); err != nil {
		return err
	}
	s.closer = append(s.closer, s.tok)
	if most := int(s.folder.config.MaxPositionEmbeddings); s.run.MaxSeqLength > most {
		s.say("sequences are cut at %d tokens, the model's longest, not at max_seq_length %d", most, s.run.MaxSeqLength)
		s.run.MaxSeqLength = most
	}
	return nil
}

// openRows opens the runtime, the model's folder with its tokenizer, and the
// data.
func (s *session) openRows(ctx context.Context) (err error) {
	// The runtime first: without it everything else is in vain.
	if s.ort, err = openRuntime(s.run); err != nil {
		return err
	}
	s.closer = append(s.closer, s.ort)
	if s.folder, err = openFolder(ctx, s.env, s.run); err != nil {
		return err
	}
	if err := s.openTokenizer(); err != nil {
		return err
	}
	if s.cleaning, err = openCleaning(s.run, s.folder); err != nil {
		return err
	}
	if s.data, err = openTraining(ctx, s.run, s.tok, s.folder.labels(), s.cleaning, s.tolerant); err != nil {
		return err
	}
	s.closer = append(s.closer, s.data)
	return nil
}

// describeData says which rows go where.
func (s *session) describeData() {
	d := s.data
	text := fmt.Sprintf("data: %s rows to train on", thousands(int64(d.train.Rows())))
	if n := d.train.Rows() - d.train.Labelled().Rows(); n > 0 {
		text += fmt.Sprintf(", %s of them without a label", thousands(int64(n)))
	}
	if d.unlabelled > 0 {
		text += fmt.Sprintf(", %s without a label left out", thousands(int64(d.unlabelled)))
	}
	if d.beside > 0 {
		text += fmt.Sprintf(", %s without a label left out as their text is held out", thousands(int64(d.beside)))
	}
	if d.validation != nil {
		text += fmt.Sprintf(", %s to validate on", thousands(int64(d.validation.Rows())))
		if d.carved {
			text += " (held out of the training file by a hash of their text)"
		}
	}
	if d.test != nil {
		text += fmt.Sprintf(", %s to test on", thousands(int64(d.test.Rows())))
	}
	s.say("%s; %d labels", text, len(d.names))
	if s.cleaning != nil {
		s.say("%s", s.cleaning.summary())
	}
}

func (s *session) openNetwork() error {
	net, report, err := s.folder.network(s.ort, s.run, true)
	if err != nil {
		return err
	}
	s.net = net
	s.closer = append(s.closer, net)
	s.describeWeights(report)
	s.stores, err = checkpoint.Open(s.run.OutputDir, checkpoint.Options{SaveTotalLimit: s.run.Training.SaveTotalLimit, Lock: disk.Lock})
	if err != nil {
		return err
	}
	s.closer = append(s.closer, s.stores)
	return nil
}

// describeWeights says where the weights came from.
func (s *session) describeWeights(r *model.Report) {
	total := s.net.Parameters()
	switch {
	case r == nil:
		s.say("model: %s, %s weights from a checkpoint", s.folder.config.ModelType, thousands(total))
	case len(r.Loaded) == 0:
		s.say("model: %s from scratch, %s weights drawn from seed %d", s.folder.config.ModelType, thousands(total), s.run.Training.Seed)
	default:
		text := fmt.Sprintf("model: %s, %s weights, %d tensors read", s.folder.config.ModelType, thousands(total), len(r.Loaded))
		if n := len(r.Initialised); n > 0 {
			text += fmt.Sprintf(", %d drawn anew (%s)", n, strings.Join(r.Initialised[:min(n, 4)], ", "))
		}
		if n := len(r.Ignored); n > 0 {
			text += fmt.Sprintf(", %d ignored (%s)", n, strings.Join(r.Ignored[:min(n, 4)], ", "))
		}
		s.say("%s", text)
	}
}

// fit trains.
func (s *session) fit(ctx context.Context, stop <-chan struct{}) (*trained, error) {
	store := ortrain.NewRunStore(s.net, s.stores, s.run.OutputDir)
	store.Config, store.Files, store.Foreground = s.run.Training, maps.Clone(s.folder.files), !s.run.SaveInBackground
	config, err := json.MarshalIndent(s.folder.config, "", "  ")
	if err != nil {
		return nil, err
	}
	store.Files["config.json"] = config
	parts := ortrain.Parts{Engine: s.net, Train: ortrain.Shuffled(s.data.train), Store: store, Settle: s.reserve, Stop: stop, Now: s.env.Now}
	if s.data.validation != nil {
		parts.Eval, parts.Scorer = ortrain.InOrder(s.data.validation), newScorer(len(s.data.names))
	}
	if parts.Resume, err = s.resume(ctx, store); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(s.run.OutputDir, logFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	s.closer = append(s.closer, log)
	file, events, err := openEvents(s.run.OutputDir, s.env.Now())
	if err != nil {
		return nil, err
	}
	s.closer = append(s.closer, file)
	shown := newProgress(s.env, s.run, log, events)
	parts.Observer = shown
	t, err := ortrain.New(s.run.Training, parts)
	if err == nil {
		err = s.checkSpace(t.Plan())
	}
	if err != nil {
		return nil, err
	}
	result, err := t.Run(ctx)
	shown.endLine()
	return &trained{result: result, metrics: make(map[string]float64)}, errors.Join(err, shown.err)
}

// reserve evaluates the largest batch once, so that the runtime's memory has
// its final size from the beginning.
func (s *session) reserve(ctx context.Context) error {
	b, err := s.data.train.Largest(ctx)
	if err != nil {
		return err
	}
	if err := s.net.Reserve(ctx, b); err != nil || s.run.Training.Adversary.Name == "" {
		return err
	}
	return s.net.ReserveDisturbed(ctx, b, s.run.Training.Adversary)
}

// resume brings back the checkpoint that the options name.
func (s *session) resume(ctx context.Context, store *ortrain.RunStore) (ortrain.State, error) {
	var c *checkpoint.Checkpoint
	var err error
	switch s.run.Resume {
	case "":
		return ortrain.State{}, nil
	case "auto", "true":
		var skipped []error
		c, skipped, err = checkpoint.Auto(ctx, nil, s.run.OutputDir)
		for _, why := range skipped {
			s.say("passed over: %v", why)
		}
		if errors.Is(err, checkpoint.ErrNone) {
			s.say("no checkpoint in %s yet: starting at step 1", s.run.OutputDir)
			return ortrain.State{}, nil
		}
	default:
		c, err = checkpoint.Load(ctx, nil, s.run.Resume)
	}
	if err != nil {
		return ortrain.State{}, err
	}
	s.say("going on from %s", c.Dir)
	return store.Resume(c)
}

// finish evaluates, predicts, exports and writes the results.
func (s *session) finish(ctx context.Context, out *trained) error {
	r := out.result
	seconds := max(r.Training.Seconds(), 1e-9)
	out.metrics["train_loss"], out.metrics["epoch"] = r.TrainLoss, r.Epoch
	out.metrics["train_runtime"], out.metrics["train_samples_per_second"] = seconds, float64(r.Examples)/seconds
	out.metrics["train_steps_per_second"] = float64(r.RanSteps) / seconds
	if err := s.evaluateParts(ctx, out); err != nil {
		return err
	}
	if err := saveArtifacts(ctx, filepath.Join(s.run.OutputDir, artifactDir), s.folder, s.net, s.run); err != nil {
		return err
	}
	if err := s.exportModel(ctx, out); err != nil {
		return err
	}
	path := filepath.Join(s.run.OutputDir, evalDir, resultsFile)
	if err := writeJSON(path, out.metrics); err != nil {
		return err
	}
	s.say("results in %s", path)
	return nil
}

// evaluateParts goes through validation and test data with the final weights.
func (s *session) evaluateParts(ctx context.Context, out *trained) error {
	dir := filepath.Join(s.run.OutputDir, evalDir)
	if d := s.data.validation; d != nil {
		if err := s.part(ctx, "eval", d, "", out); err != nil {
			return err
		}
	}
	if d := s.data.test; d != nil {
		return s.part(ctx, "predict", d, dir, out)
	}
	return nil
}

// part evaluates one part and writes predictions into dir unless that is "".
func (s *session) part(ctx context.Context, prefix string, d *feed.Feed, dir string, out *trained) error {
	p := newPredictions(s.folder.config.Labels, d)
	e, err := ortrain.Evaluate(ctx, s.net, ortrain.InOrder(d), newScorer(len(s.data.names))(), p.add)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(e.Metrics)) {
		out.metrics[prefix+"_"+name] = e.Metrics[name]
		fmt.Fprintf(&text, "  %s %.4f", name, e.Metrics[name])
	}
	out.metrics[prefix+"_samples"] = float64(e.Examples)
	s.say("%s on %s rows%s", map[string]string{"eval": "validation", "predict": "test"}[prefix], thousands(int64(e.Examples)), text.String())
	if dir == "" {
		return nil
	}
	return p.write(ctx, dir)
}

// writeFile makes path hold data, whole or not at all.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return disk.WriteFile(disk.OS(), path, int64(len(data)), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, append(data, '\n'))
}

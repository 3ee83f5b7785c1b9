package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ortrain/ortrain/export"
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/checkpoint"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/model/hub"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// folder is a model on disk: a Hugging Face folder, an export or one of our
// checkpoints.
type folder struct {
	path   string
	config *model.Config
	// checkpoint is the training checkpoint that holds the weights, "" for
	// safetensors or for none (from scratch).
	checkpoint string
	scratch    bool
	files      map[string][]byte // of the tokenizer
}

// openFolder finds the model that the options name: a folder, or a hub name
// that is downloaded or already cached.
func openFolder(ctx context.Context, e Env, run Run) (*folder, error) {
	if run.ModelNameOrPath == "" && run.ConfigName == "" {
		return nil, usage("which model? give --model_name_or_path a folder or a hub name such as org/name, or --config_name to train from scratch")
	}
	f := &folder{path: run.ModelNameOrPath, files: make(map[string][]byte)}
	if f.path != "" {
		if err := f.locate(ctx, e, run); err != nil {
			return nil, err
		}
	}
	var err error
	if run.ConfigName != "" {
		f.scratch = f.path == ""
		data, rerr := readText("--config_name", run.ConfigName)
		if rerr != nil {
			return nil, rerr
		}
		f.config, err = model.ParseConfig(data)
	} else {
		f.config, err = model.ReadConfig(f.path)
	}
	if err != nil {
		return nil, fail(ExitData, err, "a model folder holds config.json, model.safetensors and tokenizer.json or vocab.txt")
	}
	return f, f.readTokenizerFiles(run)
}

// locate settles the folder and the kind of its weights.
func (f *folder) locate(ctx context.Context, e Env, run Run) error {
	info, err := os.Stat(f.path)
	if err == nil && !info.IsDir() {
		return usage("--model_name_or_path %s is a file; give the folder that holds it", f.path)
	}
	if err != nil {
		if !hubName(f.path) {
			return noModel("--model_name_or_path", f.path)
		}
		cache, _ := os.UserCacheDir()
		lookup := func(name string) (string, bool) { v := e.Getenv(name); return v, v != "" }
		if f.path, err = hub.Download(ctx, hub.FromEnv(lookup, cache), run.ModelNameOrPath, run.Revision); err != nil {
			return notOnHub(ctx, run.ModelNameOrPath, err)
		}
	}
	if inner := filepath.Join(f.path, exportDir); !isFile(filepath.Join(f.path, export.ConfigFile)) && isFile(filepath.Join(inner, export.ConfigFile)) {
		return usage("--model_name_or_path %s is the folder of a run; its model lies in %s, its checkpoints in %s", f.path, inner, filepath.Join(f.path, checkpoint.LastLink))
	}
	if path := filepath.Join(f.path, artifact.CheckpointFile); isFile(path) {
		f.checkpoint = path
	}
	return nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// largestTokenizerFile bounds what is read into memory and copied on.
const largestTokenizerFile = 256 << 20

func (f *folder) readTokenizerFiles(run Run) error {
	dir := f.tokenizerFolder(run)
	for _, name := range export.TokenizerFiles {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		if info.Size() > largestTokenizerFile {
			return fail(ExitData, fmt.Errorf("%s has %d bytes; at most %d are read", filepath.Join(dir, name), info.Size(), largestTokenizerFile), "")
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return fail(ExitData, err, "")
		}
		f.files[name] = data
	}
	return nil
}

func (f *folder) tokenizerFolder(run Run) string {
	if run.TokenizerName != "" {
		return run.TokenizerName
	}
	if f.path == "" {
		return filepath.Dir(run.ConfigName)
	}
	return f.path
}

// tokenizer opens the tokenizer and checks it against the model.
func (f *folder) tokenizer(run Run) (*tokenize.Tokenizer, error) {
	t, err := tokenize.Open(f.tokenizerFolder(run))
	if err != nil {
		return nil, err
	}
	if int64(t.Size()) > f.config.VocabSize {
		err := fmt.Errorf("the tokenizer has ids up to %d, the model's embedding table %d rows: they do not belong together", t.Size()-1, f.config.VocabSize)
		return nil, errors.Join(fail(ExitData, err, "give the model's own tokenizer with --tokenizer_name"), t.Close())
	}
	f.files["tokenizer.json"] = t.File()
	return t, nil
}

// labels returns the names that the model was fine-tuned with, nil if it has
// none of its own.
func (f *folder) labels() []string {
	for i, name := range f.config.Labels {
		if name != fmt.Sprintf("LABEL_%d", i) {
			return f.config.Labels
		}
	}
	return nil
}

// blueprint says which graphs the options ask for.
func (f *folder) blueprint(run Run) (ortrain.Blueprint, error) {
	b := ortrain.Blueprint{Config: f.config, Opset: run.Opset, Optimizer: artifact.DefaultAdamW()}
	switch run.Form {
	case "packed":
		b.Form = model.Packed
	case "padded":
		b.Form = model.Padded
	default:
		return b, usage("--form is %q; packed or padded is expected", run.Form)
	}
	c, o := run.Training, &b.Optimizer
	o.Alpha, o.Beta, o.Epsilon, o.WeightDecay = float32(c.AdamBeta1), float32(c.AdamBeta2), float32(c.AdamEpsilon), float32(c.WeightDecay)
	if c.Optim == "sgd" {
		b.Optimizer = artifact.Optimizer{Kind: artifact.SGD}
	}
	return b, nil
}

// network loads the graphs and the folder's weights; the report is nil if they
// come from a checkpoint.
func (f *folder) network(env *ort.Env, run Run, train bool) (*ortrain.Network, *model.Report, error) {
	method, err := method(run)
	if err != nil {
		return nil, nil, err
	}
	b, err := f.blueprint(run)
	if err != nil {
		return nil, nil, err
	}
	net, err := b.Network(env, ortrain.NetworkOptions{
		Threads: run.Threads, Seed: run.Training.Seed, EvaluateOnly: !train, Method: method, Rates: optim.Decay(run.Training.WeightDecay),
		Provider: provider(run),
	})
	if err != nil {
		return nil, nil, err
	}
	report, err := f.fill(net)
	if err != nil {
		return nil, nil, errors.Join(err, net.Close())
	}
	return net, report, nil
}

// fill reads or draws the weights.
func (f *folder) fill(net *ortrain.Network) (*model.Report, error) {
	switch {
	case f.checkpoint != "":
		return nil, net.LoadWeights(f.checkpoint)
	case f.scratch:
		return &model.Report{}, net.Draw()
	}
	report, err := net.ReadPretrained(f.path)
	if errors.Is(err, safetensors.ErrNotFound) && !isFile(filepath.Join(f.path, safetensors.FileName)) && !isFile(filepath.Join(f.path, safetensors.IndexName)) {
		return nil, fail(ExitData, fmt.Errorf("%s holds a model's configuration but no weights: there is neither %s nor %s", f.path, safetensors.FileName, safetensors.IndexName),
			"put the weights there, or train from scratch with --config_name "+filepath.Join(f.path, export.ConfigFile)+"; weights in another format, such as pytorch_model.bin, must be converted to safetensors first")
	}
	return report, err
}

// optimizers are the values of --optim.
var optimizers = []string{"adamw", "adamw_torch", "adamw_torch_fused", "adamw_hf", "sgd"}

// method returns the optimizer that the options ask for.
func method(run Run) (optim.Method, error) {
	c := run.Training
	switch c.Optim {
	case "adamw", "adamw_torch", "adamw_torch_fused":
		return optim.AdamW{Mode: native.Torch, Beta1: c.AdamBeta1, Beta2: c.AdamBeta2, Epsilon: c.AdamEpsilon}, nil
	case "adamw_hf":
		return optim.AdamW{Mode: native.HuggingFace, Beta1: c.AdamBeta1, Beta2: c.AdamBeta2, Epsilon: c.AdamEpsilon}, nil
	case "sgd":
		return optim.SGD{}, nil
	}
	return nil, usage("--optim is %q; one of %s is expected", c.Optim, strings.Join(optimizers, ", "))
}

// provider is where graphs run.
func provider(run Run) ort.Provider {
	return ort.Provider{Name: run.Provider, DeviceID: run.DeviceID, GPUMemLimit: run.GPUMemLimit}
}

// openRuntime loads the library and its environment.
func openRuntime(run Run) (*ort.Env, error) {
	return ort.Open(ort.EnvOptions{
		Library: run.Library,
		// Adversarial training runs several graphs, one at a time: one arena is
		// enough for all.
		ArenaSameAsRequested: run.Training.Adversary.Name != "",
	})
}

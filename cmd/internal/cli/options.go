package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/ortrain/ortrain/cmd/internal/flow"
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// Run holds every option of a training or evaluation run. Its yaml keys are
// the names of flags, environment variables (ORTRAIN_ and upper case) and keys
// of a configuration file.
type Run struct {
	ModelNameOrPath string `yaml:"model_name_or_path"`
	Revision        string `yaml:"revision"`
	TokenizerName   string `yaml:"tokenizer_name"`
	ConfigName      string `yaml:"config_name"`

	TrainFile       string  `yaml:"train_file"`
	UnlabeledFile   string  `yaml:"unlabeled_file"`
	Unlabeled       bool    `yaml:"unlabeled"`
	ValidationFile  string  `yaml:"validation_file"`
	TestFile        string  `yaml:"test_file"`
	TextColumn      string  `yaml:"text_column"`
	TextPairColumn  string  `yaml:"text_pair_column"`
	LabelColumn     string  `yaml:"label_column"`
	ValidationSplit float64 `yaml:"validation_split"`
	MaxSeqLength    int     `yaml:"max_seq_length"`
	Truncation      string  `yaml:"truncation"`
	MaxTrainSamples int     `yaml:"max_train_samples"`
	MaxEvalSamples  int     `yaml:"max_eval_samples"`
	Clean           string  `yaml:"clean"`
	Augment         string  `yaml:"augment"`
	PacksDir        string  `yaml:"packs_dir"`

	OutputDir          string `yaml:"output_dir"`
	OverwriteOutputDir bool   `yaml:"overwrite_output_dir"`
	Resume             string `yaml:"resume_from_checkpoint"`
	SaveInBackground   bool   `yaml:"save_in_background"`
	DoTrain            bool   `yaml:"do_train"`
	DoEval             bool   `yaml:"do_eval"`
	DoPredict          bool   `yaml:"do_predict"`
	NoExport           bool   `yaml:"no_export"`

	TrainBatchSize int  `yaml:"per_device_train_batch_size"`
	EvalBatchSize  int  `yaml:"per_device_eval_batch_size"`
	MaxTokens      int  `yaml:"max_tokens_per_batch"`
	GroupByLength  bool `yaml:"group_by_length"`
	Workers        int  `yaml:"dataloader_num_workers"`
	ShuffleWindow  int  `yaml:"shuffle_window"`
	MemoryBudget   int  `yaml:"memory_budget"`

	Training ortrain.Config `yaml:",inline"`

	Form        string `yaml:"form"`
	Opset       int64  `yaml:"opset"`
	Provider    string `yaml:"provider"`
	DeviceID    int    `yaml:"device_id"`
	GPUMemLimit int64  `yaml:"gpu_mem_limit"`
	Threads     int    `yaml:"threads"`
	Library     string `yaml:"onnxruntime"`

	DryRun    bool   `yaml:"dry_run"`
	Quiet     bool   `yaml:"quiet"`
	LogFormat string `yaml:"log_format"`
}

// DefaultRun returns the defaults, Hugging Face's where there are any.
func DefaultRun() Run {
	return Run{
		MaxSeqLength: 128, Truncation: string(tokenize.LongestFirst), SaveInBackground: true, TrainBatchSize: 8, EvalBatchSize: 32, GroupByLength: true, Workers: 2, MemoryBudget: 256,
		DoTrain: true, Training: ortrain.DefaultConfig(), Form: "packed", Provider: "cpu", LogFormat: "auto",
	}
}

// Validate returns all faults of the options that are not the trainer's.
func (r Run) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, usage(format, args...))
		}
	}
	oneOf := func(name, value string, values ...string) {
		check(slices.Contains(values, value), "--%s is %q; %s is expected", name, value, strings.Join(values[:len(values)-1], ", ")+" or "+values[len(values)-1])
	}
	oneOf("log_format", r.LogFormat, "auto", "text", "json")
	oneOf("form", r.Form, "packed", "padded")
	oneOf("provider", r.Provider, ort.CPU, ort.CUDA)
	oneOf("optim", r.Training.Optim, optimizers...)
	oneOf("lr_scheduler_type", r.Training.LRSchedulerType, optim.ScheduleKinds()...)
	check(r.ValidationSplit >= 0 && r.ValidationSplit < 1, "--validation_split is %g; a share of at least 0 and less than 1 is expected", r.ValidationSplit)
	check(r.MaxSeqLength >= 1, "--max_seq_length is %d; at least 1 is needed", r.MaxSeqLength)
	check(r.TrainBatchSize >= 1, "--per_device_train_batch_size is %d; at least 1 is needed", r.TrainBatchSize)
	check(r.EvalBatchSize >= 1, "--per_device_eval_batch_size is %d; at least 1 is needed", r.EvalBatchSize)
	check(r.Workers >= 0, "--dataloader_num_workers is %d; it must not be negative", r.Workers)
	check(r.Threads >= 0, "--threads is %d; it must not be negative", r.Threads)
	check(r.Opset == 0 || r.Opset >= model.MinOpset && r.Opset <= model.MaxOpset, "--opset is %d; %d to %d is expected", r.Opset, model.MinOpset, model.MaxOpset)
	return errors.Join(faults...)
}

// option is one field of Run by its name.
type option struct {
	name  string
	value reflect.Value
}

// options lists the fields of run, inlined structs flattened, in order.
func options(run *Run) []option { return flatten(reflect.ValueOf(run).Elem()) }

func flatten(v reflect.Value) []option {
	var out []option
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("yaml")
		if tag == ",inline" {
			out = append(out, flatten(v.Field(i))...)
			continue
		}
		out = append(out, option{tag, v.Field(i)})
	}
	return out
}

// optionNames lists the names of all options.
func optionNames() []string {
	run := DefaultRun()
	var names []string
	for _, o := range options(&run) {
		names = append(names, o.name)
	}
	return names
}

// readConfig reads a configuration file over run. A key that is not an option
// is refused with the nearest name.
func readConfig(path string, run *Run) error {
	data, err := readText("configuration", path)
	if err != nil {
		return err
	}
	var keys map[string]yaml.Node
	var wrong *yaml.TypeError
	if err := yaml.Unmarshal(data, &keys); errors.As(err, &wrong) {
		return usage("configuration %s holds no keys with values; lines such as \"learning_rate: 5e-5\" are expected", path)
	} else if err != nil {
		return usage("configuration %w", flow.Syntax(path, data, err))
	}
	for key, node := range keys {
		if err := known(key); err != nil {
			return usage("configuration %s, line %d: %w", path, node.Line, err)
		}
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	err = d.Decode(run)
	switch {
	case errors.As(err, &wrong):
		return usage("configuration %s, %s", path, wrongValue(wrong, keys))
	case err != nil && !errors.Is(err, io.EOF):
		return usage("configuration %s: %w", path, err)
	}
	return nil
}

// typeFault is what the YAML package says about a value of the wrong kind.
var typeFault = regexp.MustCompile("^line ([0-9]+): cannot unmarshal \\S+ (?:`(.*)` )?into (\\S+)$")

// wrongValue says the first value of the wrong kind in the words of options:
// its line, its key, and what is expected.
func wrongValue(err *yaml.TypeError, keys map[string]yaml.Node) string {
	m := typeFault.FindStringSubmatch(err.Errors[0])
	if m == nil {
		return err.Errors[0]
	}
	expected := "a value of type " + m[3]
	switch m[3] {
	case "float64":
		expected = "a number"
	case "int", "int64", "uint64":
		expected = "a whole number"
	case "bool":
		expected = "true or false"
	case "string":
		expected = "a text"
	}
	for key, node := range keys {
		if strconv.Itoa(node.Line) == m[1] {
			return fmt.Sprintf("line %s: %s: %q is not right; %s is expected", m[1], key, m[2], expected)
		}
	}
	return fmt.Sprintf("line %s: %q is not right; %s is expected", m[1], m[2], expected)
}

// known refuses names that are not options.
func known(name string) error {
	names := optionNames()
	for _, n := range names {
		if n == name {
			return nil
		}
	}
	if why, ok := refused[name]; ok {
		return fmt.Errorf("%s is not an option here: %s", name, why)
	}
	return fmt.Errorf("there is no option %s; did you mean %s?", name, nearest(name, names))
}

// resolved renders run as a configuration file that repeats it.
func resolved(run Run) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Everything needed to repeat this run: ortrain train THIS_FILE\n")
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(run); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

// variables begins the names of environment variables that hold options.
const variables = "ORTRAIN_"

// environment reads ORTRAIN_<NAME> variables over run.
func environment(getenv func(string) string, run *Run) error {
	for _, o := range options(run) {
		name := variables + strings.ToUpper(o.name)
		text := getenv(name)
		if text == "" {
			continue
		}
		if err := set(o.value, text); err != nil {
			return usage("environment variable %s: %w", name, err)
		}
	}
	return nil
}

package cli

import (
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"

	"github.com/hbollon/go-edlib"
	"github.com/urfave/cli/v2"
)

// aliases are short names of the options that are typed most.
var aliases = map[string][]string{
	"model_name_or_path":          {"model"},
	"train_file":                  {"train"},
	"validation_file":             {"valid"},
	"test_file":                   {"test"},
	"learning_rate":               {"lr"},
	"num_train_epochs":            {"epochs"},
	"per_device_train_batch_size": {"batch"},
	"output_dir":                  {"out"},
}

// refused are options of Hugging Face's Trainer that do not exist here, and
// what to use instead.
var refused = map[string]string{
	"fp16":                      "a stock ONNX Runtime trains in float32 on CPU; leave it out",
	"bf16":                      "a stock ONNX Runtime has no bfloat16 kernels on CPU; leave it out",
	"tf32":                      "tensor-core rounding is off; leave it out",
	"deepspeed":                 "training runs on one device; leave it out",
	"fsdp":                      "training runs on one device; leave it out",
	"local_rank":                "training runs on one device; leave it out",
	"push_to_hub":               "nothing is uploaded; upload the export folder with the hub's own tool",
	"hub_model_id":              "nothing is uploaded; upload the export folder with the hub's own tool",
	"hub_token":                 "downloads read HF_TOKEN; nothing is uploaded",
	"report_to":                 "train_log.jsonl is always written; read it with any tool",
	"no_cuda":                   "use --provider cpu, which is the default",
	"use_cpu":                   "use --provider cpu, which is the default",
	"torch_compile":             "graphs are compiled by ONNX Runtime; leave it out",
	"dataset_name":              "data are local files: --train_file, --validation_file, --test_file",
	"task_name":                 "data are local files: --train_file, --validation_file, --test_file",
	"pad_to_max_length":         "nothing is padded in training; leave it out",
	"gradient_checkpointing":    "use a smaller batch with --gradient_accumulation_steps",
	"label_smoothing_factor":    "labels are not smoothed yet; leave it out or set it to 0",
	"evaluation_strategy":       "it is called --eval_strategy",
	"auto_find_batch_size":      "set --per_device_train_batch_size",
	"adafactor":                 "use --optim adamw",
	"neftune_noise_alpha":       "use --adversary neftune --adv_init ALPHA",
	"use_fast_tokenizer":        "the fast tokenizer is the only one; leave it out",
	"preprocessing_num_workers": "use --dataloader_num_workers",
}

// flagsFor returns the flags of the named options, with defaults from run.
func flagsFor(run *Run, names ...string) []cli.Flag {
	wanted := make(map[string]bool, len(names))
	for _, n := range names {
		wanted[n] = true
	}
	var flags []cli.Flag
	for _, o := range options(run) {
		if len(names) == 0 || wanted[o.name] {
			f := &cli.GenericFlag{
				Name: o.name, Aliases: aliases[o.name], Usage: usages[o.name],
				Value: &fieldFlag{o.value}, Category: category(o.name), DefaultText: show(o.value),
			}
			if o.value.IsZero() && ofMethod(o.name) {
				f.DefaultText = "the method's"
			}
			if o.value.Kind() == reflect.Bool {
				flags = append(flags, switchFlag{f})
			} else {
				flags = append(flags, f)
			}
		}
	}
	return flags
}

// ofMethod tells options whose default depends on --adversary.
func ofMethod(name string) bool { return strings.HasPrefix(name, "adv_") && name != "adv_budget" }

// reword gives flags other usages, by their names.
func reword(flags []cli.Flag, usages map[string]string) {
	for _, f := range flags {
		g, ok := f.(*cli.GenericFlag)
		if s, on := f.(switchFlag); on {
			g, ok = s.GenericFlag, true
		}
		if text := usages[f.Names()[0]]; ok && text != "" {
			g.Usage = text
		}
	}
}

// switchFlag is a boolean option: help pages show it without a value.
type switchFlag struct{ *cli.GenericFlag }

// TakesValue reports that the option stands alone.
func (switchFlag) TakesValue() bool { return false }

// String is the option's line on help pages.
func (f switchFlag) String() string { return cli.FlagStringer(f) }

// fieldFlag lets the flag package write into a field of Run.
type fieldFlag struct{ field reflect.Value }

// Set parses text into the field.
func (f *fieldFlag) Set(text string) error { return set(f.field, text) }

// String shows the field's value.
func (f *fieldFlag) String() string {
	if !f.field.IsValid() {
		return ""
	}
	return show(f.field)
}

// IsBoolFlag lets booleans stand without a value.
func (f *fieldFlag) IsBoolFlag() bool { return f.field.IsValid() && f.field.Kind() == reflect.Bool }

func show(v reflect.Value) string {
	if v.Kind() == reflect.String && v.String() == "" {
		return ""
	}
	return fmt.Sprint(v.Interface())
}

// set parses text into a field of Run.
func set(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return fmt.Errorf("%q is not true or false", text)
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not an integer", text)
		}
		v.SetInt(n)
	case reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not an integer of at least 0", text)
		}
		v.SetUint(n)
	case reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number; one such as 0.1 or 5e-5 is expected", text)
		}
		v.SetFloat(x)
	default:
		return fmt.Errorf("options of type %s are not supported", v.Type())
	}
	return nil
}

// nearest returns the names most like name, best first, at most three.
func nearest(name string, names []string) string {
	const most = 3
	sorted := append([]string(nil), names...)
	sort.SliceStable(sorted, func(i, j int) bool {
		return edlib.OSADamerauLevenshteinDistance(name, sorted[i]) < edlib.OSADamerauLevenshteinDistance(name, sorted[j])
	})
	best := edlib.OSADamerauLevenshteinDistance(name, sorted[0])
	var out []string
	for _, n := range sorted[:min(most, len(sorted))] {
		if edlib.OSADamerauLevenshteinDistance(name, n) <= best+1 {
			out = append(out, n)
		}
	}
	return strings.Join(out, ", ")
}

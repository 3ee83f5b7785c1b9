package cli

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// scalar writes a value as YAML, on one line.
func scalar(v string) string {
	var value any = v
	if comment(v) != v {
		value = &yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Value: v}
	}
	text, err := yaml.Marshal(value)
	if err != nil {
		return strconv.Quote(v)
	}
	return strings.TrimSuffix(string(text), "\n")
}

// comment is a text that stays on its line: a name of a column may have breaks,
// behind which a comment would be read as the recipe's own lines.
func comment(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// text renders the recipe.
func (d *draft) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# A recipe for ortrain: what to do with the data, stage by stage.\n#\n#   ortrain plan %s    what it is going to take\n#   ortrain run %s     do it; ortrain resume %s goes on after a stop\n#", comment(d.opts.output), comment(d.opts.output), comment(d.opts.dir))
	line("# Each section is the command of its name with its flags as keys: ortrain train --help.\n# \"skip: true\" in a section leaves its stage out. Paths are relative to where ortrain is started.")
	if len(d.roles.Open) > 0 {
		line("#\n# Not decided, please look:")
		for _, q := range d.roles.Open {
			line("#   - %s", comment(q))
		}
	}
	line("\noutput_dir: %s\nseed: 42", scalar(d.opts.dir))
	line("\n# %s.\nmodel_name_or_path: %s\n", comment(capital(d.modelWhy)), scalar(d.model))
	d.dataText(line)
	d.settingsText(line)
	return b.String()
}

// capital begins a sentence.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// dataText renders files and columns.
func (d *draft) dataText(line func(string, ...any)) {
	line("data:")
	files := split(d.opts.data)
	if len(files) == 1 {
		line("  file: %s", scalar(files[0]))
	} else {
		line("  file:")
		for _, f := range files {
			line("    - %s", scalar(f))
		}
	}
	for _, part := range []struct{ key, value string }{{"validation_file", d.opts.validation}, {"test_file", d.opts.test}} {
		if part.value != "" {
			line("  %s: %s", part.key, scalar(part.value))
		}
	}
	if d.header != nil {
		line("  # The files have no header row.\n  %s: [%s]", nameHeader, strings.Join(d.header, ", "))
	}
	column := func(key, name, why string) {
		switch {
		case name != "":
			line("  # %s.\n  %s: %s", comment(capital(why)), key, scalar(name))
		case key != "text_pair_column":
			line("  # Which column? See above.\n  # %s:", key)
		}
	}
	column("text_column", d.roles.Text, d.roles.Why["text"])
	column("text_pair_column", d.roles.Pair, d.roles.Why["pair"])
	column("label_column", d.roles.Label, d.roles.Why["label"])
}

// settingsText renders the stages.
func (d *draft) settingsText(line func(string, ...any)) {
	s := d.settings
	line("\n# 99 of 100 texts have at most %d tokens (%s); %.1f %% of the rows are cut.\nmax_seq_length: %d", s.Percentile99, d.measured, 100*s.Cut, s.MaxSeqLength)
	line("\nclean:\n  # encoder is gentle; classic drops punctuation and stop words: ortrain list cleaning.\n  clean: encoder")
	line("\n# Personal data replaced by placeholders: ortrain list recognisers.\nscrub:\n  skip: true")
	if d.opts.validation == "" || d.opts.test == "" && s.TestSplit > 0 {
		line("\n# By a hash of the text: the same rows every time, all labels in every part.\nsplit:")
		if d.opts.validation == "" {
			line("  validation_split: %g", defaultSplit)
		}
		switch {
		case d.opts.test != "":
		case s.TestSplit > 0:
			line("  test_split: %g", s.TestSplit)
		default:
			line("  # %d rows are too few to test on as well.\n  test_split: 0", d.toTrain())
		}
	}
	if d.opts.test != "" || s.TestSplit > 0 {
		line("\n# What fine-tuning has to beat: a linear classifier on the frozen encoder. It says which test rows are hard.\nprobe:")
	}
	line("\ntrain:\n  # As many epochs as %s rows need.\n  num_train_epochs: %d", thousands(d.toTrain()), s.Epochs)
	if d.unlabelled > 0 && d.roles.Label != "" {
		line("  # %s rows have no label: they are left out, unless an adversary that learns from them is named.\n  unlabeled: true", thousands(d.unlabelled))
	}
	line("  # For sequences of %d tokens and %s of free memory.\n  per_device_train_batch_size: %d", s.MaxSeqLength, bytesText(d.shape.Memory), s.BatchSize)
	line("  learning_rate: %s\n  weight_decay: 0.01\n  warmup_ratio: 0.1", strconv.FormatFloat(s.LearningRate, 'g', -1, 64))
	why := "Labels come about equally often"
	if s.Metric != "accuracy" {
		why = fmt.Sprintf("Labels have %s to %s rows, so each counts the same", thousands(s.Smallest), thousands(s.Largest))
	}
	line("  eval_strategy: epoch\n  save_strategy: epoch\n  save_total_limit: 1\n  load_best_model_at_end: true\n  # %s.\n  metric_for_best_model: %s\n  logging_steps: 20", why, s.Metric)
	line("\n# The same training without augmentation and adversary, to see what these brought; for recipes that have some.\nplain:\n  skip: true")
	line("\neval:\n  # all scores every row, those seen in training apart; test scores the unseen ones only.\n  on: all")
	line("\nreport:\n\nexport:")
}

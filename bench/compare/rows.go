package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// rows lists everything that can be compared.
func (o options) rows() []row {
	base := func(batch, steps int, field string) (ours, peer func() (float64, error)) {
		args := []string{
			"--texts", filepath.Join(o.data, "train.csv"), "--tokenizer", o.model,
			"--batch", strconv.Itoa(batch), "--steps", strconv.Itoa(steps), "--skip", "1",
		}
		ours = field1(field, o.step, args...)
		peer = field1(field, o.python, append([]string{filepath.Join(o.peers, "torch_bert.py")}, args...)...)
		return ours, peer
	}
	stepA, stepB := base(8, 3, "step_s")
	memoryA, memoryB := base(8, 2, "peak_rss_mb")
	largeA, largeB := base(32, 1, "peak_rss_mb")
	share, _ := base(8, 3, "optimizer_share")
	return []row{
		{"minilm-grouped", "MiniLM on banking77 against `group_by_length`", "examples/s", o.pairs, o.speed, o.trainer("--group-by-length"), false},
		{"minilm-dynamic", "MiniLM on banking77 against dynamic padding", "examples/s", o.pairs, o.speed, o.trainer(), false},
		{"base-step", "BERT-base step, B=8, S=128", "s", o.basePairs, stepA, stepB, true},
		{"base-memory", "BERT-base peak RSS, B=8, S=128", "MB", 1, memoryA, memoryB, true},
		{"base-memory-32", "BERT-base peak RSS, B=32, S=128", "MB", 1, largeA, largeB, true},
		{"base-optimizer", "optimizer's share of that step, B=8", "of 1", 3, share, nil, true},
		{"minilm-optimizer", "optimizer's share of a MiniLM step", "of 1", 3, o.optimizerShare, nil, true},
		{"start", "start of the process to the first step, MiniLM", "s", 5, o.firstStep, nil, true},
		{"rss", "RSS at step 500 over RSS at step 50, MiniLM", "× ", 1, o.growth, nil, true},
	}
}

func field1(field, name string, args ...string) func() (float64, error) {
	return func() (float64, error) {
		out, err := lastObject(name, args...)
		if err != nil {
			return 0, err
		}
		v, ok := out[field]
		if !ok {
			return 0, fmt.Errorf("%s printed no %q", name, field)
		}
		return v, nil
	}
}

// batchSize is that of the published settings of this comparison.
const batchSize = 32

// trainArgs are the settings of the MiniLM runs. Both sides see the same rows:
// the first steps × batch size of the file.
func (o options) trainArgs(out string, steps int) []string {
	return []string{
		"train", "--model_name_or_path", o.model, "--train_file", filepath.Join(o.data, "train.csv"), "--label_column", "category",
		"--per_device_train_batch_size", strconv.Itoa(batchSize), "--learning_rate", "3e-4", "--weight_decay", "0.01",
		"--max_train_samples", strconv.Itoa(steps * batchSize), "--num_train_epochs", "1", "--threads", "2",
		"--save_strategy", "no", "--no_export", "--overwrite_output_dir", "--output_dir", out, "--log_format", "json", "--logging_steps", "1",
	}
}

// logged runs training and returns its log.
func (o options) logged(args []string) ([]map[string]float64, error) {
	var stderr bytes.Buffer
	c := exec.Command(o.ortrain, args...)
	c.Stderr = &stderr
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", o.ortrain, err, stderr.Bytes())
	}
	f, err := os.Open(filepath.Join(o.out, "run", "train_log.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var log []map[string]float64
	for s := bufio.NewScanner(f); s.Scan(); {
		var entry map[string]float64
		if err := json.Unmarshal(s.Bytes(), &entry); err != nil {
			return nil, err
		}
		log = append(log, entry)
	}
	return log, nil
}

// warmup is how many steps pass on both sides before the clock starts.
const warmup = 5

// speed returns our examples per second after the warm-up: the harmonic mean
// over steps of equal size.
func (o options) speed() (float64, error) {
	log, err := o.logged(o.trainArgs(filepath.Join(o.out, "run"), o.steps))
	if err != nil {
		return 0, err
	}
	if len(log) <= warmup {
		return 0, errors.New("the run was shorter than the warm-up")
	}
	var seconds float64
	for _, e := range log[warmup:] {
		seconds += batchSize / e["examples_per_s"]
	}
	return batchSize * float64(len(log)-warmup) / seconds, nil
}

// trainer returns a run of the Hugging Face Trainer over the same rows.
func (o options) trainer(extra ...string) func() (float64, error) {
	args := []string{
		filepath.Join(o.peers, "hf_trainer.py"), "--model", o.model, "--train", filepath.Join(o.data, "train.csv"), "--epochs", "1",
		"--rows", strconv.Itoa(o.steps * batchSize), "--batch", strconv.Itoa(batchSize), "--skip", strconv.Itoa(warmup),
	}
	return field1("examples_per_s", o.python, append(args, extra...)...)
}

// optimizerShare is the part of a MiniLM step that the update takes.
func (o options) optimizerShare() (float64, error) {
	log, err := o.logged(o.trainArgs(filepath.Join(o.out, "run"), o.steps))
	if err != nil {
		return 0, err
	}
	var sum float64
	for _, e := range log[warmup:] {
		sum += e["optimizer_share"]
	}
	return sum / float64(len(log)-warmup), nil
}

// firstStep is the time from starting the process to the first step's end.
func (o options) firstStep() (float64, error) {
	start := time.Now()
	c := exec.Command(o.ortrain, append(o.trainArgs(filepath.Join(o.out, "run"), 100), "--max_steps", "1")...)
	pipe, err := c.StderrPipe()
	if err != nil {
		return 0, err
	}
	if err := c.Start(); err != nil {
		return 0, err
	}
	seconds := 0.0
	for s := bufio.NewScanner(pipe); s.Scan(); {
		var entry map[string]float64
		if json.Unmarshal(s.Bytes(), &entry) == nil && entry["step"] == 1 {
			seconds = time.Since(start).Seconds()
		}
	}
	if err := c.Wait(); err != nil {
		return 0, err
	}
	if seconds == 0 {
		return 0, errors.New("no first step was reported")
	}
	return seconds, nil
}

// growth compares the resident memory of two steps of one run over the whole
// file.
func (o options) growth() (float64, error) {
	const early, late = 50, 500
	log, err := o.logged(append(o.trainArgs(filepath.Join(o.out, "run"), 1<<20), "--max_steps", strconv.Itoa(late)))
	if err != nil {
		return 0, err
	}
	if len(log) < late {
		return 0, fmt.Errorf("the log has %d steps", len(log))
	}
	return log[late-1]["rss_bytes"] / log[early-1]["rss_bytes"], nil
}

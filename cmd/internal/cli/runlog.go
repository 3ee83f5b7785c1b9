package cli

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ortrain/ortrain/export"
	"github.com/ortrain/ortrain/ortrain/report"
)

// readLog reads train_log.jsonl; a run that has none yet has no log.
func readLog(path string) ([]report.Logged, error) {
	var out []report.Logged
	err := eachLine(path, func(line []byte) error {
		values := make(map[string]float64)
		if err := json.Unmarshal(line, &values); err != nil {
			return err
		}
		out = append(out, report.Logged{Step: int(values["step"]), Values: values})
		return nil
	})
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return out, err
}

func csvHead(r io.Reader) ([]string, error) { return csv.NewReader(r).Read() }

// facts say what was run.
func facts(dir string, run Run) []report.Fact {
	var out []report.Fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, report.Fact{Name: name, Value: value})
		}
	}
	model := run.ModelNameOrPath
	if model == "" {
		model = "from scratch: " + run.ConfigName
	}
	add("model", base(model))
	add("training data", hashed(run.TrainFile))
	add("training data without labels", hashed(run.UnlabeledFile))
	add("validation data", hashed(run.ValidationFile))
	add("test data", hashed(run.TestFile))
	t := run.Training
	add("settings", fmt.Sprintf("batch %d, learning rate %g, %g epochs, seed %d, at most %d tokens", run.TrainBatchSize*t.GradientAccumulationSteps, t.LearningRate, t.NumTrainEpochs, t.Seed, run.MaxSeqLength))
	add("adversary", t.Adversary.Name)
	add("augmentation in training", base(run.Augment))
	if weights := filepath.Join(dir, exportDir, export.WeightsFile); isFile(weights) {
		add("trained weights", hashed(weights))
	}
	add("results", results(filepath.Join(dir, evalDir, resultsFile)))
	add("program", "ortrain "+Version+", "+runtime.Version()+", "+runtime.GOOS+"/"+runtime.GOARCH)
	return out
}

// hashed names a file and, where it can be read, its contents.
func hashed(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return base(path)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return base(path) // a folder
	}
	return fmt.Sprintf("%s, SHA-256 %x", base(path), h.Sum(nil))
}

// base is the last part of a path: pages travel, folders of one machine do not.
func base(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Base(path)
}

// results shows the figures of all_results.json that people ask for.
func results(path string) string {
	data, err := os.ReadFile(path)
	var values map[string]float64
	if err != nil || json.Unmarshal(data, &values) != nil {
		return ""
	}
	var parts []string
	for _, name := range []string{"eval_accuracy", "eval_f1_macro", "predict_accuracy", "predict_f1_macro", "train_samples_per_second"} {
		if v, ok := values[name]; ok {
			parts = append(parts, fmt.Sprintf("%s %.4g", name, v))
		}
	}
	return strings.Join(parts, ", ")
}

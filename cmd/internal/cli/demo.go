package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/cmd/internal/demo"
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/pipeline/sink"
)

// Sizes and settings of the demonstration run, and what it must reach.
const (
	demoTrain, demoValidation, demoTest = 2520, 420, 560
	demoScratch                         = 7560 // to train on without pretrained weights
	demoSeed                            = 42
	demoLowest, demoHighest             = 0.85, 0.99
	demoMargin                          = 0.05
)

func demoCommand(e Env) *cli.Command {
	list := []string{"model_name_or_path", "output_dir", "overwrite_output_dir", "num_train_epochs", "learning_rate", "threads", "onnxruntime", "quiet", "log_format", "seed"}
	return command(e, "demo", "generate a hard little data set, fine-tune on it, and compare with naive Bayes", "", list, runDemo)
}

// runDemo is the whole demonstration: data, training, test, export, verdict.
func runDemo(ctx context.Context, e Env, run Run) error {
	if err := must("output_dir", run.OutputDir); err != nil {
		return err
	}
	start := e.Now()
	rows := demoTrain
	if run.ModelNameOrPath == "" {
		rows = demoScratch
	}
	splits, err := demo.Generate(demoSeed, rows, demoValidation, demoTest)
	if err != nil {
		return err
	}
	settings := DefaultRun()
	settings.ModelNameOrPath, settings.OutputDir, settings.OverwriteOutputDir = run.ModelNameOrPath, run.OutputDir, true
	settings.Threads, settings.Library, settings.Quiet, settings.LogFormat = run.Threads, run.Library, run.Quiet, run.LogFormat
	settings.Training.Seed = run.Training.Seed
	settings.TrainBatchSize, settings.DoEval = 32, true
	settings.Training.LearningRate, settings.Training.NumTrainEpochs = 3e-4, 4
	settings.Training.WeightDecay, settings.Training.WarmupRatio = 0.01, 0.1
	settings.Training.SaveStrategy, settings.Training.EvalStrategy = ortrain.EachEpoch, ortrain.EachEpoch
	settings.Training.SaveTotalLimit, settings.Training.LoggingSteps = 1, 20
	if run.ModelNameOrPath == "" {
		if settings, err = fromScratch(e, settings, splits); err != nil {
			return err
		}
	}
	if settings.TrainFile, settings.ValidationFile, settings.TestFile, err = writeDemoData(ctx, run.OutputDir, splits); err != nil {
		return err
	}
	out, err := train(ctx, e, settings)
	if err != nil {
		return err
	}
	return verdict(e, run, splits, out, e.Now().Sub(start))
}

// fromScratch changes the settings to those of a small model that has yet to
// learn the language.
func fromScratch(e Env, r Run, s demo.Splits) (Run, error) {
	fmt.Fprintln(e.Stdout, "WITHOUT PRETRAINED WEIGHTS: a small BERT learns from scratch, so expect less than fine-tuning gives.")
	files, err := demo.NewScratch(s.Train)
	if err != nil {
		return r, err
	}
	dir := filepath.Join(r.OutputDir, "scratch")
	for name, data := range files {
		if err := writeFile(filepath.Join(dir, name), data); err != nil {
			return r, err
		}
	}
	r.ConfigName = filepath.Join(dir, "config.json")
	r.Training.LearningRate, r.Training.NumTrainEpochs = 1e-3, 12
	return r, nil
}

// writeDemoData writes the three splits as Parquet files.
func writeDemoData(ctx context.Context, dir string, s demo.Splits) (train, validation, test string, err error) {
	folder := filepath.Join(dir, "data")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", "", "", err
	}
	write := func(name string, rows []demo.Row) string {
		texts, labels := make([]string, len(rows)), make([]string, len(rows))
		for i, r := range rows {
			texts[i], labels[i] = r.Text, r.Label
		}
		path := filepath.Join(folder, name)
		table := sink.Table{{Name: "text", Values: texts}, {Name: "label", Values: labels}}
		if e := sink.WriteTable(ctx, path, table, sink.Options{}); err == nil {
			err = e
		}
		return path
	}
	return write("train.parquet", s.Train), write("validation.parquet", s.Validation), write("test.parquet", s.Test), err
}

// verdict prints the figures beside the baseline's and checks them.
func verdict(e Env, run Run, s demo.Splits, out *trained, took time.Duration) error {
	bayes := demo.TrainBayes(s.Train)
	confusion, err := demo.Score(s.Test, func(r demo.Row) string { return bayes.Predict(r.Text) })
	if err != nil {
		return err
	}
	accuracy, f1 := out.metrics["predict_accuracy"], out.metrics["predict_f1_macro"]
	fmt.Fprintf(e.Stdout, "\n%d intents, %d texts to train on, %d to test on\n\n", len(demo.Labels()), len(s.Train), len(s.Test))
	fmt.Fprintf(e.Stdout, "%-28s %9s %9s\n", "", "accuracy", "macro F1")
	fmt.Fprintf(e.Stdout, "%-28s %9.4f %9.4f\n", "naive Bayes, bag of words", confusion.Accuracy(), confusion.MacroF1())
	fmt.Fprintf(e.Stdout, "%-28s %9.4f %9.4f\n\n", "fine-tuned encoder", accuracy, f1)
	fmt.Fprintf(e.Stdout, "%.1f examples/s in training, %s in all\n", out.metrics["train_samples_per_second"], took.Round(time.Second))
	for _, line := range []string{"data", exportDir, evalDir, artifactDir, logFile} {
		fmt.Fprintf(e.Stdout, "  %s\n", filepath.Join(run.OutputDir, line))
	}
	var faults []string
	if accuracy < demoLowest || accuracy > demoHighest {
		faults = append(faults, fmt.Sprintf("accuracy %.4f lies outside %.2f to %.2f", accuracy, demoLowest, demoHighest))
	}
	if accuracy < confusion.Accuracy()+demoMargin {
		faults = append(faults, fmt.Sprintf("accuracy %.4f is not %.2f above naive Bayes' %.4f", accuracy, demoMargin, confusion.Accuracy()))
	}
	if faults != nil {
		return fail(ExitGate, fmt.Errorf("the demonstration did not reach its mark: %s", strings.Join(faults, "; ")), "")
	}
	return nil
}

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/cmd/internal/flow"
	"github.com/ortrain/ortrain/export"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// pretrainStage is not part of this version yet.
func pretrainStage() stageKind { return stageKind{name: "pretrain", needs: dataStages} }

// needTrain returns the model for stages that use one.
func needTrain(r flow.Request) (model string, err error) {
	model, ok := r.Output("train", "model")
	if !ok {
		return "", usage("it needs the trained model; add a section train:")
	}
	return model, nil
}

// trainWired are the options of training that a recipe sets by itself.
var trainWired = map[string]string{
	"train_file": fromData, "validation_file": fromData, "test_file": fromData, "output_dir": fromFlow, "overwrite_output_dir": fromFlow,
	"resume_from_checkpoint": fromFlow, "no_export": "the stages behind it", "do_train": "the recipe", "do_eval": "the recipe", "do_predict": "the recipe",
	"dry_run": "ortrain plan",
}

// trainStage fine-tunes on the training rows.
func trainStage() stageKind {
	return stageKind{
		name: nameTrain, needs: slices.Concat(dataStages, []string{"pretrain"}), resumes: true, wired: trainWired,
		plan: func(k stageKind, s *stager, r flow.Request) (flow.Job, error) {
			if err := s.leaks(k, r); err != nil {
				return flow.Job{}, err
			}
			job, err := s.training(k, r)
			if err == nil {
				job.Outputs["model"] = exportDir
			}
			return job, err
		},
	}
}

// training is the job of a stage that trains, with more options than the
// recipe's.
func (s *stager) training(k stageKind, r flow.Request, more ...string) (flow.Job, error) {
	d, err := s.data(r)
	if err != nil {
		return flow.Job{}, err
	}
	args, reads, err := s.trainArgs(r, d)
	if err != nil {
		return flow.Job{}, err
	}
	set := s.settings(k, nameTrain, r)
	job := flow.Job{Options: set.lines, Reads: slices.Concat(set.reads, reads), Outputs: map[string]string{"run": "."}}
	job.Run = func(ctx context.Context, dir string) (flow.Outcome, error) {
		line := slices.Concat([]string{nameTrain}, set.args, args, more, []string{"--output_dir=" + dir, "--resume_from_checkpoint=auto"})
		if err := s.run(ctx, line...); err != nil {
			return flow.Outcome{}, err
		}
		if err := s.settleConfig(dir, k.name); err != nil {
			return flow.Outcome{}, err
		}
		rows, err := s.rowsOf(ctx, r.Recipe, d.paths["train"]...)
		out := scoreOf(filepath.Join(dir, evalDir, resultsFile), "predict_", "eval_", "train_")
		out.Rows = rows
		return out, err
	}
	return job, nil
}

// leaks refuses to hold rows out of a file that has changed copies of them.
func (s *stager) leaks(k stageKind, r flow.Request) error {
	d, err := s.data(r)
	if err != nil || r.Before[nameAugment] == nil || len(d.paths["validation"]) > 0 {
		return err
	}
	run := DefaultRun()
	for _, o := range options(&run) {
		if v, ok := s.value(k, r, o.name); ok && len(v) == 1 {
			_ = set(o.value, v[0]) // what is wrong with it, the stage itself says
		}
	}
	if heldOut(run) == 0 {
		return nil
	}
	return usage("it would hold rows to validate on out of a file with changed copies of them, and train on the copies; " +
		"add a section split:, which comes before augment, or a validation_file in data:")
}

// trainArgs are the files of a training run as its options.
func (s *stager) trainArgs(r flow.Request, d dataset) (args []string, reads []flow.Read, err error) {
	if task, ok := r.Recipe.Shared.Get("task"); ok && !s.isOption("train", "task") && !slices.Contains([]string{"classification", "text-classification", "sequence-classification"}, task) {
		return nil, nil, usage("task %s is not built into this version; classification is", task)
	}
	_, headless := r.Recipe.Data.Get(nameHeader)
	for _, part := range partNames {
		path, err := d.one(part)
		if err != nil {
			return nil, nil, err
		}
		if headless && d.outside[part] {
			return nil, nil, usage("training reads no files without a header row: %s; add a section clean: or split:, which writes them anew", path)
		}
		if path != "" {
			args = append(args, "--"+part+"_file="+path)
		}
	}
	return args, d.reads(partNames...), nil
}

// settleConfig makes the configuration that a finished run has left name the
// folder that it is going to have, so that it repeats the run.
func (s *stager) settleConfig(dir, stage string) error {
	path := filepath.Join(dir, configFile)
	run := DefaultRun()
	if err := readConfig(path, &run); err != nil {
		return err
	}
	run.OutputDir, run.Resume = filepath.Join(s.dir, stage), ""
	text, err := resolved(run)
	if err != nil {
		return err
	}
	return writeFile(path, text)
}

// scoreOf reads the figure of a results file that says most: accuracy where
// there is one, of the first of the parts that has any.
func scoreOf(path string, parts ...string) flow.Outcome {
	var results map[string]float64
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &results) != nil {
		return flow.Outcome{}
	}
	for _, part := range parts {
		for _, name := range []string{"accuracy", "f1", "f1_macro", "pearson", "loss"} {
			if v, ok := results[part+name]; ok {
				return flow.Outcome{Score: v, ScoreName: part + name}
			}
		}
	}
	return flow.Outcome{}
}

// judged is the part that a finished model is judged by: test rows, else
// validation rows.
func (s *stager) judged(r flow.Request) (d dataset, part, path string, err error) {
	if d, err = s.data(r); err != nil {
		return d, "", "", err
	}
	for _, part := range []string{"test", "validation"} {
		if path, err := d.one(part); path != "" || err != nil {
			return d, part, path, err
		}
	}
	return d, "", "", nil
}

// mustJudge is judged for a stage that has nothing to do without rows.
func (s *stager) mustJudge(r flow.Request, purpose string) (d dataset, part, path string, err error) {
	if d, part, path, err = s.judged(r); err == nil && path == "" {
		err = usage("there are no rows to %s: add a section split:, or name test_file under data", purpose)
	}
	return d, part, path, err
}

// evalStage scores the trained model.
func evalStage() stageKind {
	return stageKind{
		name: "eval", needs: slices.Concat(dataStages, []string{"train"}),
		wired: map[string]string{"model_name_or_path": fromBefore, "tokenizer_name": fromBefore, "config_name": fromBefore, "revision": fromBefore, "train_file": fromData, "test_file": fromData, "validation_file": fromData, "validation_split": fromBefore, "max_train_samples": fromBefore, "output_dir": fromFlow},
		plan: func(k stageKind, s *stager, r flow.Request) (flow.Job, error) {
			model, err := needTrain(r)
			if err != nil {
				return flow.Job{}, err
			}
			d, part, path, err := s.mustJudge(r, "judge the model by")
			if err != nil {
				return flow.Job{}, err
			}
			set := s.settings(k, "eval", r)
			args, reads := []string{"--test_file=" + path}, d.reads(part)
			outputs, all := map[string]string{"results": resultsFile}, false
			if on, ok := s.value(k, r, "on"); ok && on[0] != onTest {
				outputs["all"], all = resultsFile, true
				if args, reads, err = s.allParts(r); err != nil {
					return flow.Job{}, err
				}
			}
			job := flow.Job{Options: set.lines, Reads: slices.Concat(set.reads, reads), Outputs: outputs}
			job.Run = func(ctx context.Context, dir string) (flow.Outcome, error) {
				line := slices.Concat([]string{"eval"}, set.args, args, []string{"--model_name_or_path=" + model, "--output_dir=" + dir})
				if all {
					seen, err := s.seenBy(ctx, r)
					if err != nil {
						return flow.Outcome{}, err
					}
					line = append(line, seen...)
				}
				if err := s.run(ctx, line...); err != nil {
					return flow.Outcome{}, err
				}
				out := scoreOf(filepath.Join(dir, resultsFile), "eval_")
				out.Rows = samples(filepath.Join(dir, resultsFile))
				return out, nil
			}
			return job, nil
		},
	}
}

// allParts are the files of all parts before augmentation.
func (s *stager) allParts(r flow.Request) ([]string, []flow.Read, error) {
	r = unaugmented(r)
	d, err := s.data(r)
	if err != nil {
		return nil, nil, err
	}
	return s.trainArgs(r, d)
}

// seenBy says as options of eval which of the rows before augmentation the stage
// train has seen: it may have held some out, and left others unread.
func (s *stager) seenBy(ctx context.Context, r flow.Request) ([]string, error) {
	dir, _ := r.Output(nameTrain, "run")
	was := DefaultRun()
	if err := readConfig(filepath.Join(dir, configFile), &was); err != nil {
		return nil, err
	}
	n := was.MaxTrainSamples
	if n > 0 && r.Before[nameAugment] != nil {
		var err error
		if n, err = s.originals(ctx, r, n); err != nil {
			return nil, err
		}
	}
	return []string{fmt.Sprintf("--validation_split=%g", heldOut(was)), fmt.Sprintf("--max_train_samples=%d", n)}, nil
}

// originals is how many of the rows before augmentation are among the first n
// behind it, where each row comes before its copies. Rows that cannot be found
// again, since copies alone were kept, count as seen.
func (s *stager) originals(ctx context.Context, r flow.Request, n int) (int, error) {
	var texts [2][]string // without and with copies
	for i, at := range []flow.Request{unaugmented(r), r} {
		d, err := s.data(at)
		if err != nil {
			return 0, err
		}
		if texts[i], err = s.firstTexts(ctx, r.Recipe, d.paths["train"], n); err != nil {
			return 0, err
		}
	}
	found := 0
	for _, text := range texts[1] {
		if found < len(texts[0]) && text == texts[0][found] {
			found++
		}
	}
	if found == 0 {
		return n, nil
	}
	return found, nil
}

// firstTexts reads the first n texts of some files.
func (s *stager) firstTexts(ctx context.Context, r *flow.Recipe, paths []string, n int) (texts []string, err error) {
	set, err := source.Open(ctx, paths, textOptions(r))
	if err != nil {
		return nil, err
	}
	err = eachExample(ctx, set, func(ex sample.Example) error {
		if len(texts) == n {
			return errEnough
		}
		texts = append(texts, strings.Clone(whole(ex)))
		return nil
	})
	return texts, err
}

// unaugmented is a request that sees the data as they were before augmentation.
func unaugmented(r flow.Request) flow.Request {
	before := maps.Clone(r.Before)
	delete(before, nameAugment)
	r.Before = before
	return r
}

// samples is how many rows a results file is about.
func samples(path string) int64 {
	var results map[string]float64
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &results) != nil {
		return 0
	}
	return int64(max(results["eval_samples"], results["all_samples"]))
}

// reported are the options of report that name what stages before have made:
// stage and output.
var reported = map[string][2]string{
	"attack": {"attack", "curve"}, "cleaning": {"clean", "counts"}, "augmented": {nameAugment, "samples"}, "all_rows": {"eval", "all"},
	"compare=" + probeName: {nameProbe, "answers"}, "compare=" + plainName: {namePlain, "run"},
}

// reportStage writes the page about the run.
func reportStage() stageKind {
	return stageKind{
		name: "report", needs: slices.Concat(dataStages, []string{nameProbe, nameTrain, namePlain, "eval", "attack"}),
		wired: map[string]string{"output": fromFlow, "name": fromFlow, "attack": fromBefore, "cleaning": fromBefore, "augmented": fromBefore, "all_rows": fromBefore},
		plan: func(k stageKind, s *stager, r flow.Request) (flow.Job, error) {
			if _, err := needTrain(r); err != nil {
				return flow.Job{}, err
			}
			run, _ := r.Output("train", "run")
			set := s.settings(k, "report", r)
			if _, ok := r.Section.Settings.Get("title"); !ok && r.Recipe.Name != "" {
				set.args, set.lines = append(set.args, "--title="+r.Recipe.Name), append(set.lines, "title="+r.Recipe.Name)
			}
			set.args = append(set.args, "--name="+fullName)
			for _, option := range slices.Sorted(maps.Keys(reported)) { // the probe before plain training
				if path, ok := r.Output(reported[option][0], reported[option][1]); ok {
					set.args = append(set.args, "--"+option+"="+path)
				}
			}
			if _, given := r.Section.Settings.Get("hard_by"); !given && r.Before[nameProbe] != nil {
				set.args = append(set.args, "--hard_by="+probeName)
			}
			job := flow.Job{Options: set.lines, Reads: set.reads, Outputs: map[string]string{"page": reportFile}}
			job.Run = func(ctx context.Context, dir string) (flow.Outcome, error) {
				return flow.Outcome{}, s.run(ctx, slices.Concat([]string{"report"}, set.args, []string{"--output=" + filepath.Join(dir, reportFile), run})...)
			}
			return job, nil
		},
	}
}

// exportStage writes the serving folder and proves it on the rows that the model is
// judged by.
func exportStage() stageKind {
	return stageKind{
		name: "export", needs: slices.Concat(dataStages, []string{"train"}),
		wired: map[string]string{"model_name_or_path": fromBefore, "tokenizer_name": fromBefore, "config_name": fromBefore, "revision": fromBefore, "output_dir": fromFlow, "clean": "the stage clean"},
		plan: func(k stageKind, s *stager, r flow.Request) (flow.Job, error) {
			model, err := needTrain(r)
			if err != nil {
				return flow.Job{}, err
			}
			d, part, path, err := s.judged(r)
			if err != nil {
				return flow.Job{}, err
			}
			set, proof := s.settings(k, "export", r), s.settings(k, "verify", r)
			if p := r.Before["clean"]; p != nil {
				set.args = append(set.args, "--clean="+s.cleanedBy(r))
			}
			job := flow.Job{Options: set.lines, Reads: slices.Concat(set.reads, d.reads(part)), Outputs: map[string]string{"model": export.ModelFile}}
			job.Run = func(ctx context.Context, dir string) (flow.Outcome, error) {
				err := s.run(ctx, slices.Concat([]string{"export"}, set.args, []string{"--model_name_or_path=" + model, "--output_dir=" + dir})...)
				if err != nil || path == "" {
					return flow.Outcome{}, err
				}
				err = s.run(ctx, slices.Concat([]string{"verify"}, proof.args, []string{"--model_name_or_path=" + dir, "--test_file=" + path, "--clean=" + noCleaning})...)
				if err != nil {
					return flow.Outcome{}, err
				}
				return provenBy(filepath.Join(dir, export.ParityFile))
			}
			return job, nil
		},
	}
}

// cleanedBy is the recipe that the stage clean follows.
func (s *stager) cleanedBy(r flow.Request) string {
	section := r
	section.Section = r.Recipe.Sections["clean"]
	if v, ok := s.value(cleanStage(), section, "clean"); ok {
		return strings.Join(v, ",")
	}
	return defaultCleaning
}

// provenBy reads the figures of a proof.
func provenBy(path string) (flow.Outcome, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return flow.Outcome{}, err
	}
	var p export.Parity
	if err := json.Unmarshal(data, &p); err != nil {
		return flow.Outcome{}, errors.Join(fmt.Errorf("%s is no proof", path), err)
	}
	return flow.Outcome{Rows: int64(p.Examples), Score: float64(p.LabelFlips), ScoreName: "label flips"}, nil
}

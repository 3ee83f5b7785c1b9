package cli

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/cmd/internal/flow"
)

// What the page calls the systems that it compares.
const (
	majorityName = "majority class"
	probeName    = "linear probe"
	plainName    = "plain fine-tuning"
	fullName     = "full recipe"
)

// probeStage fits a linear classifier on the frozen encoder, before anything is
// trained: its answers also say which rows are hard.
func probeStage() stageKind {
	return stageKind{
		name: nameProbe, needs: []string{"clean", "scrub", "split"},
		wired: map[string]string{"train_file": fromData, "test_file": fromData, "output_dir": fromFlow},
		follows: func(option string) bool {
			return slices.Contains(modelOptions, option) || slices.Contains([]string{"config_name", "clean", "max_train_samples"}, option)
		},
		plan: func(k stageKind, s *stager, r flow.Request) (flow.Job, error) {
			d, part, path, err := s.mustJudge(r, "judge the model by")
			if err != nil {
				return flow.Job{}, err
			}
			train, err := d.one("train")
			if err != nil {
				return flow.Job{}, err
			}
			set := s.settings(k, k.name, r)
			job := flow.Job{Options: set.lines, Reads: slices.Concat(set.reads, d.reads("train", part)), Outputs: map[string]string{"answers": "."}}
			job.Run = func(ctx context.Context, dir string) (flow.Outcome, error) {
				line := slices.Concat([]string{k.name}, set.args, []string{"--train_file=" + train, "--test_file=" + path, "--output_dir=" + dir})
				if err := s.run(ctx, line...); err != nil {
					return flow.Outcome{}, err
				}
				out := scoreOf(filepath.Join(dir, resultsFile), "predict_")
				out.Rows, err = s.rowsOf(ctx, r.Recipe, train)
				return out, err
			}
			return job, nil
		},
	}
}

// plainStage trains as the stage train does, but on the rows as they were before
// augmentation and without an adversary: what the full recipe has to beat.
func plainStage() stageKind {
	wired := maps.Clone(trainWired)
	run := DefaultRun()
	for _, o := range options(&run) {
		if o.name == nameAugment || o.name == "packs_dir" || disturbs(o.name) {
			wired[o.name] = "nowhere: plain training is without it"
		}
	}
	return stageKind{
		name: namePlain, command: nameTrain, needs: []string{"clean", "scrub", "split", "pretrain"}, resumes: true, wired: wired,
		follows: func(string) bool { return true },
		plan: func(k stageKind, s *stager, r flow.Request) (flow.Job, error) {
			return s.training(k, unaugmented(r), "--no_export") // without the rows that taught the method only
		},
	}
}

// disturbs tells the options of adversarial training.
func disturbs(option string) bool {
	return option == "adversary" || option == "unlabeled_file" || strings.HasPrefix(option, "adv_")
}

package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/ortrain/ortrain/cmd/internal/flow"
)

// attackStage sees what the trained model still gets right under attack.
func attackStage() stageKind {
	return stageKind{
		name: "attack", needs: slices.Concat(dataStages, []string{nameTrain}),
		wired: map[string]string{"model_name_or_path": fromBefore, "tokenizer_name": fromBefore, "revision": fromBefore, "test_file": fromData, "output_dir": fromFlow},
		plan: func(k stageKind, s *stager, r flow.Request) (flow.Job, error) {
			model, err := needTrain(r)
			if err != nil {
				return flow.Job{}, err
			}
			d, part, path, err := s.mustJudge(r, "attack")
			if err != nil {
				return flow.Job{}, err
			}
			set := s.settings(k, k.name, r)
			job := flow.Job{Options: set.lines, Reads: slices.Concat(set.reads, d.reads(part)), Outputs: map[string]string{"curve": attackFile}}
			job.Run = func(ctx context.Context, dir string) (flow.Outcome, error) {
				line := slices.Concat([]string{k.name}, set.args, []string{"--model_name_or_path=" + model, "--test_file=" + path, "--output_dir=" + dir})
				if err := s.run(ctx, line...); err != nil {
					return flow.Outcome{}, err
				}
				return withstood(filepath.Join(dir, attackFile))
			}
			return job, nil
		},
	}
}

// attackFile is where attack writes its figures.
const attackFile = "attack.json"

// withstood is the share of the rows that is still right under the strongest
// attack.
func withstood(path string) (flow.Outcome, error) {
	var result struct {
		Points []struct{ Examples, Worst int64 }
	}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &result)
	}
	if err != nil || len(result.Points) == 0 {
		return flow.Outcome{}, err
	}
	last := result.Points[len(result.Points)-1]
	return flow.Outcome{Rows: last.Examples, Score: float64(last.Worst) / float64(max(last.Examples, 1)), ScoreName: "under attack"}, nil
}

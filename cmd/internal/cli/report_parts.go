package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ortrain/ortrain/ortrain/report"
	"github.com/ortrain/ortrain/pipeline/clean"
)

// readJSON reads a file that one of our commands wrote.
func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fail(ExitData, fmt.Errorf("%s: %w", path, err), "")
	}
	return nil
}

// readCurves reads attack.json as a curve for each attack, from accuracy without
// one at radius 0.
func readCurves(path string) ([]report.Curve, error) {
	var r attackResult
	err := readJSON(path, &r)
	if err == nil && len(r.Points) == 0 {
		err = fmt.Errorf("%s has no points of an attack", path)
	}
	if err != nil {
		return nil, fail(ExitData, fmt.Errorf("--attack: %w", err), "give the attack.json that ortrain attack --output_dir wrote")
	}
	curves := []report.Curve{{Name: "FGSM"}, {Name: fmt.Sprintf("PGD-%d, worst of %d starts", r.Steps, r.Restarts)}, {Name: "worst of all"}}
	for i, t := range r.Points {
		counts := [3]int{t.FGSM, t.PGD, t.Worst}
		for k := range curves {
			c := &curves[k]
			if i == 0 {
				c.Epsilon, c.Accuracy = append(c.Epsilon, 0), append(c.Accuracy, accuracy(t.Clean, t.Examples))
			}
			c.Epsilon, c.Accuracy = append(c.Epsilon, t.Epsilon), append(c.Accuracy, accuracy(counts[k], t.Examples))
		}
	}
	return curves, nil
}

// readParts reads the figures of eval --on all.
func readParts(path string) ([]report.Part, error) {
	var results map[string]float64
	err := readJSON(path, &results)
	if _, ok := results[onAll+"_samples"]; err == nil && !ok {
		err = fmt.Errorf("%s has no figures of all rows", path)
	}
	if err != nil {
		return nil, fail(ExitData, fmt.Errorf("--all_rows: %w", err), "give the all_results.json that ortrain eval --on all --output_dir wrote")
	}
	var out []report.Part
	for _, name := range evalParts {
		rows, ok := results[name+"_samples"]
		if !ok {
			continue
		}
		out = append(out, report.Part{
			Name: name, Note: partNote(name), Rows: int(rows),
			Accuracy: results[name+"_accuracy"], MacroF1: results[name+"_f1_macro"], Loss: results[name+"_loss"],
		})
	}
	return out, nil
}

// readCleaning reads the counts of a cleaning: the file that is asked for, or
// that of the run, if it has one.
func readCleaning(asked, dir string) ([]report.Cleaned, error) {
	if asked != "" {
		var r clean.Report
		if err := readJSON(asked, &r); err != nil {
			return nil, fail(ExitData, fmt.Errorf("--cleaning: %w", err), "give the --report_file of ortrain clean")
		}
		return cleaned(r), nil
	}
	parts := make(map[string]clean.Report)
	err := readJSON(filepath.Join(dir, cleanReport), &parts)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return cleaned(parts["train"]), err
}

func cleaned(r clean.Report) []report.Cleaned {
	var out []report.Cleaned
	for _, s := range r.Steps {
		out = append(out, report.Cleaned{Step: s.Use.Step, Changed: s.Changed, Dropped: s.Dropped, Removed: s.Removed})
	}
	return out
}

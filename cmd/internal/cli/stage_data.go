package cli

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/cmd/internal/flow"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// dataStages are the stages that change the data, in order.
var dataStages = []string{"clean", "scrub", "split", "augment"}

// dataset is the data as a stage finds it: the files of each part. Before the
// split, the part "file" holds all rows; it is trained on where there is none.
type dataset struct {
	paths map[string][]string
	// outside are the parts that no stage before has made.
	outside map[string]bool
}

// data finds the data that a stage gets.
func (s *stager) data(r flow.Request) (dataset, error) {
	d := dataset{paths: make(map[string][]string), outside: make(map[string]bool)}
	for key, part := range map[string]string{"file": "train", "train_file": "train", "validation_file": "validation", "test_file": "test"} {
		value, ok := r.Recipe.Data.Get(key)
		if !ok {
			continue
		}
		if d.paths[part] != nil {
			return d, usage("data names both file and train_file; one of them is expected")
		}
		d.paths[part], d.outside[part] = split(value), true
	}
	if d.paths["train"] == nil {
		return d, usage("data names no file; write \"data: FILE\", or file: or train_file: under data")
	}
	for _, stage := range dataStages {
		for _, part := range partNames {
			if path, ok := r.Output(stage, part); ok {
				d.paths[part], d.outside[part] = []string{path}, false
			}
		}
	}
	return d, nil
}

// reads are the files from outside among some parts.
func (d dataset) reads(parts ...string) []flow.Read {
	var out []flow.Read
	for _, part := range parts {
		if !d.outside[part] {
			continue
		}
		for i, path := range d.paths[part] {
			out = append(out, flow.Read{As: fmt.Sprintf("%s %d", part, i+1), Path: path})
		}
	}
	return out
}

// one returns the only path of a part, "" for a part that is not there.
func (d dataset) one(part string) (string, error) {
	switch paths := d.paths[part]; len(paths) {
	case 0:
		return "", nil
	case 1:
		return paths[0], nil
	}
	return "", usage("the %s data are %d files; add a stage that makes one of them (clean, scrub or split), or name a pattern", part, len(d.paths[part]))
}

// textOptions read the texts of the data alone.
func textOptions(r *flow.Recipe) source.Options {
	get := func(key string) string { v, _ := r.Data.Get(key); return v }
	return source.Options{Columns: source.Columns{Text: get("text_column"), Pair: get("text_pair_column"), Tokens: get("tokens_column")}, Kind: sample.NoLabel}
}

// rowsOf counts the rows of the data in some files.
func (s *stager) rowsOf(ctx context.Context, r *flow.Recipe, paths ...string) (int64, error) {
	var rows int64
	for _, path := range paths {
		set, err := source.Open(ctx, []string{path}, textOptions(r))
		if err != nil {
			return 0, err
		}
		parts, err := set.Parts(ctx)
		if err != nil {
			return 0, err
		}
		for _, p := range parts {
			rows += int64(p.Rows)
		}
	}
	return rows, nil
}

// perPart makes a job that runs a command for each part of the data.
func (s *stager) perPart(k stageKind, r flow.Request, parts []string, args func(part string, in []string, out string) []string) (flow.Job, error) {
	d, err := s.data(r)
	if err != nil {
		return flow.Job{}, err
	}
	set := s.settings(k, k.name, r)
	job := flow.Job{Options: set.lines, Reads: slices.Concat(set.reads, d.reads(parts...)), Outputs: make(map[string]string)}
	for _, part := range parts {
		if d.paths[part] != nil {
			job.Outputs[part] = partFile(part)
		}
	}
	job.Run = func(ctx context.Context, dir string) (flow.Outcome, error) {
		var made []string
		for _, part := range parts {
			if d.paths[part] == nil {
				continue
			}
			out := filepath.Join(dir, partFile(part))
			line := slices.Concat([]string{k.name}, set.args, args(part, d.paths[part], out))
			if err := s.run(ctx, line...); err != nil {
				return flow.Outcome{}, err
			}
			made = append(made, out)
		}
		rows, err := s.rowsOf(ctx, r.Recipe, made...)
		return flow.Outcome{Rows: rows}, err
	}
	return job, nil
}

// scrubStage takes personal data out of every part.
func scrubStage() stageKind {
	return stageKind{
		name: "scrub", needs: []string{"clean"},
		wired: map[string]string{"audit_file": fromFlow, "to": fromFlow, "dry_run": "ortrain plan", "check": "ortrain scrub --check"},
		plan: func(k stageKind, s *stager, r flow.Request) (flow.Job, error) {
			if step := s.hides(r); step != "" {
				return flow.Job{}, usage("it comes behind clean, whose step %s hides personal data from it: %s; "+
					"clean with encoder, or leave scrub out and put the step pii first in a cleaning recipe of your own", step, hiding[step])
			}
			job, err := s.perPart(k, r, partNames, func(_ string, in []string, out string) []string {
				return slices.Concat(in, []string{out})
			})
			job.Hidden = []string{s.secret(keyVariable)}
			return job, err
		},
	}
}

// hiding says what steps of cleaning do to personal data.
var hiding = map[string]string{
	"case":        "names, streets and keys are recognised by their capital letters",
	"punctuation": "ann@example.com stays as ann example com",
}

// hides returns the step of the stage clean, if there is one, behind which
// personal data are no longer recognised though they are still there.
func (s *stager) hides(r flow.Request) string {
	if r.Before["clean"] == nil {
		return ""
	}
	recipe, err := readRecipe(s.cleanedBy(r))
	if err != nil {
		return "" // the stage itself says what is wrong
	}
	gone := false // but for names, which the step knows from lists of its own only
	_, named := r.Section.Settings.Get("names")
	for _, use := range recipe.Steps {
		keep, _ := use.Params["keep"].(string)
		switch {
		case use.Step == "pii" && use.Params["types"] == nil:
			gone = true
		case use.Step == "case" && (!gone || named):
			return use.Step
		case use.Step == "punctuation" && use.Params["action"] != "normalize" && !strings.Contains(keep, "@") && !gone:
			return use.Step
		}
	}
	return ""
}

// cleanStage cleans every part; only rows to train on are dropped.
func cleanStage() stageKind {
	return stageKind{
		name:  "clean",
		wired: map[string]string{reportOption: fromFlow, keepOption: "which part a row is in"},
		plan: func(k stageKind, s *stager, r flow.Request) (flow.Job, error) {
			job, err := s.perPart(k, r, partNames, func(part string, in []string, out string) []string {
				args := []string{"--" + reportOption + "=" + countsOf(out)}
				if part != "train" {
					args = append(args, "--"+keepOption)
				}
				return slices.Concat(args, in, []string{out})
			})
			if err != nil {
				return job, err
			}
			job.Outputs["counts"] = countsOf(partFile("train"))
			if recipe, err := readRecipe(s.cleanedBy(r)); err == nil { // the stage itself says what is wrong
				job.Reads = append(job.Reads, namedFiles("clean", recipe.Files())...)
			}
			return job, nil
		},
	}
}

// splitStage cuts off the parts that are not there yet.
func splitStage() stageKind {
	return stageKind{
		name: "split", needs: []string{"clean", "scrub"},
		wired: map[string]string{"output_dir": fromFlow},
		plan: func(k stageKind, s *stager, r flow.Request) (flow.Job, error) {
			d, err := s.data(r)
			if err != nil {
				return flow.Job{}, err
			}
			set := s.settings(k, "split", r)
			shares, args, err := splitShares(k, s, r, d)
			if err != nil {
				return flow.Job{}, err
			}
			job := flow.Job{Options: slices.Concat(set.lines, args), Reads: slices.Concat(set.reads, d.reads("train")), Outputs: map[string]string{"train": partFile("train")}}
			for _, part := range partNames[1:] {
				if shares[part] != "0" {
					job.Outputs[part] = partFile(part)
				}
			}
			job.Run = func(ctx context.Context, dir string) (flow.Outcome, error) {
				line := slices.Concat([]string{"split"}, set.args, args, []string{"--output_dir=" + dir}, d.paths["train"])
				if err := s.run(ctx, line...); err != nil {
					return flow.Outcome{}, err
				}
				var made []string
				for _, name := range slices.Sorted(maps.Values(job.Outputs)) {
					made = append(made, filepath.Join(dir, name))
				}
				rows, err := s.rowsOf(ctx, r.Recipe, made...)
				return flow.Outcome{Rows: rows}, err
			}
			return job, nil
		},
	}
}

// splitShares settles what is cut off: no part that is there already.
func splitShares(k stageKind, s *stager, r flow.Request, d dataset) (shares map[string]string, args []string, err error) {
	shares = map[string]string{"validation": fmt.Sprint(defaultSplit), "test": "0"}
	for part := range shares {
		option := part + "_split"
		values, said := s.value(k, r, option)
		switch {
		case d.paths[part] == nil && said:
			var share float64
			if _, err := fmt.Sscan(values[0], &share); err != nil {
				return nil, nil, usage("%s is %q; a number is expected", option, values[0])
			}
			shares[part] = fmt.Sprint(share)
		case d.paths[part] != nil && said && values[0] != "0":
			return nil, nil, usage("%s is %s, but data names %s_file already; leave one of them out", option, values[0], part)
		case d.paths[part] != nil:
			shares[part] = "0"
		}
		args = append(args, "--"+option+"="+shares[part])
	}
	if shares["validation"] == "0" && shares["test"] == "0" {
		return nil, nil, usage("there is nothing to cut off: write \"skip: true\" under split, or give test_split")
	}
	slices.Sort(args)
	return shares, args, nil
}

// augmentStage adds changed copies to the rows to train on, and to no others.
func augmentStage() stageKind {
	return stageKind{
		name: nameAugment, needs: []string{"clean", "scrub", "split"}, resumes: true,
		wired: map[string]string{"to": fromFlow, "dry_run": "ortrain plan", "resume": fromFlow, reportOption: fromFlow},
		plan: func(k stageKind, s *stager, r flow.Request) (flow.Job, error) {
			job, err := s.perPart(k, r, partNames[:1], func(_ string, in []string, out string) []string {
				return slices.Concat([]string{"--resume", "--" + reportOption + "=" + countsOf(out)}, in, []string{out})
			})
			if err != nil {
				return job, err
			}
			job.Outputs["samples"] = countsOf(partFile("train"))
			if values, ok := s.value(k, r, nameAugment); ok {
				if policy, err := readPolicy(strings.Join(values, ",")); err == nil { // the stage itself says what is wrong
					job.Reads = append(job.Reads, namedFiles(nameAugment, policyFiles(policy))...)
				}
			}
			return job, nil
		},
	}
}

// countsOf is the file with the counts of what is written to a file.
func countsOf(out string) string { return strings.TrimSuffix(out, filepath.Ext(out)) + ".report.json" }

// namedFiles are files that a file names which an option of a stage names.
func namedFiles(option string, paths []string) []flow.Read {
	var out []flow.Read
	for i, path := range paths {
		out = append(out, flow.Read{As: fmt.Sprintf("file %d named by %s", i+1, option), Path: path})
	}
	return out
}

package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain/report"
)

// reportFile is the page in a run folder.
const reportFile = "report.html"

func reportCommand(e Env) *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "write what a run brought as one offline HTML page", ArgsUsage: "RUN_FOLDER",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "compare", Usage: "`NAME=FOLDER` with the predictions of another system for the same test rows, such as those of ortrain probe; may be repeated"},
			&cli.StringFlag{Name: "hard_by", Usage: "`NAME` of the compared system that says which rows are hard (default: the first)"},
			&cli.StringFlag{Name: "attack", Usage: "`FILE` attack.json of ortrain attack, for the robustness curve"},
			&cli.StringFlag{Name: "cleaning", Usage: "`FILE` with the counts of ortrain clean (default: those of the run)"},
			&cli.StringFlag{Name: "augmented", Usage: "`FILE` with samples of ortrain augment --report_file (default: drawn anew, if the run augments)"},
			&cli.StringFlag{Name: "all_rows", Usage: "`FILE` all_results.json of ortrain eval --on all, for the figures of seen and unseen rows"},
			&cli.StringFlag{Name: "name", Usage: "`NAME` of this run among the compared systems (default: the title)"},
			&cli.StringFlag{Name: "title", Usage: "`TEXT` at the head of the page (default: the folder's name)"},
			&cli.StringFlag{Name: "output", Usage: "`FILE` to write (default: " + reportFile + " in the folder)"},
			&cli.BoolFlag{Name: "no_texts", Usage: "show no texts of the data"},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Len() != 1 {
				return usage("which run? give one folder, as in: ortrain report out")
			}
			o := reportOptions{
				dir: c.Args().First(), title: c.String("title"), name: c.String("name"), output: c.String("output"), hardBy: c.String("hard_by"),
				attack: c.String("attack"), cleaning: c.String("cleaning"), augmented: c.String("augmented"), allRows: c.String("all_rows"), texts: !c.Bool("no_texts"),
			}
			for _, pair := range c.StringSlice("compare") {
				name, folder, ok := strings.Cut(pair, "=")
				if !ok || name == "" || folder == "" {
					return usage("--compare %s: NAME=FOLDER is expected", pair)
				}
				o.compare = append(o.compare, compared{name, folder})
			}
			ctx, signals := e.interrupts(c.Context)
			defer signals.close()
			path, err := writeReport(ctx, e, o)
			if err == nil {
				err = ctx.Err() // a page is written in no time, but a recipe ends here
			}
			if err != nil {
				return interrupted(ctx, err, "")
			}
			fmt.Fprintf(e.Stdout, "report in %s\n", path)
			return nil
		},
	}
}

// reportOptions say what goes into a page.
type reportOptions struct {
	dir, title, name, output, hardBy     string
	attack, cleaning, augmented, allRows string
	compare                              []compared
	texts                                bool
}

// compared is another system's predictions.
type compared struct{ name, folder string }

// writeReport collects the files of a run and writes the page.
func writeReport(ctx context.Context, e Env, o reportOptions) (string, error) {
	r := report.Report{Title: o.title, Made: e.Now()}
	if r.Title == "" {
		absolute, err := filepath.Abs(o.dir)
		if err != nil {
			return "", err
		}
		r.Title = filepath.Base(absolute)
	}
	config, err := os.ReadFile(filepath.Join(o.dir, configFile))
	if err != nil {
		return "", fail(ExitData, fmt.Errorf("%s is no run folder: %w", o.dir, err), "give the --output_dir of ortrain train")
	}
	run := DefaultRun()
	if err := readConfig(filepath.Join(o.dir, configFile), &run); err != nil {
		return "", err
	}
	r.Config = string(config)
	if r.Log, err = readLog(filepath.Join(o.dir, logFile)); err != nil {
		return "", err
	}
	if err := o.others(ctx, &r, run); err != nil {
		return "", err
	}
	answered, err := readAnswers(filepath.Join(o.dir, evalDir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	r.Facts = facts(o.dir, run)
	if answered != nil {
		if err := o.fill(ctx, &r, run, answered); err != nil {
			return "", err
		}
	}
	path := o.output
	if path == "" {
		path = filepath.Join(o.dir, reportFile)
	}
	var page bytes.Buffer
	if err := report.Write(&page, r); err != nil {
		return "", err
	}
	return path, writeFile(path, page.Bytes())
}

// others adds what other commands have found out.
func (o reportOptions) others(ctx context.Context, r *report.Report, run Run) (err error) {
	if o.attack != "" {
		if r.Robustness, err = readCurves(o.attack); err != nil {
			return err
		}
	}
	if o.allRows != "" {
		if r.Parts, err = readParts(o.allRows); err != nil {
			return err
		}
	}
	if r.Cleaning, err = readCleaning(o.cleaning, o.dir); err != nil {
		return err
	}
	if o.texts {
		r.Augmented, err = readAugmented(ctx, o.augmented, run)
	}
	return err
}

// fill adds what needs the predictions of the run.
func (o reportOptions) fill(ctx context.Context, r *report.Report, run Run, answered *answers) error {
	r.Test = answered.report()
	if o.texts {
		if err := addTexts(ctx, run, r.Test); err != nil {
			return err
		}
	}
	if len(o.compare) == 0 {
		return nil
	}
	majority, err := answered.majority(ctx, run)
	if err != nil {
		return err
	}
	r.Systems = append(r.Systems, majority)
	for _, other := range o.compare {
		a, err := readAnswers(other.folder)
		if err != nil {
			if a, err = readAnswers(filepath.Join(other.folder, evalDir)); err != nil {
				return fail(ExitData, fmt.Errorf("--compare %s=%s: %w", other.name, other.folder, err), "give a folder that ortrain train, eval or probe wrote")
			}
		}
		if !slices.Equal(a.rows, answered.rows) {
			return fail(ExitData, fmt.Errorf("--compare %s: %s answers other rows than %s (%d and %d)", other.name, other.folder, o.dir, len(a.rows), len(answered.rows)), "compare systems on the same --test_file")
		}
		r.Systems = append(r.Systems, report.System{Name: other.name, Right: a.right()})
		if other.name == o.hardBy || o.hardBy == "" && r.Hard == nil {
			if r.Hard, err = a.hardest(other.folder); err != nil {
				return err
			}
			r.HardBy = other.name
		}
	}
	if o.hardBy != "" && r.Hard == nil {
		return usage("--hard_by %s: no --compare has this name", o.hardBy)
	}
	r.Systems = append(r.Systems, report.System{Name: cmp.Or(o.name, r.Title), Right: answered.right()})
	return nil
}

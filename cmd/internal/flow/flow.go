// Package flow runs the stages of a recipe: each into a folder of its own, each
// once.
//
// Nouns: a Stage is one kind of work, a value in a sealed Table; a Recipe is
// what a person wrote down; a Job is a stage with the recipe's options filled
// in; a Flow is the jobs of a recipe in order; a Record is the file stage.json
// of a folder, which says what the folder was made from.
//
// Path: ParseRecipe → New → Flow.Run, or Flow.Look, which runs nothing.
//
// Law: a stage is done when its folder has its final name, and its folder is
// made again exactly when the hash of its inputs changes: options, contents of
// the files from outside, version of the program, hashes of the stages that it
// needs. A flow that was killed at any moment and is run again does no stage
// twice and ends with the same bytes as one that was not, if its stages do.
//
// Errors are those of the stages, with the stage named, those of the disk, or
// wrap ErrRecipe.
//
// A Flow serves one goroutine, and a folder one Flow at a time (disk.Lock). The
// package starts no goroutines, prints nothing and knows no stage.
package flow

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// ErrRecipe is wrapped by errors about what a recipe says.
var ErrRecipe = errors.New("wrong recipe")

// Stage is one kind of work.
type Stage struct {
	// Name is that of its folder and of its section in recipes; Doc says in one
	// line what it does.
	Name, Doc string
	// Needs names the stages before it whose results it uses, as far as they are
	// in the recipe.
	Needs []string
	// Resumes says that it goes on with what an unfinished run of it has left in
	// its folder. Others begin with an empty folder.
	Resumes bool
	// Plan makes a job of the recipe. A stage without it is not built into this
	// version.
	Plan func(Request) (Job, error)
}

// Request is what a job is made of.
type Request struct {
	Recipe  *Recipe
	Section Section
	// Before are the jobs of the recipe so far, by the name of their stage.
	Before map[string]*Planned
}

// Output returns the path of what a stage before makes; ok is false when it is
// not in the recipe or makes nothing of that name.
func (r Request) Output(stage, name string) (path string, ok bool) {
	p, ok := r.Before[stage]
	if !ok {
		return "", false
	}
	rel, ok := p.Job.Outputs[name]
	return filepath.Join(p.Dir, rel), ok
}

// Job is a stage with everything settled but the results of the stages before.
type Job struct {
	// Options decide, with the stage's name, what it does: lines NAME=VALUE.
	// Paths of what other stages make do not belong here.
	Options []string
	// Reads are the files from outside.
	Reads []Read
	// Outputs are what later stages use: paths in the folder by name.
	Outputs map[string]string
	// Hidden decide as well, and are written down nowhere: keys.
	Hidden []string
	// Run does the work in a folder that exists.
	Run func(ctx context.Context, dir string) (Outcome, error)
}

// Read is a file or folder whose contents a job depends on.
type Read struct{ As, Path string }

// Outcome is what a stage says of itself.
type Outcome struct {
	// Rows it went through or wrote; 0 where there are none.
	Rows int64 `json:"rows,omitempty"`
	// Score and its name; a stage without one has no name.
	Score     float64 `json:"score,omitempty"`
	ScoreName string  `json:"score_name,omitempty"`
}

// Planned is a job with its place.
type Planned struct {
	Stage *Stage
	Job   Job
	Dir   string
	needs []*Planned
	hash  string
}

// Table is stages in the order in which recipes run them.
type Table []Stage

// NewTable checks the stages: names are unique, and what is needed comes before.
// It panics on a fault, which is one of the program.
func NewTable(stages ...Stage) Table {
	seen := make(map[string]bool)
	for _, s := range stages {
		if s.Name == "" || seen[s.Name] {
			panic(fmt.Sprintf("flow: two stages are named %q", s.Name))
		}
		for _, need := range s.Needs {
			if !seen[need] {
				panic(fmt.Sprintf("flow: stage %s needs %s, which does not come before it", s.Name, need))
			}
		}
		seen[s.Name] = true
	}
	return stages
}

// Names lists the stages in order.
func (t Table) Names() []string {
	names := make([]string, len(t))
	for i, s := range t {
		names[i] = s.Name
	}
	return names
}

// Options say how to run a flow.
type Options struct {
	// Dir is the output folder.
	Dir string
	// Version of the program counts among the inputs of every stage.
	Version string
	// FS and Now stand for the file system and the clock; nil for the real ones.
	// What the stages themselves write does not go through FS.
	FS  disk.FS
	Now func() time.Time
	// Tell hears what happens; nil: nobody does.
	Tell func(Event)
}

// What happens to a stage.
const (
	Began   = "began"
	Resumed = "resumed"
	Cached  = "cached"
	Done    = "done"
)

// Event tells of a stage.
type Event struct {
	Stage, What string
	// Number counts from 1 to Of.
	Number, Of int
	Record     Record // of a stage that is done
}

// Flow is the jobs of a recipe in order.
type Flow struct {
	opts Options
	jobs []*Planned
}

// New plans the jobs of a recipe. It reads no data.
func New(table Table, recipe *Recipe, opts Options) (*Flow, error) {
	if opts.FS == nil {
		opts.FS = disk.OS()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Tell == nil {
		opts.Tell = func(Event) {}
	}
	f := &Flow{opts: opts}
	before := make(map[string]*Planned)
	for i := range table {
		stage := &table[i]
		section, ok := recipe.Sections[stage.Name]
		if !ok || section.Skip {
			continue
		}
		if stage.Plan == nil {
			return nil, fmt.Errorf("%s: the stage %s is not built into this version; leave it out, or write \"skip: true\" under it: %w", recipe.place(section.Line), stage.Name, ErrRecipe)
		}
		job, err := stage.Plan(Request{Recipe: recipe, Section: section, Before: before})
		if err != nil {
			return nil, fmt.Errorf("%s: stage %s: %w", recipe.place(section.Line), stage.Name, err)
		}
		p := &Planned{Stage: stage, Job: job, Dir: filepath.Join(opts.Dir, stage.Name)}
		for _, name := range stage.Needs {
			if need := before[name]; need != nil {
				p.needs = append(p.needs, need)
			}
		}
		slices.Sort(p.Job.Options)
		before[stage.Name] = p
		f.jobs = append(f.jobs, p)
	}
	if f.jobs == nil {
		return nil, fmt.Errorf("%s: no stage is left to run; name at least one of %v: %w", recipe.Path, table.Names(), ErrRecipe)
	}
	return f, nil
}

// Jobs are what the flow runs, in order.
func (f *Flow) Jobs() []*Planned { return f.jobs }

// Job returns the job of a stage, nil if the recipe has none.
func (f *Flow) Job(stage string) *Planned {
	for _, p := range f.jobs {
		if p.Stage.Name == stage {
			return p
		}
	}
	return nil
}

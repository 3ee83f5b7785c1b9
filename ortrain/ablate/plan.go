package ablate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/metric"
)

// Errors of this package.
var (
	// ErrPlan is wrapped by faults of a Plan.
	ErrPlan = errors.New("bad plan of an ablation")
	// ErrOutcome means that outcomes do not belong together.
	ErrOutcome = errors.New("outcomes do not fit")
	// ErrStored means that a stored result cannot be read.
	ErrStored = errors.New("damaged result")
)

// Plain is the name of plain training in Settings and tables' data: no recipe.
const Plain = ""

// fewest seeds have a spread.
const fewest = 2

// Recipe is one thing that is tried.
type Recipe struct {
	Name string `json:"name"`
	// Identity says in words what the recipe does: results are not used again
	// when it changes.
	Identity string `json:"identity"`
}

// Plan says what is compared.
type Plan struct {
	Recipes []Recipe
	// Sizes are the numbers of training rows, ascending.
	Sizes []int
	// Seeds are those of the runs that choose, Fresh those of the runs on the test
	// rows; no seed is in both.
	Seeds, Fresh []uint64
	// Alpha bounds the probability that a recipe is kept that does nothing.
	Alpha float64
	// Resampling draws rows anew.
	Resampling metric.Resampling
	// Identity says in words what else the results depend on, such as data, model
	// and options.
	Identity string
}

// DefaultPlan has five seeds from 42 on, five fresh ones after them, and an error
// rate of 5 %.
func DefaultPlan() Plan {
	p := Plan{Alpha: 0.05, Resampling: metric.DefaultResampling()}
	p.Seeds, p.Fresh = Seeds(42, 5)
	return p
}

// Seeds returns n seeds from first on to choose with, and the n after them to
// report.
func Seeds(first uint64, n int) (choose, report []uint64) {
	for i := range uint64(max(n, 0)) {
		choose, report = append(choose, first+i), append(report, first+uint64(n)+i)
	}
	return choose, report
}

// Validate returns all faults of the plan at once.
func (p Plan) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("ablate: "+format+": %w", append(args, ErrPlan)...))
		}
	}
	check(len(p.Recipes) > 0, "there is no recipe to try")
	names := make(map[string]bool)
	for _, r := range p.Recipes {
		check(r.Name != Plain, "a recipe has no name")
		check(!names[r.Name], "the recipe %s is there twice", r.Name)
		names[r.Name] = true
	}
	check(len(p.Sizes) > 0, "there is no number of training rows")
	for i, n := range p.Sizes {
		check(n >= 1, "a size is %d training rows; at least 1 is needed", n)
		check(i == 0 || n > p.Sizes[i-1], "the size %d stands after %d; sizes go up, each once", n, p.Sizes[max(i-1, 0)])
	}
	check(len(p.Seeds) >= fewest, "there are too few seeds, %d; %d at least, since a gain is compared with the spread over them", len(p.Seeds), fewest)
	check(len(p.Fresh) >= fewest, "there are too few fresh seeds, %d; %d at least", len(p.Fresh), fewest)
	used := make(map[uint64]bool)
	for _, s := range slices.Concat(p.Seeds, p.Fresh) {
		check(!used[s], "the seed %d is there twice; those that choose and those that report differ", s)
		used[s] = true
	}
	check(p.Alpha > 0 && p.Alpha < 1, "alpha is %g; it lies between 0 and 1", p.Alpha)
	check(p.Resampling.Samples >= 1 && p.Resampling.Confidence > 0 && p.Resampling.Confidence < 1,
		"%d samples at confidence %g; at least 1, and a confidence between 0 and 1, are expected", p.Resampling.Samples, p.Resampling.Confidence)
	return errors.Join(faults...)
}

// key names what is stored of a setting: a hash of all that it depends on.
func (p Plan) key(what string, s Setting) string {
	identity := ""
	for _, r := range p.Recipes {
		if r.Name == s.Recipe {
			identity = r.Identity
		}
	}
	text, _ := json.Marshal([]any{what, p.Identity, identity, s}) // strings and numbers do not fail
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%s-%s", what, hex.EncodeToString(sum[:12]))
}

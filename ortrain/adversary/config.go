package adversary

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/variant"
)

// ErrConfig is wrapped by errors about options that are wrong, do not fit
// together, or do not fit the network.
var ErrConfig = errors.New("wrong adversarial configuration")

// Norm measures perturbations.
type Norm string

// The norms.
const (
	L2   Norm = "l2"
	LInf Norm = "linf"
)

// Scope is what a norm is taken over.
type Scope string

// The scopes.
const (
	// PerExample takes the norm of all tokens of one sequence together.
	PerExample Scope = "example"
	// PerToken takes the norm of each token (of each row, for the matrix).
	PerToken Scope = "token"
	// Global takes one norm over the micro-batch.
	Global Scope = "global"
)

// Where is what is perturbed.
type Where string

// The places of a perturbation.
const (
	// AtLookup is the result of looking words up, before other embeddings are
	// added.
	AtLookup Where = "lookup"
	// AtOutput is what the first layer reads.
	AtOutput Where = "embedding_output"
	// AtMatrix is the table of words itself: all occurrences of a token in the
	// micro-batch share one perturbation.
	AtMatrix Where = "matrix"
)

// Config holds the options of all methods. A method reads those that Defaults
// sets for it.
type Config struct {
	// Name of the method; "" trains plainly.
	Name string `yaml:"adversary"`
	// Epsilon is the radius ε that no perturbation exceeds.
	Epsilon float64 `yaml:"adv_epsilon"`
	// Alpha is the step size α of ascent steps, Steps their number K.
	Alpha float64 `yaml:"adv_alpha"`
	Steps int     `yaml:"adv_steps"`
	Norm  Norm    `yaml:"adv_norm"`
	Scope Scope   `yaml:"adv_scope"`
	Where Where   `yaml:"adv_where"`
	// Init is the size of the random start; 0 starts at no perturbation.
	Init float64 `yaml:"adv_init"`
	// StartEpoch is the first epoch, counted from 0, that is disturbed, Fraction
	// the share of its micro-batches.
	StartEpoch int     `yaml:"adv_start_epoch"`
	Fraction   float64 `yaml:"adv_fraction"`
}

// Defaults returns the options of a method as its paper or, where that names
// none, its reference code has them. Errors: ErrConfig for an unknown method.
func Defaults(name string) (Config, error) {
	m, err := Lookup(name)
	if err != nil {
		return Config{}, err
	}
	c := m.Defaults()
	c.Name = name
	if c.Fraction == 0 {
		c.Fraction = 1
	}
	return c, nil
}

// Validate returns all faults of the configuration at once, each naming its
// option. A configuration without a name has none.
func (c Config) Validate() error {
	if c.Name == "" {
		if c != (Config{}) {
			return fmt.Errorf("adversary: adv_… options are set without a method; name one with adversary: %s: %w", strings.Join(Names(), ", "), ErrConfig)
		}
		return nil
	}
	m, err := Lookup(c.Name)
	if err != nil {
		return err
	}
	used := m.Defaults()
	f := &faults{}
	f.positive("adv_epsilon", c.Epsilon, used.Epsilon)
	f.positive("adv_alpha", c.Alpha, used.Alpha)
	f.check(used.Steps == 0 || c.Steps >= 1, "adv_steps is %d; at least 1 is needed", c.Steps)
	f.oneOf("adv_norm", string(c.Norm), used.Norm != "", string(L2), string(LInf))
	f.oneOf("adv_scope", string(c.Scope), used.Scope != "", string(PerExample), string(PerToken), string(Global))
	f.oneOf("adv_where", string(c.Where), used.Where != "", string(AtLookup), string(AtOutput), string(AtMatrix))
	f.check(c.Where != AtMatrix || c.Scope != PerExample, "adv_where is matrix, whose rows belong to no example; adv_scope must be global or token, not example")
	f.check(c.Init >= 0 && !math.IsInf(c.Init, 0), "adv_init is %g; 0 starts at no perturbation, negative means nothing", c.Init)
	f.check(c.StartEpoch >= 0, "adv_start_epoch is %d; it must not be negative", c.StartEpoch)
	f.check(c.Fraction > 0 && c.Fraction <= 1, "adv_fraction is %g; it must lie in (0, 1]", c.Fraction)
	return errors.Join(append(f.list, f.unused(c, used)...)...)
}

// faults collects what is wrong.
type faults struct{ list []error }

func (f *faults) check(ok bool, format string, args ...any) {
	if !ok {
		f.list = append(f.list, fmt.Errorf("adversary: "+format+": %w", append(args, ErrConfig)...))
	}
}

// positive checks a size that a method uses if its default is not 0.
func (f *faults) positive(name string, x, def float64) {
	f.check(def == 0 || x > 0 && !math.IsInf(x, 0), "%s is %g; a positive number is needed, such as %g", name, x, def)
}

func (f *faults) oneOf(name, x string, used bool, list ...string) {
	f.check(!used || slices.Contains(list, x), "%s is %q; one of %s is expected", name, x, strings.Join(list, ", "))
}

// unused reports options that are set although the method reads none of that
// name.
func (f *faults) unused(c, used Config) []error {
	var out []error
	for _, o := range []struct {
		name     string
		set, has bool
	}{
		{"adv_epsilon", c.Epsilon != 0, used.Epsilon != 0}, {"adv_alpha", c.Alpha != 0, used.Alpha != 0}, {"adv_steps", c.Steps != 0, used.Steps != 0},
		{"adv_norm", c.Norm != "", used.Norm != ""}, {"adv_scope", c.Scope != "", used.Scope != ""}, {"adv_where", c.Where != "", used.Where != ""},
	} {
		if o.set && !o.has {
			out = append(out, fmt.Errorf("adversary: %s has no option %s; leave it out: %w", c.Name, o.name, ErrConfig))
		}
	}
	return out
}

// place is where the graph adds a perturbation.
func (w Where) place() variant.Place {
	if w == AtOutput {
		return variant.EmbeddingOutput
	}
	return variant.Lookup
}

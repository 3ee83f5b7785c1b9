package adversary

import (
	"errors"
	"fmt"
	"math"
	"reflect"
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

// Where is what is changed.
type Where string

// The places of a change.
const (
	// AtLookup is the result of looking words up, before other embeddings are
	// added.
	AtLookup Where = "lookup"
	// AtSum is the sum of all embeddings, before it is normalised. A perturbation
	// there is the same as one at AtLookup.
	AtSum Where = "embedding_sum"
	// AtOutput is what the first layer reads.
	AtOutput Where = "embedding_output"
	// AtMatrix is the table of words itself: all occurrences of a token in the
	// micro-batch share one perturbation.
	AtMatrix Where = "matrix"
	// AtHidden is what layer Layer reads, AtPooled what the classifier reads;
	// for mixup only.
	AtHidden Where = "hidden"
	AtPooled Where = "pooled"
)

// Compat says whose version of a method is meant.
type Compat string

// The versions.
const (
	// Paper follows the paper.
	Paper Compat = "paper"
	// Reference follows the authors' code where it differs.
	Reference Compat = "reference"
	// Fairseq follows the authors' second version, for FreeLB.
	Fairseq Compat = "fairseq"
	// Clamped follows the usual ports of AWP to text.
	Clamped Compat = "clamped"
)

// Config holds the options of all methods. A method reads those that its
// Options name.
type Config struct {
	// Name of the method; "" trains plainly.
	Name string `yaml:"adversary"`
	// Epsilon is the radius ε that no perturbation exceeds; +Inf is no bound.
	Epsilon float64 `yaml:"adv_epsilon"`
	// Alpha is the step size α of ascent steps, Steps their number K, InnerSteps
	// that of YOPO's cheap ones.
	Alpha      float64 `yaml:"adv_alpha"`
	Steps      int     `yaml:"adv_steps"`
	InnerSteps int     `yaml:"adv_inner_steps"`
	Norm       Norm    `yaml:"adv_norm"`
	Scope      Scope   `yaml:"adv_scope"`
	Where      Where   `yaml:"adv_where"`
	// Init is the size of the random start; 0 starts at no perturbation.
	Init float64 `yaml:"adv_init"`
	// Xi is the length of VAT's probes.
	Xi float64 `yaml:"adv_xi"`
	// Weight is that of the adversarial loss, or of what a method adds to the
	// loss (λ, R-Drop's α); CleanWeight that of the clean loss.
	Weight      float64 `yaml:"adv_weight"`
	CleanWeight float64 `yaml:"adv_clean_weight"`
	// Bregman is the weight μ of SMART's proximal term, BregmanBeta the decay of
	// its teacher.
	Bregman     float64 `yaml:"adv_bregman"`
	BregmanBeta float64 `yaml:"adv_bregman_beta"`
	// MixAlpha is the parameter of the Beta distribution of mixup's shares,
	// MixPadding what is mixed beyond the end of the shorter sequence, Layer the
	// layer whose input is mixed at AtHidden.
	MixAlpha   float64    `yaml:"adv_mix_alpha"`
	MixPadding MixPadding `yaml:"adv_mix_padding"`
	Layer      int        `yaml:"adv_layer"`
	// Compat chooses between the paper and its code where they differ.
	Compat Compat `yaml:"adv_compat"`
	// StartEpoch is the first epoch, counted from 0, that is disturbed, Fraction
	// the share of its micro-batches.
	StartEpoch int     `yaml:"adv_start_epoch"`
	Fraction   float64 `yaml:"adv_fraction"`
	// Budget bounds the cost of a whole run, in passes over a micro-batch; 0 does
	// not.
	Budget int `yaml:"adv_budget"`
}

// always are the options that every method has.
const always = "adversary adv_start_epoch adv_fraction adv_budget"

// Defaults returns the options of a method as its paper or, where that names
// none, its reference code has them. Errors: ErrConfig for an unknown method.
func Defaults(name string) (Config, error) {
	m, err := Lookup(name)
	if err != nil {
		return Config{}, err
	}
	c := m.Defaults()
	c.Name, c.Fraction = name, 1
	return c, nil
}

// Validate returns all faults of the configuration at once, each naming its
// option. A configuration without a name has none.
func (c Config) Validate() error { return c.validate(true) }

// validate lets the radius be 0 if it need not be positive.
func (c Config) validate(positive bool) error {
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
	f := &faults{reads: make(map[string]bool)}
	for _, name := range strings.Fields(m.Options() + " " + always) {
		f.reads[name] = true
	}
	f.unread(c)
	f.numbers(c, positive)
	f.choices(c, m)
	if own, ok := m.(interface{ check(c Config, f *faults) }); ok {
		own.check(c, f)
	}
	return errors.Join(f.list...)
}

// faults collects what is wrong with the options that a method reads.
type faults struct {
	reads map[string]bool
	list  []error
}

func (f *faults) check(ok bool, format string, args ...any) {
	if !ok {
		f.list = append(f.list, fmt.Errorf("adversary: "+format+": %w", append(args, ErrConfig)...))
	}
}

// unread reports options that are set although the method does not read them.
func (f *faults) unread(c Config) {
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		f.check(f.reads[name] || v.Field(i).IsZero(), "%s has no option %s; leave it out", c.Name, name)
	}
}

func (f *faults) numbers(c Config, positive bool) {
	size := func(name string, x float64, least bool) {
		if f.reads[name] {
			f.check(x > 0 && !math.IsInf(x, 0) || least && x == 0, "%s is %g; a positive number is needed", name, x)
		}
	}
	if !math.IsInf(c.Epsilon, 1) || !f.reads["adv_steps"] {
		size("adv_epsilon", c.Epsilon, !positive)
	}
	size("adv_alpha", c.Alpha, false)
	size("adv_xi", c.Xi, false)
	size("adv_mix_alpha", c.MixAlpha, false)
	for name, x := range map[string]float64{"adv_init": c.Init, "adv_weight": c.Weight, "adv_clean_weight": c.CleanWeight, "adv_bregman": c.Bregman} {
		f.check(x >= 0 && !math.IsInf(x, 0), "%s is %g; it must be finite and not negative", name, x)
	}
	f.check(c.BregmanBeta >= 0 && c.BregmanBeta < 1, "adv_bregman_beta is %g; it must lie in [0, 1)", c.BregmanBeta)
	for name, n := range map[string]int{"adv_steps": c.Steps, "adv_inner_steps": c.InnerSteps} {
		f.check(!f.reads[name] || n >= 1, "%s is %d; at least 1 is needed", name, n)
	}
	f.check(c.StartEpoch >= 0, "adv_start_epoch is %d; it must not be negative", c.StartEpoch)
	f.check(c.Budget >= 0, "adv_budget is %d; 0 sets no bound, negative means nothing", c.Budget)
	f.check(c.Fraction > 0 && c.Fraction <= 1, "adv_fraction is %g; it must lie in (0, 1]", c.Fraction)
}

func (f *faults) choices(c Config, m Method) {
	oneOf := func(name, x string, list ...string) {
		f.check(!f.reads[name] || slices.Contains(list, x), "%s is %q; one of %s is expected", name, x, strings.Join(list, ", "))
	}
	oneOf("adv_norm", string(c.Norm), string(L2), string(LInf))
	oneOf("adv_scope", string(c.Scope), string(PerExample), string(PerToken), string(Global))
	places := []string{string(AtLookup), string(AtSum), string(AtOutput), string(AtMatrix)}
	versions := []string{string(Paper), string(Reference)}
	if own, ok := m.(interface{ places() []string }); ok {
		places = own.places()
	}
	if own, ok := m.(interface{ versions() []string }); ok {
		versions = own.versions()
	}
	oneOf("adv_where", string(c.Where), places...)
	oneOf("adv_compat", string(c.Compat), versions...)
	f.check(c.Where != AtMatrix || c.Scope != PerExample, "adv_where is matrix, whose rows belong to no example; adv_scope must be global or token, not example")
}

// Unlabelled reports whether the method also learns from rows without labels.
func (c Config) Unlabelled() bool {
	m, ok := methods[c.Name]
	if !ok {
		return false
	}
	_, yes := m.(interface{ unlabelled() })
	return yes
}

// place is where the graph is changed.
func (w Where) place() variant.Place {
	if w == AtMatrix {
		return variant.Lookup
	}
	return variant.Place(w)
}

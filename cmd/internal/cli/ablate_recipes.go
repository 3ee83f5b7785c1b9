package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/ops"
)

// tried is a recipe of an ablation.
type tried struct {
	name   string
	policy augment.Policy
	// augment is what --augment takes.
	augment  string
	identity string
}

// readRecipes reads the recipes that are named: presets, operators and policy
// files. All faults are told, missing packs among them, before anything is
// trained.
func readRecipes(list, language string, run Run) ([]tried, error) {
	var out []tried
	var faults []error
	for _, name := range split(list) {
		r, err := readTried(name, language, run.OutputDir)
		if err == nil {
			err = r.check(run.PacksDir)
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		out = append(out, r)
	}
	return out, errors.Join(faults...)
}

// writeTried writes the files that single operators are named by.
func writeTried(recipes []tried, language string) error {
	for _, r := range recipes {
		if r.augment == r.name {
			continue
		}
		if err := writeFile(r.augment, []byte(operatorPolicy(r.name, language))); err != nil {
			return err
		}
	}
	return nil
}

// readTried reads one recipe. A name that both a preset and an operator have is
// the preset in its own language, the operator in others.
func readTried(name, language, dir string) (r tried, err error) {
	r.name, r.augment = name, name
	var operators []string
	for _, s := range ops.Standard().Specs() {
		operators = append(operators, s.Name)
	}
	operator := slices.Contains(operators, name)
	if slices.Contains(augment.Presets(), name) || !operator && isFile(name) {
		if r.policy, err = readPolicy(name); err != nil || r.policy.Language == language || !operator {
			return r, err
		}
	}
	switch {
	case operator:
		r.augment = filepath.Join(dir, ablationRecipes, name+"-"+language+".yaml")
		r.policy, err = augment.ParsePolicy([]byte(operatorPolicy(name, language)))
	case filepath.Ext(name) != "":
		err = usage("--recipes: there is no policy file %s", name)
	default:
		known := slices.Concat(augment.Presets(), operators)
		err = usage("--recipes: there is no preset or operator %s; did you mean %s?", name, nearest(name, known))
	}
	return r, err
}

// operatorPolicy is the policy of a single operator with its defaults.
func operatorPolicy(name, language string) string {
	return fmt.Sprintf("name: %s\nlanguage: %s\ncopies: 4\noperators: [%s]\n", name, language, name)
}

// check makes a recipe ready once, and says what it is for results to be stored
// by.
func (r *tried) check(packs string) error {
	if f := r.policy.Filters; f.KeepLabel || f.Cosine != 0 {
		return usage("--recipes: the filters keep_label and cosine of %s need finished files; here copies are made while training", r.name)
	}
	if _, err := newRunner(r.policy, packs, augment.Options{Outside: -1}); err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	text, err := yaml.Marshal(r.policy)
	if err != nil {
		return err
	}
	for _, path := range policyFiles(r.policy) {
		mark, err := fingerprint(path, true)
		if err != nil {
			return err
		}
		text = append(text, mark...)
	}
	r.identity = string(text)
	return nil
}

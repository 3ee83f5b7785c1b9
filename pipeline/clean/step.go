package clean

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
)

// Step is a kind of cleaning.
type Step struct {
	// Name is what recipes call it.
	Name string
	// Doc says in one line what it does.
	Doc string
	// Params are what a recipe may say about it.
	Params []Param
	// Laws are what the step promises; a test holds it to them.
	Laws Laws
	// Private means that the texts before the step must not be shown: a recipe
	// with such a step keeps no samples.
	Private bool
	// New compiles it. Args holds a value for every parameter, of the type of
	// its default.
	New func(Args) (Op, error)
}

// Laws are promises of a step that edits, for its defaults and for every choice
// and switch among its parameters.
type Laws struct {
	// Idempotent means that a second time changes nothing.
	Idempotent bool
	// Local means that a word, what stands between spaces and begins with no
	// mark, becomes the same alone as in its text.
	Local bool
	// Growth bounds the length of a text after the step: its bytes times Growth,
	// where 0 stands for 1, and the lengths of the parameters that are put in.
	Growth int
}

// Param is a parameter of a step.
type Param struct {
	Name, Doc string
	// Default is a bool, int, float64, string or []string.
	Default any
	// Choices, when set, are the strings allowed.
	Choices []string
	// Min is the least int or float64 allowed, if Min is not nil.
	Min any
	// File means that the value is the path of a file, or several.
	File bool
}

// Args are the values of a step's parameters. Its methods panic on a name or
// type that the step does not declare.
type Args map[string]any

// Bool returns a bool.
func (a Args) Bool(name string) bool { return a[name].(bool) }

// Int returns an int.
func (a Args) Int(name string) int { return a[name].(int) }

// Float returns a float64.
func (a Args) Float(name string) float64 { return a[name].(float64) }

// String returns a string.
func (a Args) String(name string) string { return a[name].(string) }

// Strings returns a list of strings.
func (a Args) Strings(name string) []string { return a[name].([]string) }

// standard is filled during package initialisation and never after.
var standard = map[string]entry{}

type entry struct {
	step  Step
	where string
}

func register(s Step) struct{} {
	_, file, line, _ := runtime.Caller(1)
	where := fmt.Sprintf("%s:%d", file, line)
	if old, ok := standard[s.Name]; ok {
		panic(fmt.Sprintf("clean: step %s is registered at %s and at %s", s.Name, old.where, where))
	}
	if s.Name == "" || s.Doc == "" || s.New == nil {
		panic(fmt.Sprintf("clean: the step registered at %s lacks a name, a text or a constructor", where))
	}
	standard[s.Name] = entry{s, where}
	return struct{}{}
}

// Steps returns all steps, by name.
func Steps() []Step {
	var all []Step
	for _, name := range slices.Sorted(maps.Keys(standard)) {
		all = append(all, standard[name].step)
	}
	return all
}

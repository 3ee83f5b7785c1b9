package flow

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// parser reads the nodes of a recipe and gathers faults.
type parser struct {
	recipe *Recipe
	schema Schema
	// assigned is what is read where that is no file: KEY=VALUE.
	assigned string
	faults   []error
}

func (p *parser) fault(line int, format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf("%s: "+format+": %w", append(append([]any{p.place(line)}, args...), ErrRecipe)...))
}

// place names a line of the recipe, or the assignment.
func (p *parser) place(line int) string {
	if p.assigned != "" {
		return p.assigned
	}
	return p.recipe.place(line)
}

// each calls fn with every pair of a mapping.
func (p *parser) each(n *yaml.Node, what string, fn func(key, value *yaml.Node)) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		p.fault(n.Line, "%s is %s; keys with values are expected", what, describe(n))
		return
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if seen[key.Value] {
			p.fault(key.Line, "%s is there twice", key.Value)
			continue
		}
		seen[key.Value] = true
		fn(key, value)
	}
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	}
	return fmt.Sprintf("%q", n.Value)
}

// top reads the outermost level.
func (p *parser) top(n *yaml.Node) {
	p.each(n, "the recipe", func(key, value *yaml.Node) {
		stage := slices.IndexFunc(p.schema.Stages, func(s StageKeys) bool { return s.Name == key.Value })
		switch {
		case key.Value == keyName:
			p.recipe.Name = p.scalar(key, value)
		case key.Value == keyDir:
			p.recipe.OutputDir = p.scalar(key, value)
		case key.Value == keyData:
			p.data(value)
		case slices.Contains(p.schema.Shared, key.Value):
			p.setting(&p.recipe.Shared, key, value)
		case stage >= 0:
			p.section(p.schema.Stages[stage], key, value)
		default:
			p.unknown(key, "a recipe has no key", slices.Concat([]string{keyName, keyDir, keyData}, p.schema.Shared, p.stages()))
		}
	})
}

func (p *parser) stages() []string {
	var names []string
	for _, s := range p.schema.Stages {
		names = append(names, s.Name)
	}
	return names
}

func (p *parser) unknown(key *yaml.Node, what string, have []string) {
	p.fault(key.Line, "%s %s; did you mean %s?", what, key.Value, p.schema.Nearest(key.Value, have))
}

// data reads the files and columns; a bare name is a file.
func (p *parser) data(n *yaml.Node) {
	if n.Kind == yaml.SequenceNode || n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		p.setting(&p.recipe.Data, &yaml.Node{Value: keyFile, Line: n.Line}, n)
		return
	}
	p.each(n, keyData, func(key, value *yaml.Node) {
		if !slices.Contains(p.schema.Data, key.Value) {
			p.unknown(key, "data has no key", p.schema.Data)
			return
		}
		p.setting(&p.recipe.Data, key, value)
	})
}

// section reads what is said about a stage, beside what was said before.
func (p *parser) section(keys StageKeys, at, n *yaml.Node) {
	s := p.recipe.Sections[keys.Name]
	s.Line = max(s.Line, at.Line)
	p.each(n, "stage "+keys.Name, func(key, value *yaml.Node) {
		from, wired := keys.Wired[key.Value]
		switch {
		case key.Value == keySkip:
			switch strings.ToLower(value.Value) {
			case "true", "false":
				s.Skip = strings.ToLower(value.Value) == "true"
			default:
				p.fault(key.Line, "skip is %s; true or false is expected", describe(value))
			}
		case !keys.Built:
		case wired:
			p.fault(key.Line, "%s is not set under %s: it comes from %s", key.Value, keys.Name, from)
		case !slices.Contains(keys.Options, key.Value):
			p.unknown(key, "stage "+keys.Name+" has no option", append([]string{keySkip}, keys.Options...))
		default:
			p.setting(&s.Settings, key, value)
		}
	})
	p.recipe.Sections[keys.Name] = s
}

// scalar is the text of a single value.
func (p *parser) scalar(key, value *yaml.Node) string {
	if value.Kind != yaml.ScalarNode {
		p.fault(key.Line, "%s is %s; one value is expected", key.Value, describe(value))
	}
	return value.Value
}

// setting reads a value or a list of values. A key without a value is as good as
// not there.
func (p *parser) setting(to *Settings, key, value *yaml.Node) {
	if value.Kind == yaml.ScalarNode && value.Tag == "!!null" {
		return
	}
	x := Setting{Key: key.Value, Line: key.Line}
	items := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		items = value.Content
	}
	for _, item := range items {
		if item.Kind != yaml.ScalarNode {
			p.fault(key.Line, "%s is %s; a value or a list of values is expected", key.Value, describe(item))
			return
		}
		x.Values = append(x.Values, item.Value)
	}
	to.set(x)
}

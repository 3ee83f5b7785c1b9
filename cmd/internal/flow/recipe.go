package flow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Recipe is what a person wrote down.
type Recipe struct {
	// Path is where it was read from, for messages.
	Path string
	// Name and OutputDir are the recipe's own; Shared, the options above the
	// sections that several stages take; Data, where the rows are.
	Name, OutputDir string
	Shared, Data    Settings
	// Sections are the stages that it has something to say about.
	Sections map[string]Section
}

// Section is what a recipe says about a stage.
type Section struct {
	Line     int
	Skip     bool
	Settings Settings
}

// Setting is an option with its value, or several in a list, as written.
type Setting struct {
	Key    string
	Values []string
	Line   int
}

// Settings are options in the order of the file.
type Settings []Setting

// Get returns the value of an option, the values of a list with commas between.
func (s Settings) Get(key string) (string, bool) {
	for _, x := range s {
		if x.Key == key {
			return strings.Join(x.Values, ","), true
		}
	}
	return "", false
}

// set puts a value in the place of an option's.
func (s *Settings) set(x Setting) {
	i := slices.IndexFunc(*s, func(have Setting) bool { return have.Key == x.Key })
	if i < 0 {
		*s = append(*s, x)
		return
	}
	(*s)[i] = x
}

// Schema says which keys a recipe may have.
type Schema struct {
	Shared, Data []string
	Stages       []StageKeys
	// Nearest names the keys that are most like an unknown one.
	Nearest func(name string, among []string) string
}

// StageKeys are the keys of a stage's section. Those of Wired are set by the
// flow itself; the value says from what. Built is false for a stage whose
// command does not exist yet: its keys are not looked at.
type StageKeys struct {
	Name    string
	Options []string
	Wired   map[string]string
	Built   bool
}

// The keys of the recipe itself.
const (
	keyName = "name"
	keyDir  = "output_dir"
	keyData = "data"
	keySkip = "skip"
	keyFile = "file" // of the data
)

// ParseRecipe reads a recipe in YAML (or JSON) and checks its keys. All faults
// are returned at once, each with its line.
func ParseRecipe(path string, text []byte, schema Schema) (*Recipe, error) {
	r := &Recipe{Path: path, Sections: make(map[string]Section)}
	var doc yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is empty; ortrain init writes a recipe: %w", path, ErrRecipe)
	} else if err != nil {
		return nil, Syntax(path, text, err)
	}
	p := &parser{recipe: r, schema: schema}
	p.top(doc.Content[0])
	return r, errors.Join(p.faults...)
}

// Set changes a value by its dotted key: seed=7, train.learning_rate=1e-4.
func (r *Recipe) Set(assignment string, schema Schema) error {
	key, value, ok := strings.Cut(assignment, "=")
	if !ok || key == "" {
		return fmt.Errorf("%q is no assignment; KEY=VALUE or STAGE.KEY=VALUE is expected: %w", assignment, ErrRecipe)
	}
	leaf := func(name string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: name} }
	node := leaf(value)
	node.Line = 0
	parts := strings.Split(key, ".")
	for _, part := range slices.Backward(parts) {
		node = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{leaf(part), node}}
	}
	p := &parser{recipe: r, schema: schema, assigned: assignment}
	p.top(node)
	return errors.Join(p.faults...)
}

// Override gives an option another value wherever the recipe may have it: a
// shared or data option at its place, and an option of stages under each of
// them that is in the recipe and has it already, or has it nowhere above.
func (r *Recipe) Override(key, value string, schema Schema) {
	x := Setting{Key: key, Values: []string{value}}
	above := true
	switch {
	case slices.Contains(schema.Shared, key):
		r.Shared.set(x)
	case slices.Contains(schema.Data, key):
		r.Data.set(x)
	default:
		above = false
	}
	for _, keys := range schema.Stages {
		s, ok := r.Sections[keys.Name]
		_, own := s.Settings.Get(key)
		if ok && keys.Built && slices.Contains(keys.Options, key) && (own || !above) {
			s.Settings.set(x)
			r.Sections[keys.Name] = s
		}
	}
}

// place names a line of the recipe.
func (r *Recipe) place(line int) string {
	if line == 0 {
		return r.Path
	}
	return r.Path + ", line " + strconv.Itoa(line)
}

// YAML renders the recipe, sections that are skipped left out.
func (r *Recipe) YAML(order []string) ([]byte, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	add := func(to *yaml.Node, key string, value *yaml.Node) {
		to.Content = append(to.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, value)
	}
	settings := func(to *yaml.Node, s Settings) {
		for _, x := range s {
			add(to, x.Key, scalars(x.Values))
		}
	}
	if r.Name != "" {
		add(root, keyName, scalars([]string{r.Name}))
	}
	add(root, keyDir, scalars([]string{r.OutputDir}))
	settings(root, r.Shared)
	data := &yaml.Node{Kind: yaml.MappingNode}
	settings(data, r.Data)
	add(root, keyData, data)
	for _, name := range order {
		section, ok := r.Sections[name]
		if !ok || section.Skip {
			continue
		}
		m := &yaml.Node{Kind: yaml.MappingNode}
		settings(m, section.Settings)
		add(root, name, m)
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

func scalars(values []string) *yaml.Node {
	node := func(v string) *yaml.Node {
		n := &yaml.Node{Kind: yaml.ScalarNode, Value: v}
		if n.ShortTag() == "!!null" {
			n.SetString(v)
			n.Style = yaml.DoubleQuotedStyle
		}
		return n
	}
	if len(values) == 1 {
		return node(values[0])
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, v := range values {
		list.Content = append(list.Content, node(v))
	}
	return list
}

package pii

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"regexp/syntax"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// pattern is one of a file of the user's.
type pattern struct {
	name, typ string
	re        *regexp.Regexp
	group     int // of what is sensitive; 0 for all
}

// patternFile is the form of such a file, in YAML or JSON:
//
//	patterns:
//	  - name: employee            # unique
//	    type: EMPLOYEE_ID         # capitals, digits and _
//	    pattern: '\bE-\d{6}\b'    # RE2; a group (?P<value>…) is the match, if there is one
//	    find: ["see E-123456"]    # must be found; optional
//	    miss: ["E-12"]            # must not be found; optional
type patternFile struct {
	Patterns []patternEntry `yaml:"patterns"`
}

type patternEntry struct {
	Name    string   `yaml:"name"`
	Type    string   `yaml:"type"`
	Pattern string   `yaml:"pattern"`
	Find    []string `yaml:"find"`
	Miss    []string `yaml:"miss"`
	line    int
}

// UnmarshalYAML keeps the line of an entry.
func (p *patternEntry) UnmarshalYAML(node *yaml.Node) error {
	p.line = node.Line
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a pattern is a mapping with name, type and pattern", node.Line)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		field, value := node.Content[i], node.Content[i+1]
		var into any
		switch field.Value {
		case "name":
			into = &p.Name
		case "type":
			into = &p.Type
		case "pattern":
			into, p.line = &p.Pattern, value.Line
		case "find":
			into = &p.Find
		case "miss":
			into = &p.Miss
		default:
			return fmt.Errorf("line %d: unknown field %s; name, type, pattern, find and miss are known", field.Line, field.Value)
		}
		if err := value.Decode(into); err != nil {
			return err
		}
	}
	return nil
}

// loadPatterns reads all files and returns all their faults.
func loadPatterns(paths []string) ([]pattern, error) {
	var all []pattern
	var faults []error
	seen := make(map[string]string)
	for _, path := range paths {
		entries, err := readPatterns(path)
		if err != nil {
			faults = append(faults, err)
		}
		for _, e := range entries {
			where := fmt.Sprintf("%s:%d", path, e.line)
			p, err := e.compile()
			if first := seen[e.Name]; err == nil && first != "" {
				err = fmt.Errorf("name %s is taken by %s", e.Name, first)
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("pii: %s: %w: %w", where, err, ErrPattern))
				continue
			}
			seen[e.Name] = where
			all = append(all, p)
		}
	}
	return all, errors.Join(faults...)
}

func readPatterns(path string) ([]patternEntry, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("pii: patterns: %w: %w", err, ErrPattern)
	}
	var file patternFile
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("pii: patterns in %s: %w: %w", path, err, ErrPattern)
	}
	if len(file.Patterns) == 0 {
		return nil, fmt.Errorf("pii: %s holds no patterns; a list named patterns is expected: %w", path, ErrPattern)
	}
	return file.Patterns, nil
}

var typeName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// compile checks an entry and its samples.
func (e patternEntry) compile() (pattern, error) {
	if e.Name == "" || e.Pattern == "" || !typeName.MatchString(e.Type) {
		return pattern{}, fmt.Errorf("pattern %q needs a name, a type of capitals, digits and _, and a pattern", e.Name)
	}
	re, err := regexp.Compile(e.Pattern)
	if err != nil {
		return pattern{}, fmt.Errorf("pattern %s does not compile: %w", e.Name, err)
	}
	p := pattern{name: e.Name, typ: e.Type, re: re}
	tree, err := syntax.Parse(e.Pattern, syntax.Perl)
	if err != nil {
		return pattern{}, fmt.Errorf("pattern %s does not compile: %w", e.Name, err)
	}
	if group := re.SubexpIndex("value"); group > 0 {
		p.group, tree = group, capture(tree, group)
	}
	if shortest(tree) == 0 {
		return pattern{}, fmt.Errorf("pattern %s matches the empty text; at least one character must be needed", e.Name)
	}
	for _, text := range e.Find {
		if !re.MatchString(text) {
			return pattern{}, fmt.Errorf("pattern %s does not find its sample %q", e.Name, text)
		}
	}
	for _, text := range e.Miss {
		if re.MatchString(text) {
			return pattern{}, fmt.Errorf("pattern %s finds %q, which it must miss", e.Name, text)
		}
	}
	return p, nil
}

// capture is the group with a number, within a parsed pattern.
func capture(re *syntax.Regexp, group int) *syntax.Regexp {
	if re.Op == syntax.OpCapture && re.Cap == group {
		return re
	}
	for _, sub := range re.Sub {
		if found := capture(sub, group); found != nil {
			return found
		}
	}
	return nil
}

// shortest is the least number of characters that a parsed pattern matches.
func shortest(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return shortest(re.Sub[0])
	case syntax.OpRepeat:
		return min(re.Min, 1) * shortest(re.Sub[0])
	case syntax.OpConcat:
		sum := 0
		for _, sub := range re.Sub {
			sum += shortest(sub)
		}
		return sum
	case syntax.OpAlternate:
		least := shortest(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			least = min(least, shortest(sub))
		}
		return least
	case syntax.OpNoMatch:
		return 1
	}
	return 0 // anchors, borders, *, ?
}

// find appends the matches of a pattern.
func (p pattern) find(text string, out []candidate, rank int) []candidate {
	if p.group == 0 {
		for _, m := range p.re.FindAllStringIndex(text, -1) {
			out = append(out, candidate{sample.Range{Start: m[0], End: m[1]}, rank})
		}
		return out
	}
	for _, m := range p.re.FindAllStringSubmatchIndex(text, -1) {
		if from, to := m[2*p.group], m[2*p.group+1]; from >= 0 && to > from {
			out = append(out, candidate{sample.Range{Start: from, End: to}, rank})
		}
	}
	return out
}

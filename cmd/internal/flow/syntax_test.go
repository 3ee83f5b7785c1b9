package flow_test

import (
	"errors"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/ortrain/ortrain/cmd/internal/flow"
)

// Each kind of broken YAML has its line and what to do about it.
func TestSyntax(t *testing.T) {
	for text, want := range map[string]struct {
		line int
		fix  string
	}{
		"a: [\n":                   {1, "close every [ and {"},
		"a: [1, 2\nb: 3\n":         {1, "close every [ and {"},
		"a: {b: 1\n":               {1, "close every [ and {"},
		"a: 1\n  b: 2\n":           {2, "a line of its own"},
		"a: b: c\n":                {1, "a line of its own"},
		"a:\n\tb: 1\n":             {2, "not with tabs"},
		"a: @b\n":                  {1, "put quotes around a value that begins with @"},
		"a: \"b\nc: 1\n":           {3, "close every quote"},
		"a: *b\n":                  {0, "put quotes around a value that begins with *"},
		"a: 1\nb\nc: 2\n":          {2, "with a space behind the colon"},
		"a:\n    b: 1\n  c: 2\n":   {2, "equally far to the right"},
		"a: \xff\n":                {0, "as UTF-8"},
		"- a\n-b\n: c\n  - d: e:f": {0, ""},
	} {
		var node yaml.Node
		err := yaml.Unmarshal([]byte(text), &node)
		if err == nil {
			t.Errorf("%q is no broken YAML", text)
			continue
		}
		err = flow.Syntax("r.yaml", []byte(text), err)
		var fault *flow.SyntaxError
		if !errors.As(err, &fault) || !errors.Is(err, flow.ErrRecipe) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if want.line > 0 && fault.Line != want.line || !strings.Contains(fault.Fix, want.fix) || fault.Fix == "" || !strings.HasPrefix(err.Error(), "r.yaml") {
			t.Errorf("%q: line %d, %v; line %d and %q are expected", text, fault.Line, err, want.line, want.fix)
		}
	}
}

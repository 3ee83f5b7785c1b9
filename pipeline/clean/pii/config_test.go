package pii_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/clean/pii"
)

// hmacHex is a pseudonym's digits as RFC 2104 and the documentation of
// Pseudonym define them.
func hmacHex(typ, value string) string {
	mac := hmac.New(sha256.New, testKey)
	mac.Write([]byte(typ + "\x00" + value))
	return hex.EncodeToString(mac.Sum(nil))[:16]
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPatterns(t *testing.T) {
	for name, text := range map[string]string{
		"own.yaml": `
patterns:
  - name: employee
    type: EMPLOYEE_ID
    pattern: '\bE-\d{6}\b'
    find: ["see E-123456"]
    miss: ["E-12"]
  - name: room
    type: ROOM
    pattern: 'room (?P<value>\d{3})\b'
  - {name: mail, type: EMAIL, pattern: 'user \d+'}
`,
		"own.json": `{"patterns": [{"name": "employee", "type": "EMPLOYEE_ID", "pattern": "\\bE-\\d{6}\\b"},
 {"name": "room", "type": "ROOM", "pattern": "room (?P<value>\\d{3})\\b"}, {"name": "mail", "type": "EMAIL", "pattern": "user \\d+"}]}`,
	} {
		s := scrubber(t, func(c *pii.Config) { c.Patterns = []string{write(t, name, text)} })
		const in = "E-123456 in room 217 is user 12, not E-1234567, tel E-654321"
		if got := s.Edits(in).Text(in); got != "[EMPLOYEE_ID] in room [ROOM] is [EMAIL], not E-1234567, tel [EMPLOYEE_ID]" {
			t.Errorf("%s: got %q", name, got)
		}
		if !slices.Contains(s.Types(), "ROOM") {
			t.Errorf("%s: types are %v", name, s.Types())
		}
		// Own patterns have the smallest rank: of equal stretches theirs wins.
		only := scrubber(t, func(c *pii.Config) {
			c.Patterns, c.Types = []string{write(t, name, text)}, []string{"ROOM"}
		})
		if got := only.Edits(in).Text(in); !strings.HasPrefix(got, "E-123456 in room [ROOM]") {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestBadPatternsAreNamed(t *testing.T) {
	entry := func(lines ...string) string { return "patterns:\n  - " + strings.Join(lines, "\n    ") + "\n" }
	for want, text := range map[string]string{
		":4: pattern a does not compile: error parsing regexp: missing closing )": entry("name: a", "type: A", "pattern: '('"),
		":4: pattern a matches the empty text":                                    entry("name: a", "type: A", "pattern: 'x*'"),
		":2: pattern b matches the empty text":                                    "patterns:\n  - {name: b, type: A, pattern: '\\b'}\n",
		":2: pattern c matches the empty text":                                    "patterns:\n  - {name: c, type: A, pattern: 'a(?P<value>b?)'}\n",
		":2: pattern d matches the empty text":                                    "patterns:\n  - {name: d, type: A, pattern: 'a|(bc)*|d{0,3}'}\n",
		"does not find its sample \"y\"":                                          entry("name: a", "type: A", "pattern: 'x'", "find: [y]"),
		"finds \"x\", which it must miss":                                         entry("name: a", "type: A", "pattern: 'x'", "miss: [x]"),
		"needs a name, a type of capitals":                                        entry("name: a", "type: small", "pattern: 'x'"),
		"name a is taken by":                                                      entry("name: a", "type: A", "pattern: 'x'") + "  - {name: a, type: A, pattern: 'y'}\n",
		"line 2: unknown field regex":                                             "patterns:\n  - {name: a, regex: x}\n",
		"field recognisers not found":                                             "recognisers: []\n",
		"holds no patterns":                                                       "patterns: []\n",
		"a pattern is a mapping":                                                  "patterns: [x]\n",
		"patterns in":                                                             "patterns: [\n",
	} {
		cfg := pii.Default()
		cfg.Patterns = []string{write(t, "p.yaml", text)}
		_, err := pii.New(cfg)
		if !errors.Is(err, pii.ErrPattern) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "p.yaml") {
			t.Errorf("got %v, want ErrPattern with %q", err, want)
		}
	}
}

func TestNewReportsAllFaults(t *testing.T) {
	cfg := pii.Config{
		Replace: "hash", Keep: -1, ByType: map[string]pii.Replacement{"EMAIL": pii.Pseudonym}, Key: []byte("short"),
		Patterns: []string{"gone.yaml"}, Names: pii.Names{Given: []string{"gone.txt"}, Family: []string{write(t, "empty.txt", "# none\n")}},
		Extra: []pii.Recogniser{{Name: "half"}},
	}
	_, err := pii.New(cfg)
	for _, want := range []string{
		`replacement is "hash"`, "keep is -1", "key of 16 bytes at least; this one has 5", "gone.yaml", "gone.txt", "empty.txt holds nothing", `recogniser "half" lacks`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	for _, sentinel := range []error{pii.ErrConfig, pii.ErrPattern, pii.ErrNames, fs.ErrNotExist} {
		if !errors.Is(err, sentinel) {
			t.Errorf("the error is no %v", sentinel)
		}
	}
}

func TestTypesThatCannotBeFound(t *testing.T) {
	for want, change := range map[string]func(*pii.Config){
		"there is no type PASSPORT; the types are ACCESS_KEY, ADDRESS": func(c *pii.Config) { c.Types = []string{"email", "passport"} },
		"type PERSON needs a list of given names":                      func(c *pii.Config) { c.Types = []string{"PERSON"} },
		"a replacement is given for type CAR":                          func(c *pii.Config) { c.ByType = map[string]pii.Replacement{"CAR": pii.Mask} },
	} {
		cfg := pii.Default()
		change(&cfg)
		if _, err := pii.New(cfg); !errors.Is(err, pii.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrConfig with %q", err, want)
		}
	}
	bad := pii.Default()
	bad.Names.Given = []string{write(t, "latin1.txt", "Ann\nJos\xe9\n")}
	if _, err := pii.New(bad); !errors.Is(err, pii.ErrNames) || !strings.Contains(err.Error(), "latin1.txt:2 is not UTF-8") {
		t.Errorf("got %v, want ErrNames with file and line", err)
	}
	bad.Names = pii.Names{Family: []string{"x"}}
	if _, err := pii.New(bad); !errors.Is(err, pii.ErrNames) || !strings.Contains(err.Error(), "without one of given names") {
		t.Errorf("got %v, want that given names are missing", err)
	}
	if s := scrubber(t, nil); slices.Contains(s.Types(), "PERSON") || !slices.Contains(pii.Types(), "PERSON") {
		t.Errorf("types without lists: %v", s.Types())
	}
}

// Values of a list stay, however they are written; what only looks alike does
// not.
func TestAllow(t *testing.T) {
	s := scrubber(t, func(c *pii.Config) {
		c.Allow = []string{write(t, "allow.txt", "# our own\nHelp@Example.com\n555-123-4567\n2001:db8:0:0:0:0:0:1a\n")}
	})
	const text = "help@example.com, ann@example.com, call (555) 123-4567 or 555-123-4568, 2001:db8::1a"
	if got := s.Edits(text).Text(text); got != "help@example.com, [EMAIL], call (555) 123-4567 or [PHONE], 2001:db8::1a" {
		t.Errorf("got %q", got)
	}
	cfg := pii.Default()
	cfg.Allow = []string{"gone.txt"}
	if _, err := pii.New(cfg); !errors.Is(err, pii.ErrNames) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want ErrNames of a file that does not exist", err)
	}
}

// A family list makes words that only look like given names clear.
func TestFamilyNames(t *testing.T) {
	given := write(t, "given.txt", "Virginia\nMary\n")
	family := write(t, "family.txt", "Woolf\nJones\n")
	s := scrubber(t, func(c *pii.Config) {
		c.Names, c.Types = pii.Names{Given: []string{given}, Family: []string{family}}, []string{"PERSON"}
	})
	const text = "Virginia Woolf and Mary Jones left Virginia Beach"
	if got := show(text, s.Find(text)); got != "[person Virginia Woolf | person Mary Jones]" {
		t.Errorf("found %s", got)
	}
}

package flow

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// SyntaxError says where a file is no YAML, and what to do about it.
type SyntaxError struct {
	Path string
	Line int    // 0 where it is not known
	Text string // of the line
	What string
	Fix  string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	place := e.Path
	if e.Line > 0 {
		place += fmt.Sprintf(", line %d", e.Line)
	}
	if e.Text != "" {
		place += fmt.Sprintf(" (%s)", e.Text)
	}
	return fmt.Sprintf("%s: broken YAML, %s; %s", place, e.What, e.Fix)
}

// Unwrap makes errors.Is(err, ErrRecipe) hold.
func (e *SyntaxError) Unwrap() error { return ErrRecipe }

// atLine is how the YAML package begins an error.
var atLine = regexp.MustCompile(`(?s)^yaml: (?:line ([0-9]+): )?(.*)$`)

// placeless are faults that the YAML package never gives a line.
var placeless = regexp.MustCompile(`anchor|UTF-8|control characters`)

// longestShown bounds how much of a line is shown. Units: bytes.
const longestShown = 60

// Syntax turns an error of the YAML package about a text that is no YAML into a
// *SyntaxError.
func Syntax(path string, text []byte, err error) error {
	m := atLine.FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("%s: %w: %w", path, ErrRecipe, err)
	}
	e := &SyntaxError{Path: path, What: m[2], Fix: "compare it with what ortrain init or ortrain config render writes"}
	at := m[1]
	if at == "" && !placeless.MatchString(m[2]) {
		at = "1" // the YAML package names no line where it is the first
	}
	if n, err := strconv.Atoi(at); err == nil {
		e.Line = n
		if lines := strings.Split(string(text), "\n"); n <= len(lines) {
			e.Text = strings.ToValidUTF8(strings.TrimSpace(lines[n-1]), "")
			e.Text = strings.ToValidUTF8(e.Text[:min(len(e.Text), longestShown)], "")
		}
	}
	for _, f := range syntaxFixes {
		if strings.Contains(m[2], f.says) {
			e.Fix = f.fix
			break
		}
	}
	return e
}

// syntaxFixes say what to do about what the YAML package says.
var syntaxFixes = []struct{ says, fix string }{
	{"tab", "indent with spaces, not with tabs"},
	{"cannot start any token", "indent with spaces, not with tabs, and put quotes around a value that begins with @, % or `"},
	{"mapping values", `give each "key: value" a line of its own, and put quotes around a value that has a colon in it`},
	{"node content", "close every [ and { that is opened"},
	{"',' or", "close every [ and { that is opened, and put commas between values"},
	{"end of stream", "close every quote that is opened"},
	{"expected ':'", `write "key: value", with a space behind the colon, and close every quote that is opened`},
	{"expected key", "let the keys of one level begin equally far to the right"},
	{"'-' indicator", "let the keys of one level begin equally far to the right"},
	{"anchor", "put quotes around a value that begins with *"},
	{"UTF-8", "save the file as UTF-8"},
	{"control characters", "save the file as UTF-8 text"},
	{"already", "keep one of the two lines"},
}

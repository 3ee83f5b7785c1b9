package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// manual is where the manual page lies.
const manual = "../../../docs/ortrain.1"

// optionLine is a line of a help page that names an option.
var optionLine = regexp.MustCompile(`(?m)^   --([a-z0-9_]+)`)

// TestManual holds docs/ortrain.1 to the program. "make docs" writes it.
func TestManual(t *testing.T) {
	page := said(t, "man")
	if *update {
		if err := os.WriteFile(manual, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(manual); err != nil || string(got) != page {
		t.Errorf("docs/ortrain.1 is not what the program says of itself; run make docs (%v)", err)
	}
	for _, command := range commandNames(t) {
		_, section, ok := strings.Cut(page, "\n.SS ortrain "+command+"\n")
		if !ok {
			t.Errorf("there is no section for %s", command)
		}
		section, _, _ = strings.Cut(section, "\n.SS ortrain ")
		for _, o := range optionLine.FindAllStringSubmatch(helpOf(t, command), -1) {
			if !strings.Contains(section, `\fB\-\-`+o[1]+`\fR`) && !strings.Contains(page, ".SS ortrain "+command+" ") {
				t.Errorf("the section of %s lacks --%s", command, o[1])
			}
		}
	}
}

// roffLine is a request of the man macros, or a line of text.
var roffLine = regexp.MustCompile(`^(\.(TH|SH|SS|PP|TP|B|BR|I|RI|nf|fi)\b.*|[^.'].*|)$`)

// The page holds nothing that is not of the man macros, and formats without a
// warning where there is a program that knows.
func TestManualIsRoff(t *testing.T) {
	page := said(t, "man")
	for i, line := range strings.Split(page, "\n") {
		if !roffLine.MatchString(line) {
			t.Errorf("line %d: %q is no request of the man macros", i+1, line)
		}
	}
	path := filepath.Join(t.TempDir(), "ortrain.1")
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, checker := range [][]string{{"mandoc", "-Tlint", "-Wwarning", path}, {"groff", "-man", "-ww", "-z", "-Kutf8", path}} {
		if _, err := exec.LookPath(checker[0]); err != nil {
			continue
		}
		// The exit code says the same as the lines. The page has no date, so that
		// building it twice gives the same.
		out, _ := exec.CommandContext(t.Context(), checker[0], checker[1:]...).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, "missing date") {
				t.Errorf("%s: %s", checker[0], line)
			}
		}
	}
}

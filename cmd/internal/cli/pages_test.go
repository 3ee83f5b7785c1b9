package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ortrain/ortrain/cmd/internal/cli"
)

// pages is where the page of each command lies.
const pages = "../../../docs/cli"

// commandLine is a line of the program's help that names a command.
var commandLine = regexp.MustCompile(`(?m)^   ([a-z]+) {2,}\S`)

// TestPages holds docs/cli to what the commands say of themselves: one page for
// each, and no page of a command that is gone. "make docs" writes them.
func TestPages(t *testing.T) {
	_, list, _ := strings.Cut(helpOf(t), "COMMANDS:\n")
	list, _, _ = strings.Cut(list, "GLOBAL OPTIONS:")
	names := commandLine.FindAllStringSubmatch(list, -1)
	if len(names) < 20 {
		t.Fatalf("the help names %d commands; at least 20 are expected", len(names))
	}
	want := make(map[string]string)
	for _, name := range names {
		want[name[1]+".md"] = "# ortrain " + name[1] + "\n\nPrinted by `make docs`.\n\n```text\n" + helpOf(t, name[1]) + "```\n"
	}
	if *update {
		writePages(t, want)
	}
	have, err := filepath.Glob(filepath.Join(pages, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range have {
		if _, ok := want[filepath.Base(path)]; !ok {
			t.Errorf("%s is the page of no command; remove it", path)
		}
	}
	for name, text := range want {
		if got, err := os.ReadFile(filepath.Join(pages, name)); err != nil || string(got) != text {
			t.Errorf("docs/cli/%s is not what the command says of itself; run make docs (%v)", name, err)
		}
	}
}

func writePages(t *testing.T, want map[string]string) {
	t.Helper()
	if err := os.MkdirAll(pages, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range want {
		if err := os.WriteFile(filepath.Join(pages, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// helpOf is the help of the program, or of one command.
func helpOf(t *testing.T, command ...string) string {
	t.Helper()
	var out, faults bytes.Buffer
	code := cli.Main(cli.Env{
		Args: append(append([]string{"ortrain"}, command...), "--help"), Stdin: strings.NewReader(""),
		Stdout: &out, Stderr: &faults, Getenv: func(string) string { return "" }, Now: time.Now,
	})
	if code != cli.ExitOK {
		t.Fatalf("ortrain %v --help: exit code %d: %s", command, code, faults.String())
	}
	return out.String()
}

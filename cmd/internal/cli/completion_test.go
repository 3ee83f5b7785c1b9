package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ortrain/ortrain/cmd/internal/cli"
)

// said is what a command line prints.
func said(t *testing.T, args ...string) string {
	t.Helper()
	var out, faults bytes.Buffer
	code := cli.Main(cli.Env{
		Args: append([]string{"ortrain"}, args...), Stdin: strings.NewReader(""),
		Stdout: &out, Stderr: &faults, Getenv: func(string) string { return "" }, Now: time.Now,
	})
	if code != cli.ExitOK {
		t.Fatalf("ortrain %v: exit code %d: %s", args, code, faults.String())
	}
	return out.String()
}

// commandNames are those of the help page.
func commandNames(t *testing.T) (names []string) {
	t.Helper()
	_, list, _ := strings.Cut(helpOf(t), "COMMANDS:\n")
	list, _, _ = strings.Cut(list, "GLOBAL OPTIONS:")
	for _, m := range commandLine.FindAllStringSubmatch(list, -1) {
		names = append(names, m[1])
	}
	if len(names) < 20 {
		t.Fatalf("the help names %d commands; at least 20 are expected", len(names))
	}
	return names
}

// completions are command lines, the word to complete last, with what a shell
// offers in a folder that holds train.csv and runs/.
var completions = []struct {
	line []string
	want []string
}{
	{[]string{"tr"}, []string{"train"}},
	{[]string{"data", "in"}, []string{"install"}},
	{[]string{"data", "install", "--f"}, []string{"--from"}},
	{[]string{"train", "--train_"}, []string{"--train_file"}},
	{[]string{"train", "--train_file", "tr"}, []string{"train.csv"}},
	{[]string{"train", "--output_dir", ""}, []string{"runs"}},
	{[]string{"train", "--learning_rate", ""}, nil},
	{[]string{"train", "--quiet", "tr"}, []string{"train.csv"}},
	{[]string{"clean", "tr"}, []string{"train.csv"}},
}

// shellFolder holds the script for a shell and what completions name.
func shellFolder(t *testing.T, shell string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"script": said(t, "completion", shell), "train.csv": "text,label\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "runs"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// inShell runs a shell in a folder, or skips where there is none.
func inShell(t *testing.T, dir string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(args[0]); err != nil {
		t.Skipf("%s is not installed", args[0])
	}
	c := exec.CommandContext(t.Context(), args[0], args[1:]...)
	c.Dir = dir
	home := t.TempDir()
	c.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

func TestCompletionInBash(t *testing.T) {
	const ask = `source ./script
COMP_WORDS=(ortrain "$@") COMP_CWORD=$#
_ortrain
for word in ${COMPREPLY[@]+"${COMPREPLY[@]}"}; do echo "$word"; done`
	dir := shellFolder(t, "bash")
	for _, c := range completions {
		got := strings.Fields(inShell(t, dir, append([]string{"bash", "-euc", ask, "bash"}, c.line...)...))
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q; %q is expected", c.line, got, c.want)
		}
	}
	if got := strings.Fields(inShell(t, dir, "bash", "-euc", ask, "bash", "")); !slices.Equal(got, append(commandNames(t), "--help", "--version")) {
		t.Errorf("commands: %q", got)
	}
	if got := strings.Fields(inShell(t, dir, "bash", "-euc", ask, "bash", "train", "--train_file", "=", "tr")); !slices.Equal(got, []string{"train.csv"}) {
		t.Errorf("after =: %q", got)
	}
}

func TestCompletionInFish(t *testing.T) {
	dir := shellFolder(t, "fish")
	for _, c := range completions {
		var got []string
		for line := range strings.Lines(inShell(t, dir, "fish", "--no-config", "-c", "source ./script; complete -C \"$argv\"", "--", "ortrain "+strings.Join(c.line, " "))) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			got = append(got, strings.TrimSuffix(word, "/"))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q; %q is expected", c.line, got, c.want)
		}
	}
}

// zsh has no way to ask for completions without a terminal; its own parser and
// the words of the script must do.
func TestCompletionInZsh(t *testing.T) {
	inShell(t, shellFolder(t, "zsh"), "zsh", "-f", "-n", "./script")
}

// Every script names every command and every option of train.
func TestCompletionIsWhole(t *testing.T) {
	options := optionLine.FindAllStringSubmatch(helpOf(t, "train"), -1)
	if len(options) < 60 {
		t.Fatalf("train has %d options; at least 60 are expected", len(options))
	}
	for _, name := range []string{"bash", "fish", "zsh"} {
		script := said(t, "completion", name)
		for _, command := range commandNames(t) {
			if !strings.Contains(script, command) {
				t.Errorf("%s: no command %s", name, command)
			}
		}
		for _, o := range options {
			if !strings.Contains(script, o[1]) {
				t.Errorf("%s: no option %s", name, o[1])
			}
		}
	}
}

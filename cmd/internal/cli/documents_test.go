package cli_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ortrain/ortrain/cmd/internal/cli"
	"github.com/ortrain/ortrain/ortrain/ort"
)

// repository is the root folder of all.
const repository = "../../.."

// runDocuments are the documents whose commands are run, from the root; each pattern
// must fit some.
var runDocuments = []string{"README.md", "docs/GO.md", "docs/PRIVACY.md", "docs/recipes/*.md"}

// TestDocuments runs the commands in the documents: every block that is marked
// sh, in order, in a folder with the files of sampleFiles and with a tiny model
// where "make deps" puts the pretrained one. What it does not know how to run
// fails (see shell). What takes minutes or reaches for the net is only checked
// to exist: make's targets, packages given to go, names of packs.
func TestDocuments(t *testing.T) {
	needLibrary(t)
	home := beginnersHome(t)
	dir := t.TempDir()
	for _, path := range documents(t, runDocuments...) {
		script, err := asScript(readText(t, path))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		name := strings.NewReplacer("/", "_", ".md", "").Replace(path)
		if err := os.WriteFile(filepath.Join(dir, name+".txtar"), []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	testscript.RunT(serial{t}, testscript.Params{
		Dir: dir, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("ORTRAIN_THREADS", "1")
			e.Setenv("HOME", home)
			err := os.CopyFS(filepath.Join(e.WorkDir, "testdata", "demo"), os.DirFS(filepath.Join(testdata, "demo")))
			for name, text := range sampleFiles() {
				err = errors.Join(err, os.WriteFile(filepath.Join(e.WorkDir, name), []byte(text), 0o600))
			}
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ortrain": func(ts *testscript.TestScript, neg bool, args []string) {
				expect(ts, neg, cli.ExitOK, runIn(ts, nil, args))
			},
			"exits":   exits,
			"targets": targets,
			"golist":  goList,
		},
	})
}

// TestTranslation holds the Chinese page to the commands and figures of the
// English one: the same blocks, in the same order.
func TestTranslation(t *testing.T) {
	want, got := fences(readText(t, "README.md")), fences(readText(t, "README.zh.md"))
	if len(want) < 12 {
		t.Errorf("README.md has %d blocks; 12 at least are expected", len(want))
	}
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || got[i].kind != want[i].kind || bare(got[i]) != bare(want[i]) {
			t.Fatalf("block %d of README.zh.md is not that of README.md, but for comments: copy it", i+1)
		}
	}
	if en, zh := targetsOf(t, "README.md"), targetsOf(t, "README.zh.md"); !slices.Equal(en, zh) {
		t.Errorf("README.md and README.zh.md lead to other files, or in another order:\n%v\n%v", en, zh)
	}
}

// targetsOf are the files that a README refers to, without the other README.
func targetsOf(t *testing.T, path string) (out []string) {
	for _, m := range link.FindAllStringSubmatch(readText(t, path), -1) {
		if !strings.HasPrefix(m[1], "README") {
			out = append(out, m[1])
		}
	}
	return out
}

// bare is a block without the comments, which are translated.
func bare(b fence) string {
	if b.kind != "sh" {
		return b.text
	}
	var out strings.Builder
	for line := range strings.Lines(b.text) {
		fmt.Fprintln(&out, strings.TrimSpace(remark.ReplaceAllString(strings.TrimSuffix(line, "\n"), "")))
	}
	return out.String()
}

// link is a reference to a file in a document.
var link = regexp.MustCompile(`\]\(([^)#:\s]+)(#[^)]*)?\)`)

// TestLinks finds every file that the documents refer to, and every page under
// docs in their index.
func TestLinks(t *testing.T) {
	linked := make(map[string]bool)
	for _, path := range documents(t, "README.md", "README.zh.md", "docs/*.md", "docs/*/*.md") {
		for _, m := range link.FindAllStringSubmatch(readText(t, path), -1) {
			target := filepath.Join(filepath.Dir(path), m[1])
			if _, err := os.Stat(filepath.Join(repository, target)); err != nil {
				t.Errorf("%s refers to %s, which is not there", path, m[1])
			}
			if path == "docs/README.md" {
				linked[target] = true
			}
		}
	}
	for _, path := range documents(t, "docs/*.md", "docs/*/*.md") {
		if path != "docs/README.md" && !linked[path] {
			t.Errorf("docs/README.md does not lead to %s", path)
		}
	}
}

// The picture of the page is one, and small enough for a README.
func TestScreenshot(t *testing.T) {
	const largest = 200_000
	text := readText(t, "docs/report.png")
	if !strings.HasPrefix(text, "\x89PNG\r\n") || len(text) > largest {
		t.Errorf("docs/report.png has %d bytes and begins with %q; a PNG of at most %d is expected (make readme)", len(text), text[:min(8, len(text))], largest)
	}
	for _, path := range []string{"README.md", "README.zh.md"} {
		if !strings.Contains(readText(t, path), "](docs/report.png)") {
			t.Errorf("%s does not show docs/report.png", path)
		}
	}
}

// documents are the files that fit patterns, from the root.
func documents(t *testing.T, patterns ...string) (out []string) {
	t.Helper()
	for _, pattern := range patterns {
		found, err := fs.Glob(os.DirFS(repository), pattern)
		if err != nil || len(found) == 0 {
			t.Errorf("no document fits %s (%v)", pattern, err)
		}
		out = append(out, found...)
	}
	return out
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fence is a block between ``` marks.
type fence struct{ kind, text string }

// fences are the blocks of a document.
func fences(document string) (out []fence) {
	var inside *fence
	for line := range strings.Lines(document) {
		mark, is := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case inside == nil && is:
			inside = &fence{kind: mark}
		case is:
			out, inside = append(out, *inside), nil
		case inside != nil:
			inside.text += line
		}
	}
	return out
}

// asScript makes a script of the blocks of a document that are marked sh; blocks
// with another name of a shell would escape the test, and are refused.
func asScript(document string) (string, error) {
	s := shell{files: make(map[string]string), variables: make(map[string]string)}
	blocks := 0
	for _, b := range fences(document) {
		switch b.kind {
		case "sh":
			blocks++
			if err := s.block(b.text); err != nil {
				return "", err
			}
		case "go", "yaml", "text", "json":
		default:
			return "", fmt.Errorf("a block is marked %q; sh, go, yaml, text or json is expected", b.kind)
		}
	}
	if blocks == 0 {
		return "", errors.New("there is no block of commands")
	}
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		fmt.Fprintf(&s.script, "-- %s --\n%s", name, s.files[name])
	}
	return s.script.String(), nil
}

// demoBegin and demoEnd stand around the block that "make readme" pastes.
const (
	demoBegin = "<!-- demo:begin -->\n"
	demoEnd   = "<!-- demo:end -->\n"
)

// pasted checks that the READMEs show files with output of the demonstration, as
// far as form goes: a README was written from a run with other numbers.
func pasted(ts *testscript.TestScript, _ bool, args []string) {
	var output strings.Builder
	for _, name := range args {
		output.WriteString(ts.ReadFile(name))
	}
	want := form(output.String())
	for _, name := range []string{"README.md", "README.zh.md"} {
		text, err := os.ReadFile(filepath.Join(repository, name))
		ts.Check(err)
		_, rest, _ := strings.Cut(string(text), demoBegin)
		rest, _, _ = strings.Cut(rest, demoEnd)
		blocks := fences(rest)
		if len(blocks) == 0 {
			ts.Fatalf("%s shows no output of the demonstration: make readme", name)
		}
		got := form(blocks[0].text)
		for i := range max(len(want), len(got)) {
			if i >= len(want) || i >= len(got) || want[i] != got[i] {
				ts.Fatalf("%s shows output of another form than the demonstration now prints (make readme); shown, printed:\n%q\n%q", name, got[min(i, len(got)):], want[min(i, len(want)):])
			}
		}
	}
}

// number is what differs between two runs of the demonstration: figures, times,
// and the number of digits that are shown of them.
var number = regexp.MustCompile(`[0-9]([0-9.,hms]|e-)*`)

// form is the lines of an output with N for numbers, without blank lines, the
// remark on a model without pretrained weights, and what "make readme" adds: the
// machine, and dots where it leaves something out.
func form(output string) (lines []string) {
	for line := range strings.Lines(output) {
		line = strings.Join(strings.Fields(number.ReplaceAllString(line, "N")), " ")
		if line != "" && line != "..." && !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "WITHOUT PRETRAINED WEIGHTS") {
			lines = append(lines, line)
		}
	}
	return lines
}

// Runs that differ in figures have the same form; another stage, column or line
// has not.
func TestForm(t *testing.T) {
	one := "# AMD, 2 cores\n...\nstage  rows  seconds\nclean  3,165  0.4\n\n88.1 examples/s in training, 5m3s for all stages\n"
	for text, same := range map[string]bool{
		"stage   rows   seconds\nclean   387   10.25\n9 examples/s in training, 1h0m12s for all stages\n":    true,
		"stage  rows  files\nclean  3,165  0.4\n88.1 examples/s in training, 5m3s for all stages\n":          false,
		"stage  rows  seconds\nscrub  3,165  0.4\n88.1 examples/s in training, 5m3s for all stages\n":        false,
		"stage  rows  seconds\nclean  3,165  0.4 before\n88.1 examples/s in training, 5m3s for all stages\n": false,
		"stage  rows  seconds\nclean  3,165  0.4\n":                                                          false,
	} {
		if slices.Equal(form(one), form(text)) != same {
			t.Errorf("%q: same form %v", form(text), !same)
		}
	}
}

// targets checks that make knows its targets and what it would do for them.
func targets(ts *testscript.TestScript, _ bool, args []string) {
	goal(ts, "make", slices.Concat([]string{"-n"}, args)...)
}

// goList checks that there are such packages.
func goList(ts *testscript.TestScript, _ bool, args []string) {
	goal(ts, "go", slices.Concat([]string{"list"}, args)...)
}

func goal(ts *testscript.TestScript, name string, args ...string) {
	c := exec.Command(name, args...)
	c.Dir = repository
	if out, err := c.CombinedOutput(); err != nil {
		ts.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// beginnersHome makes a home folder in which a tiny model stands for the
// pretrained one, and lets this process find its dependencies there.
func beginnersHome(t *testing.T) string {
	t.Helper()
	library, err := ort.Find("")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	deps := filepath.Join(home, ".cache", "ortrain")
	t.Setenv(ort.EnvLibrary, library.Path)
	t.Setenv(ort.EnvDeps, deps)
	run := filepath.Join(t.TempDir(), "run")
	tiny := filepath.Join(testdata, "tiny")
	c := again(t.Context(), "train", "--config_name", filepath.Join(tiny, "config.json"), "--train_file", filepath.Join(tiny, "train.csv"),
		"--max_steps", "1", "--threads", "1", "--quiet", "--output_dir", run)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("a model to begin with: %v\n%s", err, out)
	}
	model := filepath.Join(deps, "models", "all-MiniLM-L6-v2")
	if err := os.CopyFS(model, os.DirFS(filepath.Join(run, "export"))); err != nil {
		t.Fatal(err)
	}
	withoutLabels(t, filepath.Join(model, "config.json"))
	return home
}

// withoutLabels takes the names of the classes out of a configuration, which
// pretrained models do not have.
func withoutLabels(t *testing.T, path string) {
	t.Helper()
	var config map[string]any
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &config)
	}
	delete(config, "id2label")
	delete(config, "label2id")
	if err == nil {
		data, err = json.Marshal(config)
	}
	if err = errors.Join(err, os.WriteFile(path, data, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// sampleFiles are the tables and lists that documents speak of.
func sampleFiles() map[string]string {
	out := map[string]*bytes.Buffer{"train.csv": {}, "dev.csv": {}, "test.csv": {}, "new.csv": {}, "messages.csv": {}}
	for name, b := range out {
		fmt.Fprintln(b, map[bool]string{true: "text", false: "text,label"}[name == "new.csv"])
	}
	moods := map[string][]string{"yes": {"good", "lovely", "fine", "warm", "bright", "clever"}, "no": {"bad", "boring", "flat", "cold", "dull", "weak"}}
	n := 0
	for _, label := range []string{"no", "yes"} {
		for _, mood := range moods[label] {
			for _, noun := range []string{"film", "plot", "scene", "cast", "song", "ending", "story", "voice"} {
				text := []string{"a very %s %s", "The %s %s!", "I found it a %s %s, really", "what a %s %s"}[n%4]
				text = strings.ReplaceAll(fmt.Sprintf(text, mood, noun), ",", ";")
				to := cmp.Or(map[int]string{3: "dev.csv", 7: "test.csv"}[n%8], "train.csv")
				fmt.Fprintf(out[to], "%s,%s\n", text, label)
				if n%5 == 0 {
					fmt.Fprintln(out["new.csv"], text)
				}
				fmt.Fprintf(out["messages.csv"], "%s; write to person%d@example.org,%s\n", text, n, label)
				n++
			}
		}
	}
	texts := map[string]string{
		"given.txt": "Ann\nBob\n", "family.txt": "Miller\n", "helpdesk.txt": "help@example.org\n", "key": strings.Repeat("k", 32) + "\n",
		"own.yaml": "patterns:\n  - {name: employee, type: EMPLOYEE_ID, pattern: '\\bE-\\d{6}\\b', find: [see E-123456], miss: [E-12]}\n",
	}
	for name, b := range out {
		texts[name] = b.String()
	}
	return texts
}

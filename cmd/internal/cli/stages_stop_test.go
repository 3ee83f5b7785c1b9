package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ortrain/ortrain/cmd/internal/cli"
)

// stopped are the stages of stopRecipe with what they show when they are well
// under way.
var stopped = []struct{ name, midway string }{
	{"clean", ""}, {"scrub", ""}, {"split", ""}, {"probe", "sequences are cut"}, {"augment", ""}, {"train", "step 2/"}, {"plain", "step 2/"},
	{"eval", "sequences are cut"}, {"attack", "sequences are cut"}, {"report", ""}, {"export", ""},
}

var stopFiles = map[string]string{
	"policy.yaml": "copies: 1\noperators:\n  - {name: delete, params: {rate: 0.2}}\n  - {name: swap}\n",
	"recipe.yaml": `output_dir: out
data: tiny/train.csv
threads: 1
clean:
scrub:
split: {test_split: 0.2, validation_split: 0.2}
probe:
augment: {augment: policy.yaml}
train: {config_name: tiny/config.json, num_train_epochs: 2, adversary: fgm, logging_steps: 1, eval_strategy: epoch, save_total_limit: 1, learning_rate: 1e-3}
plain:
eval: {on: all}
attack: {adv_epsilon: [0.1], attack_steps: 2, restarts: 1}
report:
export:
`,
}

// stopWorld is a folder with the recipe, in which it was run once: whole is what
// that run has left, by the files' names.
type stopWorld struct {
	out   string
	whole map[string]string
}

func newStopWorld(t *testing.T, out string) *stopWorld {
	t.Helper()
	needLibrary(t)
	tiny, err := filepath.Abs(filepath.Join(testdata, "tiny"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.CopyFS("tiny", os.DirFS(tiny)); err != nil {
		t.Fatal(err)
	}
	for name, text := range stopFiles {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := &stopWorld{out: out}
	if code, said := w.run(nil); code != cli.ExitOK {
		t.Fatalf("the undisturbed run ends with %d\n%s", code, said)
	}
	w.whole = w.files(t)
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	return w
}

// run runs the recipe with changes; at, unless nil, gets an interrupt sent when what is said
// matches it.
func (w *stopWorld) run(at *regexp.Regexp, changes ...string) (int, string) {
	var said bytes.Buffer
	env := cli.Env{
		Args: append([]string{"ortrain", "run", "recipe.yaml", "--output_dir", w.out}, changes...), Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &said,
		Getenv: func(string) string { return "" }, Now: time.Now, Command: again,
	}
	if at != nil {
		signals := make(chan os.Signal) // unbuffered: the command has it before it goes on
		env.Signals, env.Stderr = signals, io.MultiWriter(&watcher{pattern: at, signals: signals}, &said)
	}
	return cli.Main(env), said.String()
}

// timed are files that hold times, or paths of folders before they are named.
var timed = regexp.MustCompile(`stage\.json$|events\.out|train_log\.jsonl$|report\.html$|^(train|plain)/eval/all_results\.json$`)

// files are those of the stages that are done, but for timed ones.
func (w *stopWorld) files(t *testing.T) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for _, s := range stopped {
		dir := filepath.Join(w.out, s.name)
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, _ := filepath.Rel(w.out, path)
			if timed.MatchString(filepath.ToSlash(name)) {
				return nil
			}
			if d.Type()&fs.ModeSymlink != 0 {
				to, err := os.Readlink(path)
				out[filepath.ToSlash(name)] = "-> " + to
				return err
			}
			data, err := os.ReadFile(path)
			out[filepath.ToSlash(name)] = string(data)
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return out
}

// halves checks that a stage which has its name is finished, and that those
// before number n are.
func (w *stopWorld) halves(t *testing.T, n int) {
	t.Helper()
	for i, s := range stopped {
		data, err := os.ReadFile(filepath.Join(w.out, s.name, "stage.json"))
		var record struct{ Finished bool }
		switch {
		case os.IsNotExist(err) && i >= n:
			if _, err := os.Lstat(filepath.Join(w.out, s.name)); err == nil {
				t.Errorf("%s has its name, but no record", s.name)
			}
		case err != nil:
			t.Errorf("%s was done: %v", s.name, err)
		case json.Unmarshal(data, &record) != nil || !record.Finished:
			t.Errorf("%s has its name, but is not finished", s.name)
		}
	}
}

// ends runs the recipe to its end, and compares.
func (w *stopWorld) ends(t *testing.T) {
	t.Helper()
	if code, said := w.again(t, nil); code != cli.ExitOK {
		t.Fatalf("the last run ends with %d\n%s", code, said)
	}
	got := w.files(t)
	for name, data := range w.whole {
		if have, ok := got[name]; !ok || have != data {
			t.Errorf("%s is not that of an undisturbed run (is there: %v)", name, ok)
		}
	}
	for name := range got {
		if _, ok := w.whole[name]; !ok {
			t.Errorf("%s is not in an undisturbed run", name)
		}
	}
}

// done are the stages that have their name.
func (w *stopWorld) done() (names []string) {
	for _, s := range stopped {
		if _, err := os.Stat(filepath.Join(w.out, s.name)); err == nil {
			names = append(names, s.name)
		}
	}
	return names
}

// again runs the recipe as run does, and checks that no stage which was done is
// done again.
func (w *stopWorld) again(t *testing.T, at *regexp.Regexp) (int, string) {
	t.Helper()
	before := w.done()
	code, said := w.run(at)
	for _, name := range before {
		if !strings.Contains(said, " "+name+": done before") {
			t.Errorf("%s was done, and is done again:\n%s", name, said)
		}
	}
	return code, said
}

// A recipe is interrupted as each of its stages begins, and within each that
// shows how far it is; each next run goes on, and the last one ends as one that
// was never interrupted.
func TestInterruptAtEachStage(t *testing.T) {
	w := newStopWorld(t, "out")
	for i, s := range stopped {
		moments := []string{fmt.Sprintf(`== %d/%d %s\b`, i+1, len(stopped), s.name)}
		if s.midway != "" {
			moments = append(moments, fmt.Sprintf(`(?s)== %d/%d %s\b.*%s`, i+1, len(stopped), s.name, s.midway))
		}
		for _, moment := range moments {
			code, said := w.again(t, regexp.MustCompile(moment))
			if code != cli.ExitInterrupted {
				t.Fatalf("%s: exit code %d; %d is expected\n%s", moment, code, cli.ExitInterrupted, said)
			}
			message := lastMessage(said)
			ended := slices.Contains(w.done(), s.name) // it was quicker than the signal
			if !ended && !strings.Contains(message, "interrupted: stage "+s.name) || !strings.Contains(message, "interrupted: ") || !strings.Contains(message, "hint: go on with: ortrain resume out") {
				t.Errorf("%s: the message is\n%s", moment, message)
			}
			w.halves(t, i)
		}
	}
	w.ends(t)
}

package cli_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/ortrain/ortrain/cmd/internal/cli"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	"github.com/ortrain/ortrain/pipeline/sink"
)

var update = flag.Bool("update", false, "rewrite the expected outputs in the scripts")

const testdata = "../../../testdata"

// asProgram makes the test binary ortrain itself, for commands that run it again.
const asProgram = "ORTRAIN_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Main(cli.OS()))
	}
	os.Exit(m.Run())
}

// again runs the test binary as ortrain.
func again(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// TestScripts runs the sessions in testdata/script. Each begins in a folder that
// holds tiny and testdata/demo, with one thread for every run. Beside testscript's commands there
// are:
//
//	ortrain ARGS…                      must succeed
//	exits CODE ortrain ARGS…           must end with this exit code
//	interrupt PATTERN ortrain ARGS…    sends an interrupt when standard error
//	                                   shows the pattern; must end with 130
//	same A B                           files or folders hold the same bytes
//	library VERSION FILE               makes a library that says it is ONNX
//	                                   Runtime of a version
//	damage FILE HOW…                   see damage
//	onnx FILE FAULT…                   see onnxFile
//	private FOLDER WORDS…              no file of the folder holds one of the
//	                                   words or names this machine
//	parquet FROM.csv TO.parquet        the same columns in another format
//	pasted FILES…                      the READMEs show this output of the
//	                                   demonstration, whatever its numbers
//	smalldisk FOLDER BYTES             mounts a file system of that size, where
//	                                   the condition [mount] holds
func TestScripts(t *testing.T) {
	needLibrary(t)
	testscript.RunT(serial{t}, testscript.Params{
		Dir: filepath.Join(testdata, "script"), UpdateScripts: *update, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("ORTRAIN_THREADS", "1")
			return errors.Join(
				os.CopyFS(filepath.Join(e.WorkDir, "tiny"), os.DirFS(filepath.Join(testdata, "tiny"))),
				os.CopyFS(filepath.Join(e.WorkDir, "testdata", "demo"), os.DirFS(filepath.Join(testdata, "demo"))))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ortrain": func(ts *testscript.TestScript, neg bool, args []string) {
				expect(ts, neg, cli.ExitOK, runIn(ts, nil, args))
			},
			"exits":     exits,
			"interrupt": interrupt,
			"same":      same,
			"library":   library,
			"damage":    damage,
			"smalldisk": smallDisk,
			"onnx":      onnxFile,
			"parquet":   toParquet,
			"private":   private,
			"pasted":    pasted,
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "mount":
				return mounts(t), nil
			case "cuda":
				_, err := exec.LookPath("nvidia-smi")
				return err == nil, nil
			}
			return false, fmt.Errorf("there is no condition %s; mount and cuda are", name)
		},
	})
}

// needLibrary skips the test without ONNX Runtime. It opens no environment: the
// commands do.
func needLibrary(t *testing.T) {
	t.Helper()
	_, err := ort.Find("")
	switch {
	case err != nil && os.Getenv(orttest.EnvRequire) == "":
		t.Skipf("needs ONNX Runtime: %v", err)
	case err != nil:
		t.Fatal(err)
	}
}

// serial runs scripts one after the other: a process has one environment of the
// runtime and one working directory.
type serial struct{ *testing.T }

func (serial) Parallel()     {}
func (serial) Verbose() bool { return testing.Verbose() }
func (s serial) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(serial{t}) })
}

// runIn runs a command line in the script's folder and returns its exit code.
func runIn(ts *testscript.TestScript, signals <-chan os.Signal, args []string, watch ...io.Writer) int {
	back, err := os.Getwd()
	ts.Check(err)
	ts.Check(os.Chdir(ts.MkAbs(".")))
	defer func() { ts.Check(os.Chdir(back)) }()
	return cli.Main(cli.Env{
		Args: append([]string{"ortrain"}, args...), Stdin: strings.NewReader(""),
		Stdout: ts.Stdout(), Stderr: io.MultiWriter(append(watch, ts.Stderr())...),
		Getenv: ts.Getenv, Now: time.Now, Signals: signals, Command: again,
	})
}

func expect(ts *testscript.TestScript, neg bool, want, got int) {
	if neg {
		ts.Fatalf("write exits CODE ortrain …, so that the exit code is checked")
	}
	if got != want {
		ts.Fatalf("exit code %d; %d is expected", got, want)
	}
}

// program checks that a command line is one of ortrain's.
func program(ts *testscript.TestScript, args []string) []string {
	if len(args) == 0 || args[0] != "ortrain" {
		ts.Fatalf("a command line that begins with ortrain is expected, not %q", args)
	}
	return args[1:]
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	expect(ts, neg, code, runIn(ts, nil, program(ts, args[1:])))
}

// watcher sends an interrupt once, when what is written shows the pattern.
type watcher struct {
	pattern *regexp.Regexp
	signals chan<- os.Signal
	mu      sync.Mutex
	seen    bytes.Buffer
	sent    bool
}

func (w *watcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.Write(p)
	if !w.sent && w.pattern.Match(w.seen.Bytes()) {
		w.sent = true
		w.signals <- os.Interrupt
	}
	return len(p), nil
}

func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	signals := make(chan os.Signal) // unbuffered: the command has it before it goes on
	w := &watcher{pattern: regexp.MustCompile(args[0]), signals: signals}
	expect(ts, neg, cli.ExitInterrupted, runIn(ts, signals, program(ts, args[1:]), w))
	if !w.sent {
		ts.Fatalf("standard error never showed %s", args[0])
	}
}

// same compares two files, or all files of two folders.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same A B")
	}
	a, b := contents(ts, args[0]), contents(ts, args[1])
	if !slices.Equal(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))) {
		ts.Fatalf("%s and %s hold other files", args[0], args[1])
	}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if a[name] != b[name] {
			ts.Fatalf("%s: %s differs from %s", name, args[0], args[1])
		}
	}
}

// contents reads every file of a folder, or the one that path is.
func contents(ts *testscript.TestScript, path string) map[string]string {
	out := make(map[string]string)
	root := ts.MkAbs(path)
	ts.Check(filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		out[name] = string(data)
		return err
	}))
	return out
}

func library(ts *testscript.TestScript, _ bool, args []string) {
	if runtime.GOOS != "linux" {
		ts.Logf("skipped: compiles a shared library the way Linux does")
		return
	}
	source := fmt.Sprintf(`
static const void *api(unsigned v) { (void)v; return 0; }
static const char *version(void) { return %q; }
static const struct { const void *(*a)(unsigned); const char *(*v)(void); } base = {api, version};
const void *OrtGetApiBase(void) { return &base; }`, args[0])
	file := ts.MkAbs(args[1]) + ".c"
	ts.Check(os.WriteFile(file, []byte(source), 0o600))
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	if out, err := exec.Command(cc, "-shared", "-fPIC", "-o", ts.MkAbs(args[1]), file).CombinedOutput(); err != nil {
		ts.Fatalf("%v\n%s", err, out)
	}
}

// damage changes a file: "cut N" drops all but the first N bytes, "flip N"
// inverts byte N (from the end if negative), "replace OLD NEW" replaces a text,
// which must be there.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	number := func() int {
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		return n
	}
	switch args[1] {
	case "cut":
		data = data[:number()]
	case "flip":
		data[(number()+len(data))%len(data)] ^= 0xff
	case "replace":
		if !bytes.Contains(data, []byte(args[2])) {
			ts.Fatalf("%s does not hold %q", args[0], args[2])
		}
		data = bytes.ReplaceAll(data, []byte(args[2]), []byte(args[3]))
	default:
		ts.Fatalf("damage: cut, flip or replace is expected, not %q", args[1])
	}
	ts.Check(os.WriteFile(path, data, 0o600))
}

// onnxFile writes a small ONNX file in which something is wrong: "cycle" has
// two nodes that wait for each other, "data LOCATION" takes a tensor from
// another file.
func onnxFile(ts *testscript.TestScript, _ bool, args []string) {
	node := func(from, to string) []byte {
		return text(text(text(nil, 1, from), 2, to), 4, "Neg")
	}
	graph := text(nil, 2, "g")
	switch args[1] {
	case "cycle":
		graph = text(text(graph, 1, string(node("b", "a"))), 1, string(node("a", "b")))
	case "data":
		entry := text(text(nil, 1, "location"), 2, args[2])
		tensor := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 4) // dims
		tensor = protowire.AppendVarint(protowire.AppendTag(tensor, 2, protowire.VarintType), 1)
		tensor = text(text(tensor, 8, "w"), 13, string(entry))
		tensor = protowire.AppendVarint(protowire.AppendTag(tensor, 14, protowire.VarintType), 1)
		graph = text(text(graph, 1, string(node("w", "y"))), 5, string(tensor))
	}
	model := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 8)
	model = text(model, 7, string(graph))
	opset := protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.VarintType), 17)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text(model, 8, string(opset)), 0o600))
}

// text appends a protocol buffer's field of bytes.
func text(to []byte, field protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(to, field, protowire.BytesType), value)
}

// toParquet turns a CSV file into a Parquet file with the same columns.
func toParquet(ts *testscript.TestScript, _ bool, args []string) {
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	var table sink.Table
	for c, name := range rows[0] {
		var values []string
		for _, row := range rows[1:] {
			values = append(values, row[c])
		}
		table = append(table, sink.Column{Name: name, Values: values})
	}
	ts.Check(sink.WriteTable(context.Background(), ts.MkAbs(args[1]), table, sink.Options{}))
}

// private checks that no file of a folder holds one of the words, the working
// folder, or the name of the machine or of its user. Names of less than four
// letters are left out: random bytes hold them.
func private(ts *testscript.TestScript, _ bool, args []string) {
	words := append(args[1:], ts.Getenv("WORK"))
	if host, err := os.Hostname(); err == nil {
		words = append(words, host)
	}
	if u, err := user.Current(); err == nil {
		words = append(words, u.Username, u.HomeDir)
	}
	files := contents(ts, args[0])
	if len(files) < 4 {
		ts.Fatalf("%s holds %d files; an export or artifacts are expected", args[0], len(files))
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, word := range words {
			if len(word) > 3 && strings.Contains(strings.ToLower(files[name]), strings.ToLower(word)) {
				ts.Fatalf("%s holds %q", filepath.Join(args[0], name), word)
			}
		}
	}
}

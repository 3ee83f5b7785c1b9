package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ortrain/ortrain/cmd/internal/cli"
)

// augmentInput writes rows and a policy, and returns the options of a run over
// them.
func augmentInput(t *testing.T, dir string, rows int) []string {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("text,label\n")
	for i := range rows {
		fmt.Fprintf(&b, "row %d has the words one two three four five,%s\n", i, []string{"yes", "no"}[i%2])
	}
	policy := "copies: 3\nchoose: one\noperators: [swap, {name: delete, params: {rate: 0.2}}]\n"
	for name, data := range map[string][]byte{"in.csv": b.Bytes(), "policy.yaml": []byte(policy)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"augment", "--augment", filepath.Join(dir, "policy.yaml"), "--audit", "--part_rows", "1024", "--row_group_rows", "3000", filepath.Join(dir, "in.csv")}
}

// runMain runs a command line in this process.
func runMain(args ...string) (code int, said string) {
	var b bytes.Buffer
	code = cli.Main(cli.Env{
		Args: append([]string{"ortrain"}, args...), Stdin: strings.NewReader(""), Stdout: &b, Stderr: &b,
		Getenv: func(string) string { return "" }, Now: time.Now,
	})
	return code, b.String()
}

// A run that is killed, not asked, leaves nothing under the final name; with
// --resume it ends with the bytes of an uninterrupted one, in every format.
func TestAugmentKilled(t *testing.T) {
	dir := t.TempDir()
	args := augmentInput(t, dir, 30_000)
	for _, format := range []string{"csv", "jsonl", "parquet", "arrow"} {
		whole, out := filepath.Join(dir, "whole."+format), filepath.Join(dir, "out."+format)
		if code, said := runMain(append(args, whole)...); code != 0 {
			t.Fatal(said)
		}
		parts := filepath.Join(dir, ".out."+format+".parts")
		for range 2 { // the second time it goes on, and is killed again
			kill(t, parts, append(args, "--resume", out)...)
			if _, err := os.Stat(out); err == nil {
				t.Fatalf("%s: something stands under the final name", format)
			}
		}
		code, said := runMain(append(args, "--resume", out)...)
		if code != 0 || !strings.Contains(said, "going on after ") {
			t.Fatalf("%s: exit code %d: %s", format, code, said)
		}
		want, err := os.ReadFile(whole)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(out)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v; %d bytes, %d without interruption", format, err, len(got), len(want))
		}
		if _, err := os.Stat(parts); err == nil {
			t.Errorf("%s: the parts are still there", format)
		}
	}
}

// kill starts a run in a process of its own and kills it once two more parts are
// whole.
func kill(t *testing.T, parts string, args ...string) {
	t.Helper()
	journal := filepath.Join(parts, "journal.json")
	count := func() int {
		data, _ := os.ReadFile(journal) // not there yet
		return bytes.Count(data, []byte(`"sha256"`))
	}
	before := count()
	cmd := again(t.Context(), args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for count() < before+2 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the run ended before it was killed")
	}
}

// Parts of another input, policy or seed, and damaged ones, are not gone on from:
// the run says so and starts anew, with the same bytes as ever.
func TestAugmentStartsAnew(t *testing.T) {
	dir := t.TempDir()
	args := augmentInput(t, dir, 30_000)
	whole, out, parts := filepath.Join(dir, "whole.csv"), filepath.Join(dir, "out.csv"), filepath.Join(dir, ".out.csv.parts")
	if code, said := runMain(append(args, "--seed", "7", whole)...); code != 0 {
		t.Fatal(said)
	}
	want, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		killed []string
		damage string
		want   string
	}{
		"other seed":     {[]string{"--seed", "8"}, "", "parts of other work"},
		"damage":         {[]string{"--seed", "7"}, "part-000001.arrows", "damaged"},
		"without resume": {[]string{"--seed", "8"}, "", ""},
	} {
		kill(t, parts, append(args, append(c.killed, out)...)...)
		if c.damage != "" {
			if err := os.WriteFile(filepath.Join(parts, c.damage), []byte("?"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		line := append(args, "--seed", "7", out)
		if c.want != "" {
			line = append(line, "--resume")
		}
		code, said := runMain(line...)
		if code != 0 || !strings.Contains(said, c.want) || strings.Contains(said, "going on") {
			t.Errorf("%s: exit code %d: %s", name, code, said)
		}
		if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, other bytes", name, err)
		}
		if _, err := os.Stat(parts); err == nil {
			t.Errorf("%s: the parts are still there", name)
		}
		if err := os.Remove(out); err != nil {
			t.Fatal(err)
		}
	}
	if code, said := runMain(append(args, "--resume", "-")...); code != cli.ExitUsage {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// A run that fails keeps no parts: it would fail in the same place again.
func TestAugmentFailed(t *testing.T) {
	dir := t.TempDir()
	args := augmentInput(t, dir, 20_000)
	f, err := os.OpenFile(filepath.Join(dir, "in.csv"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(f, "%s,no\n", strings.Repeat("long ", 1<<18)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	code, said := runMain(append(args, filepath.Join(dir, "out.csv"))...)
	if code != cli.ExitData || !strings.Contains(said, "row 20000") {
		t.Errorf("exit code %d: %s", code, said)
	}
	files, err := filepath.Glob(filepath.Join(dir, ".out*"))
	if err != nil || len(files) != 0 {
		t.Errorf("%v %v is left", err, files)
	}
}

package cli_test

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/cmd/internal/cli"
)

// TestSignal interrupts a process of its own, as a terminal does.
func TestSignal(t *testing.T) {
	needLibrary(t)
	tiny, err := filepath.Abs(filepath.Join(testdata, "tiny"))
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"train", "--config_name", filepath.Join(tiny, "config.json"), "--train_file", filepath.Join(tiny, "train.csv"),
		"--output_dir", out, "--max_steps", "1000000", "--logging_steps", "1", "--threads", "1"}
	cmd := again(t.Context(), args...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	sent := false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if !sent && strings.Contains(lines.Text(), "step 3/") {
			sent = true
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // the exit code says it
	if code := cmd.ProcessState.ExitCode(); code != cli.ExitInterrupted {
		t.Errorf("exit code %d; %d is expected\n%s", code, cli.ExitInterrupted, said.String())
	}
	for _, want := range []string{"interrupted; " + out, "--resume_from_checkpoint auto"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("standard error does not say %q:\n%s", want, said.String())
		}
	}
	if _, err := os.Stat(filepath.Join(out, "last", "SHA256SUMS")); err != nil {
		t.Error(err)
	}
}

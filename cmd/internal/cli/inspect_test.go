package cli_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ortrain/ortrain/cmd/internal/cli"
)

// Standard input is read more than once: it is copied.
func TestInspectStdin(t *testing.T) {
	var out, errs bytes.Buffer
	code := cli.Main(cli.Env{
		Args: []string{"ortrain", "inspect", "-", "--from", "csv", "--format", "json"}, Stdin: strings.NewReader("text,label\none,a\ntwo,b\none,b\n"),
		Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Now: time.Now,
	})
	var got struct {
		Sets []struct {
			Rows      int64
			Conflicts struct{ Exact struct{ Rows int64 } }
			First     []struct{ Text string }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || code != cli.ExitOK {
		t.Fatalf("exit code %d, %v: %s", code, err, &errs)
	}
	if s := got.Sets; len(s) != 1 || s[0].Rows != 3 || s[0].Conflicts.Exact.Rows != 2 || s[0].First[2].Text != "one" {
		t.Errorf("%+v", got)
	}
}

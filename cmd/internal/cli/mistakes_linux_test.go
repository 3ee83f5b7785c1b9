package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ortrain/ortrain/cmd/internal/cli"
)

// forbidden are mistakes about what a user may not read or write.
var forbidden = []mistake{
	{"input not readable", "clean secret.csv c.csv", cli.ExitData, "permission denied", "secret.csv", "chmod u+r"},
	{"recipe not readable", "run secret.yaml", cli.ExitUsage, "permission denied", "secret.yaml", "chmod u+r"},
	{"configuration not readable", "train secret.yaml", cli.ExitUsage, "permission denied", "secret.yaml", "chmod u+r"},
	{"output not writable", "train --config_name tiny/config.json --train_file rows.csv --output_dir locked/out", cli.ExitUsage, "permission denied", "--output_dir locked/out", "give a folder that your user may write"},
	{"output file not writable", "clean rows.csv locked/c.csv", cli.ExitUsage, "permission denied", "locked/c.csv", "give a folder that your user may write"},
	{"parts not writable", "split rows.csv --output_dir locked", cli.ExitUsage, "permission denied", "--output_dir locked", "give a folder that your user may write"},
	{"recipe's folder not writable", "run rows.yaml", cli.ExitUsage, "permission denied", "rows.yaml: output_dir locked/out", "give a folder that your user may write"},
	{"recipe not writable", "init --data rows.csv --output locked/r.yaml", cli.ExitUsage, "permission denied", "locked/r.yaml", "give a folder that your user may write"},
}

// nobody is the user that a test becomes which root runs: root may do
// everything.
const nobody = 65534

func TestForbidden(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	const rows = "text,label\ngood,a\nbad,b\nfine,a\npoor,b\n"
	for name, text := range map[string]string{"secret.csv": rows, "secret.yaml": "seed: 1\n", "rows.csv": rows, "rows.yaml": "output_dir: locked/out\ndata: rows.csv\nclean:\n"} {
		mode := os.FileMode(0o644)
		if strings.HasPrefix(name, "secret") {
			mode = 0
		}
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("locked", 0o555); err != nil {
		t.Fatal(err)
	}
	for _, open := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(open, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() == 0 {
		if err := syscall.Setresuid(-1, nobody, -1); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := syscall.Setresuid(-1, 0, -1); err != nil {
				t.Fatal(err)
			}
		}()
	}
	for _, m := range forbidden {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), m.check)
	}
	// Standard output is no file, so its folder does not count.
	t.Chdir("locked")
	if code, said := runMain("convert", "../rows.csv", "-", "--to", "csv"); code != cli.ExitOK || !strings.Contains(said, "good,a") {
		t.Errorf("convert to standard output: exit code %d\n%s", code, said)
	}
	entries, err := os.ReadDir(".")
	if err != nil || len(entries) > 0 {
		t.Errorf("the folder that may not be written holds %v, %v", entries, err)
	}
}

package tokenize_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// build compiles a package, or a file as one, with the preprocessor's flags given
// and returns what the compiler says.
func build(t *testing.T, what, flags string) (string, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", "build", what)
	c.Env = append(os.Environ(), "CGO_CPPFLAGS="+flags, "CGO_LDFLAGS=")
	said, err := c.CombinedOutput()
	return string(said), err
}

// Without the library a build ends with the line that mends it, and before the
// linker runs.
func TestBuildWithoutLibrary(t *testing.T) {
	said, err := build(t, ".", "")
	if err == nil {
		t.Fatal("the package compiles although there is no library")
	}
	for _, want := range []string{"libtokenizers.a is not found", "make deps", "make -s env"} {
		if !strings.Contains(said, want) {
			t.Errorf("the message lacks %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "-ltokenizers") {
		t.Errorf("the linker speaks:\n%s", said)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "libtokenizers.a"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := build(t, "library.go", "-I"+dir); err != nil {
		t.Errorf("with a library: %v\n%s", err, said)
	}
}

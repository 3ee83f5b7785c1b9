package ort_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/ort"
)

// fake compiles a library that says it is ONNX Runtime of a version, and
// returns its path.
func fake(t *testing.T, version string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("compiles a shared library the way Linux does")
	}
	dir := t.TempDir()
	source := fmt.Sprintf(`
static const void *api(unsigned v) { (void)v; return 0; }
static const char *version(void) { return %q; }
static const struct { const void *(*a)(unsigned); const char *(*v)(void); } base = {api, version};
const void *OrtGetApiBase(void) { return &base; }`, version)
	if version == "" {
		source = "int nothing;"
	}
	file, lib := filepath.Join(dir, "fake.c"), filepath.Join(dir, "libonnxruntime.so")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	if out, err := exec.CommandContext(t.Context(), cc, "-shared", "-fPIC", "-o", lib, file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return lib
}

// isolate hides every library of the machine from Find, but for the system
// loader's.
func isolate(t *testing.T) {
	t.Setenv(ort.EnvLibrary, "")
	t.Setenv(ort.EnvDeps, t.TempDir())
}

func TestFindByPath(t *testing.T) {
	isolate(t)
	for _, c := range []struct {
		version string
		want    error
	}{
		{"1.25.0", nil}, {"1.30.0", nil}, {"2.0.0", nil}, {"1.26.0-dev", nil},
		{"1.24.9", ort.ErrVersion}, {"0.99.0", ort.ErrVersion}, {"nightly", ort.ErrVersion}, {"", ort.ErrNoLibrary},
	} {
		path := fake(t, c.version)
		lib, err := ort.Find(path)
		if !errors.Is(err, c.want) {
			t.Errorf("version %q: %v, want %v", c.version, err, c.want)
		}
		if c.want == nil && (lib.Path != path || lib.Version != c.version) {
			t.Errorf("version %q at %s: found %+v", c.version, path, lib)
		}
	}
}

func TestFindByPathFaults(t *testing.T) {
	isolate(t)
	garbage := filepath.Join(t.TempDir(), "garbage.so")
	if err := os.WriteFile(garbage, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{garbage, filepath.Join(t.TempDir(), "nowhere.so"), t.TempDir()} {
		_, err := ort.Find(path)
		var report *ort.LibraryError
		if !errors.Is(err, ort.ErrNoLibrary) || !errors.As(err, &report) || len(report.Notes) != 1 {
			t.Errorf("%s: %v", path, err)
			continue
		}
		for _, says := range []string{"make deps", ort.EnvLibrary, "1.25"} {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %q does not say %q", path, err, says)
			}
		}
	}
}

func TestFindOrder(t *testing.T) {
	isolate(t)
	deps := t.TempDir()
	t.Setenv(ort.EnvDeps, deps)
	lib := filepath.Join(deps, runtime.GOOS+"-"+runtime.GOARCH, "lib")
	if err := os.MkdirAll(lib, 0o700); err != nil {
		t.Fatal(err)
	}
	installed := filepath.Join(lib, "libonnxruntime.so")
	if err := os.Rename(fake(t, "1.30.0"), installed); err != nil {
		t.Fatal(err)
	}
	check := func(path string, notes int) {
		t.Helper()
		found, err := ort.Find("")
		if err != nil || found.Path != path || len(found.Notes) != notes {
			t.Errorf("found %+v, %v; want %s and %d notes", found, err, path, notes)
		}
	}
	check(installed, 0)
	other := fake(t, "1.27.0")
	t.Setenv(ort.EnvLibrary, other)
	check(other, 0)
	t.Setenv(ort.EnvLibrary, filepath.Dir(other)) // a folder will do
	check(other, 0)
	t.Setenv(ort.EnvLibrary, fake(t, "1.17.0"))
	check(installed, 1)
	t.Setenv(ort.EnvLibrary, filepath.Join(t.TempDir(), "nowhere"))
	check(installed, 1)
}

func TestOpenFaults(t *testing.T) {
	isolate(t)
	before := ort.Live()
	for path, want := range map[string]error{
		fake(t, "1.24.0"):                  ort.ErrVersion,
		filepath.Join(t.TempDir(), "none"): ort.ErrNoLibrary,
	} {
		if env, err := ort.Open(ort.EnvOptions{Library: path}); !errors.Is(err, want) {
			t.Errorf("%s: %v, %v", path, env, err)
		}
	}
	if after := ort.Live(); after != before {
		t.Errorf("open handles before %+v, after %+v", before, after)
	}
}

func TestDepsDir(t *testing.T) {
	t.Setenv(ort.EnvDeps, "somewhere")
	if dir, err := ort.DepsDir(); err != nil || dir != "somewhere" {
		t.Errorf("%q, %v", dir, err)
	}
	t.Setenv(ort.EnvDeps, "")
	t.Setenv("HOME", "/home/of/nobody")
	t.Setenv("XDG_CACHE_HOME", "")
	if dir, err := ort.DepsDir(); err != nil || filepath.Base(dir) != "ortrain" {
		t.Errorf("%q, %v", dir, err)
	}
}

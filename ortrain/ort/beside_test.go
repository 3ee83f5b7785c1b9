package ort_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ortrain/ortrain/ortrain/ort"
)

// A library beside the program goes before installed ones, and behind one that a
// variable names.
func TestFindBesideTheProgram(t *testing.T) {
	isolate(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(fake(t, "1.77.0"))
	if err != nil {
		t.Fatal(err)
	}
	beside := filepath.Join(filepath.Dir(program), "libonnxruntime.so")
	if err := os.WriteFile(beside, data, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(beside) })
	if lib, err := ort.Find(""); err != nil || lib.Version != "1.77.0" || filepath.Base(lib.Path) != "libonnxruntime.so" {
		t.Errorf("beside the program: %+v, %v", lib, err)
	}
	named := fake(t, "1.78.0")
	t.Setenv(ort.EnvLibrary, named)
	if lib, err := ort.Find(""); err != nil || lib.Path != named {
		t.Errorf("named by a variable: %+v, %v", lib, err)
	}
}

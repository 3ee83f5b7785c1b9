package pipetest

import (
	"os"
	"path/filepath"
	"testing"
)

// Shared returns the path of a file of the shared test data: below the folder
// that the environment variable ORTRAIN_SHARED names, else below a folder
// "shared" beside the repository. Without it the test is skipped.
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	root := os.Getenv("ORTRAIN_SHARED")
	for dir, _ := os.Getwd(); root == ""; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "shared", "data")); err == nil {
			root = filepath.Join(dir, "shared")
		} else if dir == filepath.Dir(dir) {
			t.Skip("skipped: no shared test data; set ORTRAIN_SHARED to its folder")
		}
	}
	path := filepath.Join(append([]string{root}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: shared test data lacks %s", filepath.Join(elem...))
	}
	return path
}

// Model returns the folder of a pretrained model below $ORTRAIN_DEPS (by
// default the folder ortrain of the user's cache). Without it the test is
// skipped.
func Model(t testing.TB, name string) string {
	t.Helper()
	deps := os.Getenv("ORTRAIN_DEPS")
	if deps == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Skipf("skipped: %v", err)
		}
		deps = filepath.Join(cache, "ortrain")
	}
	path := filepath.Join(deps, "models", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: model %s is not installed; run make deps", name)
	}
	return path
}

//go:build !linux

package cli_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func mounts(*testing.T) bool { return false }

func smallDisk(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("small file systems are mounted on Linux only")
}

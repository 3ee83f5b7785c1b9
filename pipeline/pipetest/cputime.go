//go:build unix

package pipetest

import (
	"syscall"
	"testing"
	"time"
)

// CPUTime is what this process has used of all cores. Benchmarks that divide by
// it measure the same whatever else the machine does.
func CPUTime(t testing.TB) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

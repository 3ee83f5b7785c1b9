package ort_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
)

const envChild = "ORTRAIN_ORT_CHILD"

// inChild reports whether this is the child process, in which a test may open
// and close the environment as it likes. In the parent it runs the child with
// the variables given.
func inChild(t *testing.T, vars ...string) bool {
	t.Helper()
	if os.Getenv(envChild) == t.Name() {
		return true
	}
	orttest.Env(t) // skips without a library
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v")
	cmd.Env = append(append(os.Environ(), vars...), envChild+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("child: %v\n%s", err, out)
	}
	return false
}

func TestEnvironment(t *testing.T) {
	if !inChild(t) {
		return
	}
	env, err := ort.Open(ort.EnvOptions{Verbose: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ort.Open(ort.EnvOptions{}); !errors.Is(err, ort.ErrOpen) {
		t.Errorf("a second environment gave %v", err)
	}
	if names, err := env.Providers(); err != nil || !slices.Contains(names, "CPUExecutionProvider") {
		t.Errorf("providers %v, %v", names, err)
	}
	if lib := env.Library(); lib.Version == "" || !filepath.IsAbs(lib.Path) {
		t.Errorf("library %+v", lib)
	}
	closeHeld(t, env)
	if err := errors.Join(env.Close(), env.Close()); err != nil {
		t.Error(err)
	}
	if _, err := env.NewSession(add(), ort.Options{}); !errors.Is(err, ort.ErrClosed) {
		t.Errorf("a session of a closed environment gave %v", err)
	}
	if _, err := env.Providers(); !errors.Is(err, ort.ErrClosed) {
		t.Errorf("providers of a closed environment gave %v", err)
	}
	again, err := ort.Open(ort.EnvOptions{})
	if err != nil {
		t.Fatal("opening again:", err)
	}
	closeHeld(t, again)
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if live := ort.Live(); live != (ort.Handles{}) {
		t.Errorf("still open: %+v", live)
	}
}

// closeHeld checks that an environment stays open while something in it lives.
func closeHeld(t *testing.T, env *ort.Env) {
	t.Helper()
	s, err := env.NewSession(add(), ort.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := ort.TensorOf([]int64{1, 2}, float32(1), 2)
	if err != nil {
		t.Fatal(err)
	}
	out := []*ort.Tensor{nil}
	run(t, s, []*ort.Tensor{x, x}, out)
	if err := env.Close(); !errors.Is(err, ort.ErrOpen) {
		t.Errorf("closing with a session open gave %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := env.Close(); !errors.Is(err, ort.ErrOpen) {
		t.Errorf("closing with a tensor open gave %v", err)
	}
	if err := errors.Join(x.Close(), out[0].Close()); err != nil {
		t.Fatal(err)
	}
}

// TestArenaSameAsRequested shows that sessions share the arena: the second one
// finds the first one's memory.
func TestArenaSameAsRequested(t *testing.T) {
	if !inChild(t) {
		return
	}
	if _, err := ort.ReadUsage(); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	const rows = 8 << 20 // 64 MB for x and for each of the two values between
	x, err := ort.NewTensor(1, rows, 2)
	if err != nil {
		t.Fatal(err)
	}
	grown := func(env *ort.Env) int64 {
		s, err := env.NewSession(chain(), ort.Options{IntraOpThreads: 1, Arena: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		before, _ := ort.ReadUsage()
		out := []*ort.Tensor{nil}
		run(t, s, []*ort.Tensor{x}, out)
		if err := out[0].Close(); err != nil {
			t.Error(err)
		}
		after, _ := ort.ReadUsage()
		return (after.Virtual - before.Virtual) >> 20
	}
	env, err := ort.Open(ort.EnvOptions{ArenaSameAsRequested: true})
	if err != nil {
		t.Fatal(err)
	}
	first, second := grown(env), grown(env)
	if first < 128 || second > 16 {
		t.Errorf("address space grew by %d MB in the first session and by %d MB in the second; at least 128 and next to nothing were expected", first, second)
	}
}

// chain computes the mean of exp(-exp(-x)) + exp(-x) over values that must be
// kept.
func chain() []byte {
	return model(node("Neg", "a", "x"), node("Exp", "b", "a"), node("Neg", "c", "b"), node("Exp", "d", "c"), node("Add", "e", "d", "b"),
		node("ReduceMean", "y", "e"), input("x", float, "N", 2), output("y", float, 1, 1))
}

func TestUsage(t *testing.T) {
	u, err := ort.ReadUsage()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || u.Resident <= 0 || u.Peak < u.Resident/2 || u.Virtual < u.Resident {
		t.Errorf("usage %+v, %v", u, err)
	}
}

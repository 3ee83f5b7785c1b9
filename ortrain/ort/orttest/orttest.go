// Package orttest gives tests an ONNX Runtime, or skips them with the reason
// and the remedy.
//
// Path: Env or Session in the test; NoLeaks first in tests that must give back
// what they take. One environment serves a whole test process. With
// ORTRAIN_REQUIRE_ORT=1, which "make test" sets, a missing library fails the
// test instead of skipping it.
package orttest

import (
	"crypto/sha256"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/ortrain/ortrain/ortrain/ort"
)

// EnvRequire names the environment variable that makes a missing library a
// failure when it is not empty.
const EnvRequire = "ORTRAIN_REQUIRE_ORT"

// shared is the environment of the test process. It is never closed: the
// process ends with it.
var shared = sync.OnceValues(func() (*ort.Env, error) { return ort.Open(ort.EnvOptions{}) })

// Open returns the environment of the test process. It is for examples, which
// have no test to skip; it must not be closed.
func Open() (*ort.Env, error) { return shared() }

// cache holds the sessions that Cached made.
var cache struct {
	sync.Mutex
	sessions map[[sha256.Size]byte]*ort.Session
}

// Env returns the environment of the test process. Without a library that can be
// used, the test is skipped.
func Env(t testing.TB) *ort.Env {
	t.Helper()
	env, err := shared()
	missing := errors.Is(err, ort.ErrNoLibrary) || errors.Is(err, ort.ErrVersion)
	switch {
	case missing && os.Getenv(EnvRequire) == "":
		t.Skipf("needs ONNX Runtime: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	return env
}

// Session loads a model for one test.
func Session(t testing.TB, model []byte, opts ort.Options) *ort.Session {
	t.Helper()
	if opts.Name == "" {
		opts.Name = t.Name()
	}
	s, err := Env(t).NewSession(model, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Cached returns a session of the model with default options on one thread that
// all tests of the process share. It must not be closed.
func Cached(t testing.TB, model []byte) *ort.Session {
	t.Helper()
	env := Env(t)
	key := sha256.Sum256(model)
	cache.Lock()
	defer cache.Unlock()
	if s := cache.sessions[key]; s != nil {
		return s
	}
	s, err := env.NewSession(model, ort.Options{Name: t.Name(), IntraOpThreads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if cache.sessions == nil {
		cache.sessions = map[[sha256.Size]byte]*ort.Session{}
	}
	cache.sessions[key] = s
	return s
}

// NoLeaks fails the test if, after its cleanups, more tensors or sessions are
// open than now. Call it first. Tests that run in parallel disturb it.
func NoLeaks(t testing.TB) {
	t.Helper()
	before := ort.Live()
	t.Cleanup(func() {
		if after := ort.Live(); after != before {
			t.Errorf("open handles before %+v, after %+v", before, after)
		}
	})
}

// Tensor returns a tensor with a copy of data that the test's end closes.
func Tensor[T ort.Number](t testing.TB, shape []int64, data ...T) *ort.Tensor {
	t.Helper()
	tensor, err := ort.TensorOf(shape, data...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tensor.Close(); err != nil {
			t.Error(err)
		}
	})
	return tensor
}

package ort_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
)

// TestProviderNeverFallsBack holds on machines without CUDA; with it, the
// session must really have been made for it.
func TestProviderNeverFallsBack(t *testing.T) {
	orttest.NoLeaks(t)
	env := orttest.Env(t)
	s, err := env.NewSession(add(), ort.Options{Name: "sum", RecordPlacement: true, Provider: ort.Provider{Name: ort.CUDA, GPUMemLimit: 1 << 28}})
	if err != nil {
		var report *ort.ProviderError
		if !errors.Is(err, ort.ErrProvider) || !errors.As(err, &report) || report.Provider != ort.CUDA {
			t.Fatalf("got %v", err)
		}
		for _, says := range []string{"onnxruntime-gpu", ort.EnvLibrary, "sum"} {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%q does not say %q", err, says)
			}
		}
		return
	}
	defer s.Close()
	placed, err := s.Placement()
	if err != nil || len(placed) != 1 || placed[0].Provider != "CUDAExecutionProvider" {
		t.Errorf("placement %+v, %v", placed, err)
	}
}

func TestUnknownProvider(t *testing.T) {
	_, err := orttest.Env(t).NewSession(add(), ort.Options{Provider: ort.Provider{Name: "abacus"}})
	if !errors.Is(err, ort.ErrProvider) || !strings.Contains(err.Error(), "abacus") {
		t.Errorf("got %v", err)
	}
}

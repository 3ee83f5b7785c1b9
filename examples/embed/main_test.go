package main

import (
	"path/filepath"
	"testing"

	"github.com/ortrain/ortrain/ortrain/ort"
)

// What was trained on generated reviews is exported and answers texts that the
// training did not have, whole or not at all.
func TestEmbed(t *testing.T) {
	env, err := ort.Open(ort.EnvOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer env.Close()
	folder := filepath.Join(t.TempDir(), "model")
	if err := train(t.Context(), env, folder); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"my bread was stale": "bad", "our dinner came with a smile": "good"} {
		label, p, err := classify(t.Context(), env, folder, text)
		if err != nil {
			t.Fatal(err)
		}
		if label != want || p < 0.8 {
			t.Errorf("%q: %s with %.2f; %s is expected, with 0.8 at least", text, label, p, want)
		}
	}
	if live := ort.Live(); live.Sessions != 0 || live.Tensors != 0 {
		t.Errorf("left open: %+v", live)
	}
}

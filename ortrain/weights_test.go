package ortrain_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
)

// ReadWeight gives what Weight gives, and says which parameter there is not.
func TestReadWeight(t *testing.T) {
	config, err := model.ParseConfig([]byte(tiny))
	if err != nil {
		t.Fatal(err)
	}
	if err := config.SetLabels([]string{"no", "yes"}); err != nil {
		t.Fatal(err)
	}
	net, err := ortrain.Blueprint{Config: config}.Network(orttest.Env(t), ortrain.NetworkOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer net.Close()
	if err := net.Draw(); err != nil {
		t.Fatal(err)
	}
	for _, name := range net.Names() {
		if got, err := net.ReadWeight(name); err != nil || !slices.Equal(got, net.Weight(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := net.ReadWeight("classifier.wait"); !errors.Is(err, ortrain.ErrConfig) {
		t.Errorf("a parameter that there is not: %v", err)
	}
}

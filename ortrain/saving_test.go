package ortrain_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/checkpoint"
	"github.com/ortrain/ortrain/ortrain/native"
)

// slowStore writes when it is told to.
type slowStore struct {
	events *[]string
	allow  chan error
}

func (s slowStore) Save(_ context.Context, st ortrain.State, _ bool) (func() (string, error), error) {
	*s.events = append(*s.events, "copy")
	return func() (string, error) { return checkpoint.Name(int64(st.Step)), <-s.allow }, nil
}

func (s slowStore) LoadBest(context.Context, int) error { return nil }

// noted writes down what happens; at each step it may let a checkpoint be
// written.
type noted struct {
	stopper
	events *[]string
	step   func(int)
}

func (n noted) Step(r ortrain.Step) {
	*n.events = append(*n.events, "step")
	n.step(r.Step)
}

func (n noted) Saved(s ortrain.Saved) { *n.events = append(*n.events, s.Path) }

func runSlow(t *testing.T, answers ...error) (events []string, r ortrain.Result, err error) {
	t.Helper()
	allow := make(chan error, 10)
	cfg := ortrain.DefaultConfig()
	cfg.MaxSteps, cfg.SaveSteps = 6, 4
	tr, err := ortrain.New(cfg, ortrain.Parts{
		Engine: &fake{losses: []float64{1}}, Train: oneSequence(9), Store: slowStore{&events, allow},
		Observer: noted{events: &events, step: func(step int) {
			if step == 6 {
				for _, a := range answers {
					allow <- a
				}
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err = tr.Run(context.Background())
	return events, r, err
}

// Steps go on while a checkpoint is written; the next one and the end of the
// run wait for it.
func TestTrainingGoesOnWhileSaving(t *testing.T) {
	events, r, err := runSlow(t, nil, nil)
	// When the first answer arrives before step 6 is over is not settled.
	events = slices.DeleteFunc(events, func(e string) bool { return e == "checkpoint-4" })
	want := []string{"step", "step", "step", "step", "copy", "step", "step", "copy", "checkpoint-6"}
	if err != nil || !slices.Equal(events, want) || r.Checkpoint != "checkpoint-6" {
		t.Errorf("%v, %v, %v", events, r.Checkpoint, err)
	}
}

func TestFailedSaveSurfaces(t *testing.T) {
	full := errors.New("disk full")
	if events, _, err := runSlow(t, full); !errors.Is(err, full) || slices.Contains(events, "checkpoint-4") {
		t.Errorf("a save in the middle: %v, %v", err, events)
	}
	if _, r, err := runSlow(t, nil, full); !errors.Is(err, full) || r.Checkpoint != "checkpoint-4" {
		t.Errorf("the last save: %v, %v", err, r.Checkpoint)
	}
}

// What is saved is the state at Save, whatever training does before it is
// written, and the same as what is written at once.
func TestSavedStateIsThatOfItsStep(t *testing.T) {
	before := native.Live()
	var files [2][]byte // weights and moments, then the moving average
	for i, foreground := range []bool{true, false} {
		n := dropoutNetwork(t)
		dir := t.TempDir()
		cs, err := checkpoint.Open(dir, checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		store := ortrain.NewRunStore(n, cs, dir)
		store.Foreground = foreground
		step := func(number int) {
			b := randomBatches(number)[number-1]
			if _, err := n.Accumulate(t.Context(), b, number, 0); err != nil {
				t.Fatal(err)
			}
			if _, err := n.Update(t.Context(), ortrain.Update{LearningRate: 1e-2, MaxGradNorm: 1, N: 3}); err != nil {
				t.Fatal(err)
			}
			if err := n.Follow(0.5); err != nil {
				t.Fatal(err)
			}
		}
		passes, err := n.Passes(randomBatches(1)[0], 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := passes.Teacher(t.Context()); err != nil { // begins the moving average
			t.Fatal(err)
		}
		step(1)
		if err := n.Settle(); err != nil {
			t.Fatal(err)
		}
		write, err := store.Save(t.Context(), ortrain.State{Step: 1}, true)
		if err != nil {
			t.Fatal(err)
		}
		step(2)
		path, err := write()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"checkpoint", "teacher"} {
			data, err := os.ReadFile(filepath.Join(path, name))
			if err != nil {
				t.Fatal(err)
			}
			files[i] = append(files[i], data...)
		}
		if best, err := os.Readlink(filepath.Join(dir, "best")); err != nil || best != "checkpoint-1" {
			t.Errorf("best is %q, %v", best, err)
		}
		if err := errors.Join(cs.Close(), n.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("a checkpoint written in the background holds another state")
	}
	if after := native.Live(); after != before {
		t.Errorf("%d bytes are left of the copies", after-before)
	}
}

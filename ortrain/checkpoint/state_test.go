package checkpoint_test

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ortrain/ortrain/ortrain/checkpoint"
	"github.com/ortrain/ortrain/pipeline/sample"
)

func pointer[T any](v T) *T { return &v }

func TestStateRoundTrip(t *testing.T) {
	state := &checkpoint.TrainerState{
		BestGlobalStep: pointer(int64(500)), BestMetric: pointer(0.1 + 0.2), BestModelCheckpoint: pointer("checkpoint-500"),
		Epoch: 1.5, EvalSteps: 100, GlobalStep: 750, LoggingSteps: 10, MaxSteps: 1500, NumTrainEpochs: 3, SaveSteps: 250, TrainBatchSize: 32,
		NumInputTokensSeen: 1 << 40,
		LogHistory:         []checkpoint.Entry{{"step": 10, "loss": math.Pi}, {"step": 20, "eval_loss": math.NaN(), "grad_norm": math.Inf(1)}},
		StatefulCallbacks:  map[string]json.RawMessage{"early_stopping": json.RawMessage(`{"bad":2}`)},
	}
	cursor := checkpoint.Cursor{Step: 750, Data: sample.Cursor{Epoch: 1, Batch: 250, Examples: 8000}, Key: math.MaxUint64}
	s := open(t, t.TempDir(), checkpoint.Options{})
	path, err := s.Write(t.Context(), 750, func(w checkpoint.Writer) error {
		return errors.Join(checkpoint.WriteState(w, state), checkpoint.WriteCursor(w, cursor))
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Load(t.Context(), nil, path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.State()
	if err != nil {
		t.Fatal(err)
	}
	state.LogHistory[1]["grad_norm"] = math.NaN() // what is not finite is only known not to be
	compact := cmp.Transformer("compact", func(m json.RawMessage) any {
		var v any
		_ = json.Unmarshal(m, &v)
		return v
	})
	if diff := cmp.Diff(state, got, cmpopts.EquateNaNs(), compact); diff != "" {
		t.Error(diff)
	}
	cursor.Format = checkpoint.CursorFormat
	if again, err := c.Cursor(); again != cursor || err != nil {
		t.Errorf("cursor %+v, %v", again, err)
	}
}

// TestStateHasTheKeysOfHuggingFace holds the names that other programs read.
func TestStateHasTheKeysOfHuggingFace(t *testing.T) {
	text, err := json.Marshal(&checkpoint.TrainerState{})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"best_global_step": nil, "best_metric": nil, "best_model_checkpoint": nil, "epoch": 0.0, "eval_steps": 0.0,
		"global_step": 0.0, "is_hyper_param_search": false, "is_local_process_zero": true, "is_world_process_zero": true,
		"log_history": []any{}, "logging_steps": 0.0, "max_steps": 0.0, "num_input_tokens_seen": 0.0, "num_train_epochs": 0.0,
		"save_steps": 0.0, "stateful_callbacks": map[string]any{}, "total_flos": 0.0, "train_batch_size": 0.0,
		"trial_name": nil, "trial_params": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var foreign checkpoint.TrainerState
	if err := json.Unmarshal([]byte(`{"log_history":[{"step":1,"note":"text","loss":0.5}],"unknown":1}`), &foreign); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]checkpoint.Entry{{"step": 1, "loss": 0.5}}, foreign.LogHistory); diff != "" {
		t.Error(diff)
	}
}

func TestJSONFaults(t *testing.T) {
	file := func(name, text string) func(checkpoint.Writer) error {
		return func(w checkpoint.Writer) error {
			f, err := w.Create(name, 0)
			if err != nil {
				return err
			}
			_, err = io.WriteString(f, text)
			return errors.Join(err, f.Close())
		}
	}
	tests := []struct {
		name, file, text string
		want             error
	}{
		{"not JSON", checkpoint.CursorFile, "{", checkpoint.ErrCorrupt},
		{"another format", checkpoint.CursorFile, `{"format":9}`, checkpoint.ErrVersion},
		{"missing", "other.json", `{}`, checkpoint.ErrCorrupt},
	}
	for _, tt := range tests {
		s := open(t, t.TempDir(), checkpoint.Options{})
		path, err := s.Write(t.Context(), 1, file(tt.file, tt.text))
		if err != nil {
			t.Fatal(err)
		}
		c, err := checkpoint.Load(t.Context(), nil, path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Cursor(); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if _, err := c.State(); !errors.Is(err, checkpoint.ErrCorrupt) {
			t.Errorf("%s: state: got %v, want ErrCorrupt", tt.name, err)
		}
		if err := os.Remove(c.Path(tt.file)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Open(tt.file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: a file that vanished: %v", tt.name, err)
		}
	}
	s := open(t, t.TempDir(), checkpoint.Options{})
	_, err := s.Write(t.Context(), 1, func(w checkpoint.Writer) error {
		return checkpoint.WriteState(w, &checkpoint.TrainerState{Epoch: math.NaN()})
	})
	if err == nil {
		t.Error("an epoch that is not a number was written")
	}
}

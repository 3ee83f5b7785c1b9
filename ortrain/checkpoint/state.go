package checkpoint

import (
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// TrainerState is what Hugging Face's Trainer keeps in trainer_state.json, so
// that tools which plot its log history read ours.
type TrainerState struct {
	// BestGlobalStep and BestMetric are nil until an evaluation was the best.
	BestGlobalStep *int64   `json:"best_global_step"`
	BestMetric     *float64 `json:"best_metric"`
	// BestModelCheckpoint is a name in the run folder, such as checkpoint-500.
	BestModelCheckpoint *string `json:"best_model_checkpoint"`
	// Epoch is how many passes over the data are done, with their fraction.
	Epoch float64 `json:"epoch"`
	// EvalSteps, LoggingSteps and SaveSteps are intervals in steps.
	EvalSteps    int64 `json:"eval_steps"`
	GlobalStep   int64 `json:"global_step"`
	LoggingSteps int64 `json:"logging_steps"`
	// LogHistory has one entry per logged step and evaluation, oldest first.
	LogHistory         []Entry `json:"log_history"`
	MaxSteps           int64   `json:"max_steps"`
	NumInputTokensSeen int64   `json:"num_input_tokens_seen"`
	NumTrainEpochs     float64 `json:"num_train_epochs"`
	SaveSteps          int64   `json:"save_steps"`
	// StatefulCallbacks is state by name that is not listed here, such as the
	// count of early stopping.
	StatefulCallbacks map[string]json.RawMessage `json:"stateful_callbacks"`
	// TotalFlos is kept for other readers.
	TotalFlos      float64 `json:"total_flos"`
	TrainBatchSize int     `json:"train_batch_size"`
}

// Entry is one line of the log history: loss, learning_rate, eval_accuracy, …
// and always step and epoch.
type Entry map[string]float64

// MarshalJSON writes the keys sorted, and null for what is not finite.
func (e Entry) MarshalJSON() ([]byte, error) {
	out := make(map[string]any, len(e))
	for k, v := range e {
		out[k] = v
		if math.IsNaN(v) || math.IsInf(v, 0) {
			out[k] = nil
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads numbers, and NaN for null. Values of other types, which
// other programs may log, are left out.
func (e *Entry) UnmarshalJSON(text []byte) error {
	var in map[string]any
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*e = make(Entry, len(in))
	for k, v := range in {
		switch v := v.(type) {
		case float64:
			(*e)[k] = v
		case nil:
			(*e)[k] = math.NaN()
		}
	}
	return nil
}

// MarshalJSON adds the fields that Hugging Face's readers ask for and that
// never change here.
func (s TrainerState) MarshalJSON() ([]byte, error) {
	type plain TrainerState // without this method
	if s.LogHistory == nil {
		s.LogHistory = []Entry{}
	}
	if s.StatefulCallbacks == nil {
		s.StatefulCallbacks = map[string]json.RawMessage{}
	}
	return json.Marshal(struct {
		plain
		IsHyperParamSearch  bool  `json:"is_hyper_param_search"`
		IsLocalProcessZero  bool  `json:"is_local_process_zero"`
		IsWorldProcessZero  bool  `json:"is_world_process_zero"`
		TrialName           *bool `json:"trial_name"`
		TrialParameterNames *bool `json:"trial_params"`
	}{plain: plain(s), IsLocalProcessZero: true, IsWorldProcessZero: true})
}

// CursorFormat is the version of cursor.json.
const CursorFormat = 1

// Cursor is where a run stands in its data and its random draws.
type Cursor struct {
	Format int `json:"format"`
	// Step counts the optimizer updates done; the next draws are keyed by it.
	Step int64 `json:"step"`
	// Data is the position after the last batch that was consumed.
	Data sample.Cursor `json:"data"`
	// Key is the seed that every draw is keyed by.
	Key uint64 `json:"rng_key,string"`
}

// WriteState adds trainer_state.json to a checkpoint.
func WriteState(w Writer, s *TrainerState) error { return writeJSON(w, StateFile, s) }

// WriteCursor adds cursor.json to a checkpoint; it sets the format.
func WriteCursor(w Writer, c Cursor) error {
	c.Format = CursorFormat
	return writeJSON(w, CursorFile, c)
}

// State reads trainer_state.json.
// Errors: ErrCorrupt.
func (c *Checkpoint) State() (*TrainerState, error) {
	s := &TrainerState{}
	return s, c.readJSON(StateFile, s)
}

// Cursor reads cursor.json.
// Errors: ErrCorrupt, ErrVersion.
func (c *Checkpoint) Cursor() (Cursor, error) {
	var cursor Cursor
	if err := c.readJSON(CursorFile, &cursor); err != nil {
		return Cursor{}, err
	}
	if cursor.Format != CursorFormat {
		return Cursor{}, fmt.Errorf("checkpoint: %s: %w: %s has format %d, want %d; resume with the ortrain that wrote it", c.Dir, ErrVersion, CursorFile, cursor.Format, CursorFormat)
	}
	return cursor, nil
}

// maxJSON bounds what is read of a JSON file: a log history of millions of
// lines.
const maxJSON = 1 << 30

func (c *Checkpoint) readJSON(name string, v any) error {
	f, err := c.Open(name)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxJSON))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &CorruptError{c.Dir, name, "is not valid JSON: " + err.Error()}
	}
	return nil
}

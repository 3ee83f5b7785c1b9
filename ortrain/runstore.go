package ortrain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/checkpoint"
	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// RunStore keeps the checkpoints of a Network in a run folder. Each holds the
// weights and moments as an ONNX Runtime training checkpoint, the position in
// the data, the trainer's state, and whatever files the run adds.
type RunStore struct {
	net   *Network
	store *checkpoint.Store
	// Config goes into trainer_state.json for its readers.
	Config Config
	// Files are added to each checkpoint, so that it stands alone: config.json
	// and the tokenizer's.
	Files map[string][]byte
	// Foreground writes a checkpoint before training goes on, from the live
	// memory. Without it training waits for a copy of weights, moments and moving
	// average only, which takes as much memory as they until it is written.
	Foreground bool
	dir        string
}

// stateKey names the trainer's own state in trainer_state.json.
const stateKey = "ortrain"

// NewRunStore returns the store of a run folder that checkpoint.Open opened.
func NewRunStore(net *Network, store *checkpoint.Store, dir string) *RunStore {
	return &RunStore{net: net, store: store, dir: dir}
}

// snapshot is what a checkpoint holds of the network.
type snapshot struct {
	weights *odtc.Checkpoint // with the moments
	teacher *odtc.Checkpoint // nil if there is none
}

// Save implements Store.
func (s *RunStore) Save(ctx context.Context, st State, best bool) (func() (string, error), error) {
	c := snapshot{s.net.checkpoint(s.Config.LearningRate), s.net.teacherCheckpoint()}
	if s.Foreground {
		path, err := s.put(ctx, c, st, best)
		return func() (string, error) { return path, err }, nil
	}
	memory, err := detach(s.net.changing(c))
	if err != nil {
		return nil, err
	}
	return func() (string, error) {
		path, err := s.put(ctx, c, st, best)
		return path, errors.Join(err, memory.Close())
	}, nil
}

// changing lists the tensors of a checkpoint that training writes to.
func (n *Network) changing(c snapshot) []*odtc.Tensor {
	tensors := make([]*odtc.Tensor, 0, 4*len(c.weights.Trainable))
	for i := range c.weights.Trainable {
		tensors = append(tensors, &c.weights.Trainable[i])
	}
	for _, g := range c.weights.Groups {
		for _, p := range g.States {
			for i := range p.Moments {
				tensors = append(tensors, &p.Moments[i])
			}
		}
	}
	if c.teacher == nil {
		return tensors
	}
	// Nothing of a teacher is trainable, yet it follows the weights that are.
	for i := range c.teacher.Frozen {
		if t := &c.teacher.Frozen[i]; !n.frozen[t.Name] {
			tensors = append(tensors, t)
		}
	}
	return tensors
}

// detach makes tensors independent of the live memory: they are copied into
// memory of their own.
func detach(tensors []*odtc.Tensor) (*native.Buffer, error) {
	total := 0
	for _, t := range tensors {
		total += len(t.Data.(odtc.Floats))
	}
	memory, err := native.AllocFloat32s(total)
	if err != nil {
		return nil, fmt.Errorf("ortrain: copying the state for a checkpoint, %d bytes; write checkpoints in the foreground: %w", 4*int64(total), err)
	}
	free := memory.Float32s()
	for _, t := range tensors {
		n := copy(free, t.Data.(odtc.Floats))
		t.Data = odtc.Floats(free[:n:n])
		free = free[n:]
	}
	return memory, nil
}

// put writes a checkpoint.
func (s *RunStore) put(ctx context.Context, c snapshot, st State, best bool) (string, error) {
	path, err := s.store.Write(ctx, int64(st.Step), func(w checkpoint.Writer) error { return s.write(w, c, st) })
	if err == nil && best {
		err = s.store.MarkBest(int64(st.Step))
	}
	return path, err
}

func (s *RunStore) write(w checkpoint.Writer, c snapshot, st State) error {
	create := func(suffix string, size int64) (io.WriteCloser, error) {
		return w.Create(artifact.CheckpointFile+suffix, size)
	}
	if err := odtc.Write(create, c.weights, odtc.Options{}); err != nil {
		return err
	}
	if c.teacher != nil {
		create := func(suffix string, size int64) (io.WriteCloser, error) { return w.Create(teacherFile+suffix, size) }
		if err := odtc.Write(create, c.teacher, odtc.Options{}); err != nil {
			return err
		}
	}
	own, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("ortrain: the trainer's state: %w", err)
	}
	hf := &checkpoint.TrainerState{
		Epoch: st.Epoch, GlobalStep: int64(st.Step), MaxSteps: int64(s.Config.MaxSteps), NumTrainEpochs: s.Config.NumTrainEpochs,
		EvalSteps: int64(s.Config.EvalSteps), LoggingSteps: int64(s.Config.LoggingSteps), SaveSteps: int64(s.Config.SaveSteps),
		StatefulCallbacks: map[string]json.RawMessage{stateKey: own},
	}
	for _, h := range st.History {
		hf.LogHistory = append(hf.LogHistory, checkpoint.Entry(h))
	}
	if st.BestStep > 0 {
		step, name := int64(st.BestStep), checkpoint.Name(int64(st.BestStep))
		hf.BestGlobalStep, hf.BestMetric, hf.BestModelCheckpoint = &step, &st.BestMetric, &name
	}
	err = errors.Join(
		checkpoint.WriteState(w, hf),
		checkpoint.WriteCursor(w, checkpoint.Cursor{Step: int64(st.Step), Data: st.Cursor, Key: st.Seed}))
	for name, data := range s.Files {
		err = errors.Join(err, writeBytes(w, name, data))
	}
	return err
}

func writeBytes(w checkpoint.Writer, name string, data []byte) error {
	f, err := w.Create(name, int64(len(data)))
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// LoadBest implements Store.
func (s *RunStore) LoadBest(ctx context.Context, step int) error {
	c, err := checkpoint.Load(ctx, nil, filepath.Join(s.dir, checkpoint.Name(int64(step))))
	if err != nil {
		return err
	}
	return s.net.LoadCheckpoint(c.Path(artifact.CheckpointFile))
}

// Resume brings back weights, moments and the state of a checkpoint.
func (s *RunStore) Resume(c *checkpoint.Checkpoint) (State, error) {
	var st State
	hf, err := c.State()
	if err != nil {
		return st, err
	}
	own, ok := hf.StatefulCallbacks[stateKey]
	if !ok {
		return st, fmt.Errorf("ortrain: %s was not written by ortrain; training can go on only from its own checkpoints: %w", c.Dir, ErrConfig)
	}
	if err := json.Unmarshal(own, &st); err != nil {
		return st, fmt.Errorf("ortrain: state in %s: %w", c.Dir, err)
	}
	for _, e := range hf.LogHistory {
		st.History = append(st.History, e)
	}
	cursor, err := c.Cursor()
	if err != nil {
		return st, err
	}
	if cursor.Data != st.Cursor || cursor.Key != st.Seed || cursor.Step != int64(st.Step) {
		return st, fmt.Errorf("ortrain: %s and %s of %s disagree: %w", checkpoint.CursorFile, checkpoint.StateFile, c.Dir, checkpoint.ErrCorrupt)
	}
	if err := s.net.LoadCheckpoint(c.Path(artifact.CheckpointFile)); err != nil {
		return st, err
	}
	if slices.Contains(c.Files, teacherFile) {
		return st, s.net.loadTeacher(c.Path(teacherFile))
	}
	return st, nil
}

// checkpoint describes weights and moments, which must be settled, in the live
// memory.
func (n *Network) checkpoint(rate float64) *odtc.Checkpoint {
	params := make([]artifact.Param, len(n.order))
	for i, name := range n.order {
		params[i] = artifact.Param{Name: name, DType: onnx.Float, Shape: n.weights[name].Shape(), Trainable: !n.frozen[name]}
	}
	c := artifact.NewCheckpoint(params, n.Weight)
	if n.optimizer != nil {
		c.Groups = []odtc.OptimizerGroup{artifact.NewGroup(n.optimizer.State(), float32(rate))}
	}
	return c
}

// LoadCheckpoint reads weights, and moments if the network trains, from an ONNX
// Runtime training checkpoint. A parameter that the file lacks is an error that
// wraps artifact.ErrFormat, as is one of another shape.
func (n *Network) LoadCheckpoint(path string) error {
	return n.load(path, n.optimizer != nil)
}

// LoadWeights is LoadCheckpoint without the moments: what a run takes that
// begins with the weights of another one.
func (n *Network) LoadWeights(path string) error {
	return n.load(path, false)
}

func (n *Network) load(path string, moments bool) (err error) {
	c, err := odtc.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := n.readWeights(path, c, n.Weight); err != nil {
		return err
	}
	if !moments || len(c.Groups) == 0 {
		return nil
	}
	return n.loadMoments(c)
}

// loadMoments reads moments straight into the optimizer's memory.
func (n *Network) loadMoments(c *odtc.Checkpoint) error {
	state, err := artifact.ReadMoments(c, n.optimizer.State())
	if err != nil {
		return err
	}
	return n.optimizer.Load(state)
}

// Package artifact makes, writes and reads the four files that describe a
// training run the way ONNX Runtime's training API does: training_model.onnx,
// eval_model.onnx, optimizer_model.onnx and checkpoint.
//
// Nouns: a Set holds the three graphs in memory; a Signature says what the
// inputs and outputs of the training graph mean; a Folder is what Load found on
// disk, with the checkpoint still in its file. Weights and moments never pass
// through this package's memory: they are written from and read into slices of
// the caller, which may lie outside the Go heap.
//
// Path: Generate makes a Set from a forward graph with a loss, Save writes it,
// Load reads it back, Folder.ReadWeights and ReadMoments fill memory.
//
// What is written can be loaded by an official training build, and what such a
// build wrote can be loaded here: names, order and types of inputs and outputs
// follow generate_artifacts of ONNX Runtime 1.19.2. Training operators carry a
// function body, so a stock runtime loads the same file; there the function
// that stands for accumulation changes no buffer, which package program does
// instead.
//
// Errors wrap ErrFormat when files do not have that form, beside the error of
// the file itself. Nothing here is safe for concurrent use of one Set.
//
// It reads no .ort files and runs nothing.
package artifact

import "errors"

// ErrFormat is wrapped by errors about files that are not training artifacts,
// or do not belong together.
var ErrFormat = errors.New("not training artifacts")

// The usual names of the files.
const (
	TrainingFile   = "training_model.onnx"
	EvalFile       = "eval_model.onnx"
	OptimizerFile  = "optimizer_model.onnx"
	CheckpointFile = "checkpoint"
)

// Files names the files of a set within its folder.
type Files struct {
	Training, Eval string
	// Optimizer is "" for a set without an optimizer.
	Optimizer  string
	Checkpoint string
}

// DefaultFiles returns the names that generate_artifacts gives without a
// prefix.
func DefaultFiles() Files {
	return Files{Training: TrainingFile, Eval: EvalFile, Optimizer: OptimizerFile, Checkpoint: CheckpointFile}
}

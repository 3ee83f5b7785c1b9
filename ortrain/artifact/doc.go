// Package artifact makes, writes and reads the four files that describe a
// training run the way ONNX Runtime's training API does: training_model.onnx,
// eval_model.onnx, optimizer_model.onnx and checkpoint.
//
// Nouns: a Set holds the four in memory. Generate makes one from a forward
// graph with a loss; Load and Save move one between memory and a folder.
//
// What is written can be loaded by an official training build, and what such a
// build wrote can be loaded here: names, order and types of inputs and outputs
// follow generate_artifacts of ONNX Runtime 1.19.2.
//
// Errors wrap ErrFormat when files do not have that form. Nothing here is safe
// for concurrent use of one Set.
package artifact

import "errors"

// ErrFormat is wrapped by errors about files that are not training artifacts.
var ErrFormat = errors.New("not training artifacts")

// The names of the files.
const (
	TrainingFile   = "training_model.onnx"
	EvalFile       = "eval_model.onnx"
	OptimizerFile  = "optimizer_model.onnx"
	CheckpointFile = "checkpoint"
)

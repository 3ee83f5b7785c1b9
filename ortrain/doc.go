// Package ortrain trains text encoders: it turns a model, data and a Config
// into steps, evaluations and checkpoints, on any stock ONNX Runtime.
//
// Nouns: a Config says how to train; Data gives batches by epoch; an Engine
// runs the graphs and owns the weights; the Trainer is the loop over them; an
// Observer hears of every Step, Evaluation and checkpoint.
//
// Path: one optimizer step is GradientAccumulationSteps micro-batches, each a
// run of the training graph, then the check that loss and gradient norm are
// finite, clipping, the update and the schedule. Evaluations and checkpoints
// happen between steps. A run that is stopped saves a checkpoint; a run that is
// resumed from one ends with the same weights, byte for byte, as one that was
// never stopped.
//
// Errors: ErrNotFinite when a loss or gradient is not a number (before any
// weight changes), ErrConfig for options that cannot hold together, and the
// errors of data, engine and disk wrapped with the step. A Trainer is used by
// one goroutine; Stop may be closed by another.
//
// The package reads no files of its own accord, prints nothing and starts no
// goroutines.
package ortrain

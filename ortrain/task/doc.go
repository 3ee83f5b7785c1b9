// Package task is what a model is trained for: which head it has, which loss it
// is trained with, what its labels look like and what its logits say.
//
// Nouns: a Task is one kind of problem; a Graph is the model that Build writes
// for an encoder, a task and a purpose; Predictions are logits made readable.
//
// Path: Lookup or Of a configuration → Build → (run elsewhere) → Task.Predict.
// Freeze turns an inference graph and its weights into a model that stands
// alone.
//
// Errors wrap ErrTask, or model.ErrConfig where the configuration is at fault.
// Tasks are values and safe for concurrent use.
//
// The package makes no gradients and runs no graph.
//
// Legend: B sequences, S longest sequence, T packed tokens, C classes.
package task

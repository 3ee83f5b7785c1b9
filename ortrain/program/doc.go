// Package program turns training artifacts into what a stock ONNX Runtime can
// run, and runs it.
//
// Nouns: Lower rewrites a training or evaluation model into a Lowered one, in
// which gradients are graph outputs, dropout masks and the loss seed are graph
// inputs, and every operator is one that a stock runtime knows. An Engine holds
// the sessions of one set of artifacts with the parameters and gradients in
// memory that the optimizer updates in place. Bind computes the graph inputs of
// a sample.Batch.
//
// Path: Lower → NewEngine → Engine.Train / Engine.Evaluate per micro-batch.
//
// Errors wrap ErrLower when a model cannot be lowered and name the node. An
// Engine is used by one goroutine at a time.
//
// Lowered models live in memory only; they are never written as artifacts.
//
// Legend: B sequences, S longest sequence, T packed tokens, H hidden size, V
// vocabulary, C classes.
package program

// Package onnx is the graph representation that every part of ortrain works
// on: models, graphs, nodes, values, attributes and tensors as the ONNX
// specification defines them, free of any file format.
//
// Nouns: a Model holds one Graph, the Opsets it was written against, and
// model-local Functions. A Graph is an ordered list of Nodes; a Node reads and
// writes Values. Pointers are identity, names are for people and files: two
// Values are the same only if they are the same pointer. A Value is produced by
// one Node, or is an input, or carries an initial Tensor (an initializer).
//
// Path: onnx/wire decodes a file into a Model, passes rewrite it, onnx/wire
// encodes it again. Check states every invariant that code may rely on after
// decoding or rewriting.
//
// Errors wrap ErrInvalid. Nothing here is safe for concurrent change; a Model
// that nobody changes may be read from many goroutines.
//
// The package imports only the standard library.
package onnx

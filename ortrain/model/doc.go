// Package model turns a Hugging Face model folder into ONNX graphs and
// weights.
//
// Nouns: a Config is a config.json; an Architecture is a model_type that is
// built in; a Builder writes one graph, in one of two forms, and collects the
// Params that it needs; a Pretrained is a folder with weights. An architecture
// is written once: the Builder's layout decides whether its rows are the real
// tokens only (Packed, [T,H]) or whole rectangles (Padded, [B·S,H]), and only
// attention ever sees the rectangle.
//
// Path: Load a folder (or ParseConfig and draw every weight), let task.Build
// write the graph, then Pretrained.Read fills the memory of its parameters.
//
// Errors: ErrConfig for a configuration that is wrong or not supported,
// ErrWeights for weights that do not fit it. Both name what was found, what was
// expected and what to do.
//
// Nothing here is safe for concurrent change. The package runs no graph, reads
// no tokenizer and downloads nothing.
//
// Legend: B sequences, S longest sequence, T packed tokens, N rows (T or B·S),
// H hidden size, A heads, D head size, F feed-forward size, V vocabulary, C
// classes.
package model

// Package ref evaluates ONNX models in float64, slowly and obviously. It is
// what gradient checks differentiate, what function bodies and runtimes are
// compared with, and what folds constants.
//
// Nouns: a Tensor holds floats as float64 and everything else as int64; an
// Evaluator runs one model again and again; the table has one operator per
// file, each named with the ONNX operator and the opsets it follows. Operators
// of com.microsoft that only training uses are written here from their
// formulas, independently of the function bodies that a stock runtime executes.
//
// Path: New once, Run per set of feeds; or Run for a single go; or Node for one
// node whose inputs are at hand.
//
// Numbers: all floating-point types are computed and kept in float64, whatever
// the model declares, so a result is what the formula says and not what float32
// makes of it. Only Tensor.ONNX rounds. Integers wrap to the width of their
// type. A cast from a float to an integer truncates towards zero and saturates;
// NaN gives 0. Uint64 values from 2⁶³ on are not told from negative ones.
//
// Errors name the node, its operator and the types of its inputs, and wrap
// ErrNoOp, ErrInput, ErrLimit or ErrRandom. Models come from outside, so the
// size of every tensor and the work of a run are bounded (Options).
//
// Concurrency: an Evaluator may be run from many goroutines.
//
// Not here: strings, sequences, sparse tensors, control flow (If, Loop, Scan),
// operators written against an opset below 7.
package ref

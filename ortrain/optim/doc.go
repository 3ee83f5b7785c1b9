// Package optim turns gradients into weight updates: AdamW and SGD over package
// native, with parameter groups, clipping, learning-rate schedules and an
// optional average of the weights.
//
// Nouns: a Parameter is one weight array of the model; Rates are its own weight
// decay and learning-rate factor, given by a Rule over names. A Gradient is
// dense, or comes as rows of an embedding table, or both (a tied table). A
// Method is the update rule. An Optimizer holds a Method's state for a list of
// Parameters. A Schedule is a pure function from step to learning rate.
//
// Path: New, then per step the gradients of all micro-batches go to Step, which
// merges row gradients, takes the global norm, and updates weights and moments
// in one pass, in place. With several micro-batches an Accumulator sums first.
//
// Lazy tables: an embedding row that no gradient has touched has zero moments,
// so a step changes it by weight decay alone. Such rows are left out, and each
// remembers how far it got. Settle replays the missed factors for the rows
// that a batch is about to read, SettleAll for all rows before weights are
// saved, exported or averaged. Whenever it is done, the bytes equal those of the
// update that visits every row.
//
// Errors: a gradient that is not finite gives an error that wraps ErrNotFinite,
// before anything has changed. Misfit gradients wrap ErrGradient, misfit state
// ErrState, impossible settings ErrConfig.
//
// Concurrency: an Optimizer belongs to one goroutine; inside, the kernels use as
// many threads as they were made with, and the result does not depend on that
// number. Schedules and rules are pure.
//
// It knows no graph, no session and no file: parameters, gradients and state
// are plain slices.
package optim

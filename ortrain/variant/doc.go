// Package variant makes other graphs over the parameters of a training or
// evaluation model: with a perturbation of the embeddings as an input, with
// another loss, with fewer gradients.
//
// Nouns: a Spec says what a variant has; Make takes the forward part of a model,
// changes it, and differentiates it anew, so that every variant is a training
// model that package program lowers like any other.
//
// Path: Make(model, params, rules, Spec) → program.Lower → program.NewGraph.
//
// Dropout places keep their order, so that equal mask keys give equal masks in
// all variants of one model. Works on our own models and on official artifacts,
// as long as what a Spec names can be found: a single table that input_ids looks
// up, layers by the names of their parameters, logits before the loss.
//
// Errors wrap ErrVariant and name what is missing in the graph. Nothing here is
// safe for concurrent use of one model; Make does not change the one it is given.
//
// It runs nothing and knows no method; package adversary does.
//
// Legend: B sequences, T packed tokens, H hidden size, C classes, M targets.
package variant

// Package adversary trains on perturbed embeddings, from FGSM to SMART, and on
// other small disturbances of a network (noise, twin passes, mixtures,
// perturbed weights).
//
// Nouns: a Method is one published algorithm; the table holds them by name. A
// Config has the options of all methods. Passes are the runs of one network on
// one micro-batch: with or without weight gradients, at a perturbation, with
// another loss; package ortrain implements them. A Delta is a perturbation with
// its gradient, norms and projection. A Run is what a method sees: passes and
// options together. A Perturber decides for each micro-batch whether it is
// disturbed, and does it.
//
// Path: New(Config, seed) → Perturber.Accumulate per micro-batch, between the
// passes of which the method moves its Delta.
//
// Each method is one file that opens with its formula and source; the loop below
// follows the order of the paper. What the loss of a micro-batch means, how
// passes are weighted and what is random is settled here once:
//
//   - losses are means over the rows that count, so that gradients of micro-batches
//     of any size add up to those of one batch;
//   - methods that learn from rows without labels (vat, smart, alum) add two means:
//     of what labels teach, over the labels of the whole step (PyTorch's
//     ignore_index −100), and of the divergences, over all its rows. A step without
//     a label has the second alone; its loss of labels is 0;
//   - all passes of one micro-batch see the same dropout masks, unless a method
//     asks for other ones;
//   - random numbers depend on seed, step and the row's identity alone, so that
//     neither accumulation nor resuming changes them.
//
// Errors wrap ErrConfig, or come from the passes. Nothing here is safe for
// concurrent use.
//
// It knows no graph and runs nothing itself.
//
// Legend: B sequences, T tokens, H hidden size, C classes, K steps; x
// embeddings, y labels, δ perturbation, θ weights, ε radius, α step size.
package adversary

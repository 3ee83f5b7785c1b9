// Package ablate finds out whether recipes of augmentation help: it trains
// plainly and with each recipe, over seeds and numbers of training rows, and
// says which recipe, if any, is better than chance.
//
// Nouns: a Recipe is what is tried, a Setting one training run, an Outcome what
// that run got right; a Plan lists recipes, sizes and seeds; Trials is the model
// and the data, which the caller brings; a Store keeps what is done; a Result is
// the table.
//
// Path: a Plan → Run → Trials.Trial for every recipe, size and seed on the
// validation rows → Cells, each a recipe at a size, compared with plain training
// on the same rows and seeds → Holm's correction over all of them → the best of
// those that are left at each size → Trials.Trial with fresh seeds on the test
// rows, plain and with that recipe → the Final figures, which are the ones to
// report.
//
// A gain must be larger than the chance of the seeds (paired t test over the
// seeds) and than the chance of the rows (paired bootstrap over the rows): its p
// is the larger of the two. So a recipe that does nothing is kept at the rate
// Alpha at the most, whatever the number of recipes, and a plan in which none is
// kept reports plain training.
//
// Errors wrap ErrPlan, ErrOutcome, ErrStored, or are those of Trials and Store.
// A Run that ends with an error goes on where it was when it is repeated with
// the same Store. Concurrency: Run makes one trial after another on the caller's
// goroutine.
//
// The package trains nothing and knows nothing of texts.
package ablate

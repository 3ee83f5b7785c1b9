// Package augment makes new training texts of old ones: by rules, with a seed,
// and so that labels, tags and answer spans stay right.
//
// Nouns: an Augmenter proposes edits of one Text; a Spec describes one with its
// parameters, languages, Laws and the tasks it Harms; a Table is a set of Specs
// (package ops has the standard one). A Policy says which operators run how
// often on how many copies, and is what YAML files and Presets hold; a Runner is
// a policy made ready: packs read, operators made. A Filter judges finished
// copies. A BatchAugmenter works on whole batches, for operators that need a
// model.
//
// Path: Preset or ParsePolicy → Policy.Validate → New → Runner.Rows on the
// record batches of a data set, Runner.Draw inside training, or Runner.Copy on
// single examples.
//
// All draws are keyed by (seed, epoch, row, copy): the same copy comes out
// whatever worker makes it, in a resumed run, in training or from a file.
//
// Text between {{ and }}, addresses of the web and of mail, @mentions, #tags and
// the policy's own protected words stay as they are. An operator that can flip
// the labels of a policy's task is refused unless the policy forces it.
//
// Errors wrap the sentinels of this package: ErrPolicy, ErrHarm, ErrPack,
// ErrResource, ErrTooLong. Concurrency: Specs, Tables and Runners are
// immutable and safe for concurrent use; a Text serves one goroutine.
//
// The package reads no files of its own accord and downloads nothing; package
// pack manages resources.
package augment

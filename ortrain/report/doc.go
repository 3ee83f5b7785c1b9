// Package report writes what a run brought as one HTML file that needs nothing
// else: no network, no other file, no program but a browser.
//
// Nouns: a Report is the data of the page, in parts that may be absent; a
// System is one classifier's answers to the same rows, and Hardest chooses the
// rows on which systems are compared as well. Path: fill a Report → Write.
//
// The page has light and dark colours, fits a phone, can be read by a screen
// reader (every figure has a description and a table beside it), and its tables
// sort by a click or by the keyboard. Everything that comes from data is
// escaped by html/template.
//
// Errors are those of the writer, or wrap ErrData. Nothing here is safe for
// concurrent use with a Report that changes. The package reads no files.
package report

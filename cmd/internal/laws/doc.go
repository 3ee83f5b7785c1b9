// Package laws holds the repository to its own rules: which package may import
// which, what every package explains and shows, and how long functions and
// files get. There is nothing in it but tests.
//
// An exception to a size is written where it is taken, as a comment line that
// begins with "long:" and says why.
package laws

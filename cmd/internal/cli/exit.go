package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"syscall"

	"github.com/ortrain/ortrain/pipeline/source"
)

// Exit codes, part of the command line's contract.
const (
	ExitOK          = 0
	ExitFailure     = 1
	ExitUsage       = 2
	ExitData        = 3
	ExitGate        = 4
	ExitEnvironment = 5
	ExitInterrupted = 130
)

// Failure is an error with the exit code and the hint that go with it.
type Failure struct {
	Code int
	Hint string
	Err  error
}

// Error returns the text of the error itself.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns the error itself.
func (f *Failure) Unwrap() error { return f.Err }

func fail(code int, err error, hint string) error {
	if err == nil {
		return nil
	}
	var already *Failure
	if errors.As(err, &already) {
		return err
	}
	return &Failure{Code: code, Hint: hint, Err: err}
}

func usage(format string, args ...any) error {
	return fail(ExitUsage, fmt.Errorf(format, args...), "")
}

// explain prints an error for a person and returns the exit code.
func explain(w io.Writer, err error) int {
	if err == nil {
		return ExitOK
	}
	code, hint := classify(err)
	said := ""
	for line := range strings.Lines(err.Error()) { // joined errors have a line each
		if strings.Contains(said, strings.TrimSuffix(line, "\n")) {
			continue // it failed again for the same reason, as closing does after writing
		}
		said += line
		fmt.Fprintf(w, "ortrain: %s\n", strings.TrimPrefix(withFinalNames(strings.TrimSuffix(line, "\n")), "ortrain: ")) // a package has the program's name
	}
	if hint != "" {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
	return code
}

// hidden matches a name under which something is written until it is whole.
var hidden = regexp.MustCompile(`(^|[\s/"])\.([^/\s":]+)\.partial\b`)

// withFinalNames shows files and folders with the names that they are going to have, which
// are those that people know.
func withFinalNames(text string) string {
	for {
		shown := hidden.ReplaceAllString(text, "$1$2")
		if shown == text {
			return text
		}
		text = shown
	}
}

// spaceHint says what to do about a full disk where the error itself does not.
func spaceHint(err error) string {
	if strings.Contains(err.Error(), "free some space") {
		return "then give the same command again"
	}
	return "free some space or choose another folder; then give the same command again"
}

// classify finds the exit code and hint of an error: a Failure's own, else
// what its sentinel stands for.
func classify(err error) (int, string) {
	var f *Failure
	if errors.As(err, &f) {
		return f.Code, f.Hint
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return ExitFailure, spaceHint(err)
	}
	var place *source.Error
	if errors.As(err, &place) {
		return ExitData, placeHint(err)
	}
	for _, k := range kinds {
		for _, sentinel := range k.errs {
			if errors.Is(err, sentinel) {
				return k.code, k.hint
			}
		}
	}
	if errors.Is(err, context.Canceled) {
		return ExitInterrupted, ""
	}
	return ExitFailure, ""
}

// pathHint helps with files that are not where they are looked for.
const pathHint = "check the path; one that does not begin with / is taken from the folder that the command runs in"

// placeHint says what to do about a data file as a whole.
func placeHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return pathHint
	case errors.Is(err, fs.ErrPermission):
		return "let your user read the file (chmod u+r FILE), or copy it to where you may"
	case errors.Is(err, source.ErrEmpty):
		return "a header row and at least one row below it are expected, in the file or in a file of the folder"
	}
	return ""
}

// kind says which exit code and hint go with errors of the library.
type kind struct {
	errs []error
	code int
	hint string
}

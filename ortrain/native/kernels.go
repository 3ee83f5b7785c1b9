package native

import (
	"errors"
	"fmt"
)

// Sentinels of refused arguments.
var (
	ErrShape = errors.New("arrays do not fit together")
	ErrIndex = errors.New("index outside its table")
	ErrForm  = errors.New("form not available on this machine")
)

// Form is one way of computing the kernels. All forms give the same bits.
type Form uint8

// The forms. Plain is C for the baseline of the architecture, which on arm64
// has NEON.
const (
	Go Form = iota
	Plain
	AVX2
	AVX512
)

var formNames = [...]string{Go: "go", Plain: "plain", AVX2: "avx2", AVX512: "avx512"}

// String is the form's name in lower case.
func (f Form) String() string {
	if int(f) < len(formNames) {
		return formNames[f]
	}
	return fmt.Sprintf("form(%d)", uint8(f))
}

// Forms lists the forms that this machine can run, slowest first.
func Forms() []Form {
	forms := []Form{Go}
	for f := Plain; f <= AVX512; f++ {
		if lookup(f) != nil {
			forms = append(forms, f)
		}
	}
	return forms
}

// Kernels runs the kernels in one form on a number of threads. The zero value
// runs the Go form on the caller's goroutine.
type Kernels struct {
	table   table
	form    Form
	threads int
}

// New returns the kernels in the best form of this machine. Fewer than two
// threads means that the caller's goroutine does everything.
func New(threads int) Kernels {
	forms := Forms()
	best := forms[len(forms)-1]
	return Kernels{table: lookup(best), form: best, threads: threads}
}

// WithForm returns k in another form, or an error that wraps ErrForm where the
// machine cannot run it.
func (k Kernels) WithForm(f Form) (Kernels, error) {
	k.form, k.table = f, nil
	if f == Go {
		return k, nil
	}
	if k.table = lookup(f); k.table == nil {
		return Kernels{}, fmt.Errorf("native: no %s kernels here; this machine has %v: %w", f, Forms(), ErrForm)
	}
	return k, nil
}

// Form is the form in use.
func (k Kernels) Form() Form { return k.form }

// Threads is the number of threads that a kernel may use, at least 1.
func (k Kernels) Threads() int { return max(k.threads, 1) }

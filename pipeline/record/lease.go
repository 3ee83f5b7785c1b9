package record

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// ErrLimit is the cause of the panic by which a Lease refuses memory.
var ErrLimit = errors.New("memory limit")

// Lease is the part of an Allocator that one file's decoder or encoder uses.
// Arrow's libraries forget to free some of it, above all after errors, and
// believe what a damaged file says about sizes: a Lease counts off at Close
// what was forgotten, and refuses what goes over its limit.
//
// Memory that a batch still refers to must come from the Allocator itself.
type Lease struct {
	all   *Allocator
	limit int64
	bytes atomic.Int64
}

// NewLease returns a Lease of at most limit bytes at a time; 0 means no limit.
func NewLease(all *Allocator, limit int64) *Lease { return &Lease{all: all, limit: limit} }

// Allocate returns size bytes. Over the limit it panics with an error that
// wraps ErrLimit, since Arrow's interface has no error: decoders run where
// panics are caught.
func (l *Lease) Allocate(size int) []byte {
	l.grow(int64(size))
	return l.all.Allocate(size)
}

// Reallocate changes the size of a piece of memory, or panics as Allocate does.
func (l *Lease) Reallocate(size int, b []byte) []byte {
	l.grow(int64(size - len(b)))
	return l.all.Reallocate(size, b)
}

// Free gives memory back.
func (l *Lease) Free(b []byte) {
	l.bytes.Add(-int64(len(b)))
	l.all.Free(b)
}

func (l *Lease) grow(by int64) {
	if now := l.bytes.Add(by); by < 0 && now < 0 || l.limit > 0 && by > 0 && now > l.limit {
		l.bytes.Add(-by)
		panic(fmt.Errorf("record: %d bytes are asked for, %d are in use, %d are allowed: %w", by, now-by, l.limit, ErrLimit))
	}
}

// Close counts off what is still in use. The garbage collector frees it.
func (l *Lease) Close() { l.all.bytes.Add(-l.bytes.Swap(0)) }

package native

// Compiled as ISO C11, in which GCC does not contract floating-point
// expressions; the sources tell clang the same. Go's list of allowed flags has
// no -ffp-contract.

/*
#cgo CFLAGS: -std=c11 -O3
#cgo noescape call_adamw
#cgo nocallback call_adamw
#cgo noescape call_adamw_rows
#cgo nocallback call_adamw_rows
#cgo noescape call_sgd
#cgo nocallback call_sgd
#cgo noescape call_sgd_rows
#cgo nocallback call_sgd_rows
#cgo noescape call_squares
#cgo nocallback call_squares
#cgo noescape call_pair
#cgo nocallback call_pair
#cgo noescape call_merge
#cgo nocallback call_merge
#cgo noescape call_decay
#cgo nocallback call_decay
#cgo noescape call_mask
#cgo nocallback call_mask

#include <stdlib.h>
#include "kernels.h"

static void call_adamw(const struct ortrain_table *t, float *w, const float *g, float *m, float *v, int64_t n, const struct ortrain_adamw *s) { t->adamw(w, g, m, v, n, s); }
static void call_adamw_rows(const struct ortrain_table *t, float *w, const float *g, float *m, float *v, const int32_t *row, const int32_t *sum, int64_t count, int64_t width, const struct ortrain_adamw *s) {
	struct ortrain_rows r = {row, sum, count, width};
	t->adamw_rows(w, g, m, v, &r, s);
}
static void call_sgd(const struct ortrain_table *t, float *w, const float *g, float *m, int64_t n, const struct ortrain_sgd *s) { t->sgd(w, g, m, n, s); }
static void call_sgd_rows(const struct ortrain_table *t, float *w, const float *g, float *m, const int32_t *row, const int32_t *sum, int64_t count, int64_t width, const struct ortrain_sgd *s) {
	struct ortrain_rows r = {row, sum, count, width};
	t->sgd_rows(w, g, m, &r, s);
}
static void call_squares(const struct ortrain_table *t, const float *x, int64_t n, int64_t block, double *out) { t->squares(x, n, block, out); }
static void call_pair(const struct ortrain_table *t, int32_t op, float *dst, const float *src, float c, int64_t n) { t->pair(op, dst, src, c, n); }
static void call_merge(const struct ortrain_table *t, float *dst, const float *src, const int32_t *start, const int32_t *occ, int64_t width, int32_t fresh, int64_t lo, int64_t hi, int64_t left, int64_t right) {
	struct ortrain_merge p = {start, occ, width, fresh};
	t->merge(dst, src, &p, lo, hi, left, right);
}
static void call_decay(const struct ortrain_table *t, float *w, const int32_t *row, const int32_t *from, int64_t count, int64_t width, const float *factor, int64_t factors, int32_t mode) {
	struct ortrain_rows r = {row, from, count, width};
	t->decay(w, &r, factor, factors, mode);
}
static void call_mask(const struct ortrain_table *t, uint8_t *dst, int64_t first, int64_t n, const struct ortrain_mask *p) { t->mask(dst, first, n, p); }
*/
import "C"

import "unsafe"

type table = *C.struct_ortrain_table

func lookup(f Form) table {
	if f == Go {
		return nil
	}
	return C.ortrain_form(C.int(f) - C.ORTRAIN_PLAIN - 1)
}

// allocate returns n bytes and room to align them. calloc maps large blocks as
// fresh zero pages, which cost nothing until they are touched.
func allocate(n int) unsafe.Pointer {
	return C.calloc(1, C.size_t(n)+Alignment)
}

func release(p unsafe.Pointer) { C.free(p) }

func floats(x []float32) *C.float   { return (*C.float)(unsafe.Pointer(unsafe.SliceData(x))) }
func ints(x []int32) *C.int32_t     { return (*C.int32_t)(unsafe.Pointer(unsafe.SliceData(x))) }
func doubles(x []float64) *C.double { return (*C.double)(unsafe.Pointer(unsafe.SliceData(x))) }

func (s *adamWScalars) c() *C.struct_ortrain_adamw {
	return (*C.struct_ortrain_adamw)(unsafe.Pointer(s))
}

func (s *sgdScalars) c() *C.struct_ortrain_sgd {
	return (*C.struct_ortrain_sgd)(unsafe.Pointer(s))
}

func (k Kernels) adamW(w, g, m, v []float32, s *adamWScalars) {
	if k.form == Go {
		adamWGo(w, g, m, v, s)
		return
	}
	C.call_adamw(k.table, floats(w), floats(g), floats(m), floats(v), C.int64_t(len(w)), s.c())
}

func (k Kernels) adamWRows(w, g, m, v []float32, r Rows, s *adamWScalars) {
	if k.form == Go {
		for i, row := range r.Row {
			adamWGo(r.of(w, row), r.of(g, r.Sum[i]), r.of(m, row), r.of(v, row), s)
		}
		return
	}
	C.call_adamw_rows(k.table, floats(w), floats(g), floats(m), floats(v),
		ints(r.Row), ints(r.Sum), C.int64_t(len(r.Row)), C.int64_t(r.Width), s.c())
}

func (k Kernels) sgd(w, g, m []float32, s *sgdScalars) {
	if k.form == Go {
		sgdGo(w, g, m, s)
		return
	}
	C.call_sgd(k.table, floats(w), floats(g), floats(m), C.int64_t(len(w)), s.c())
}

func (k Kernels) sgdRows(w, g, m []float32, r Rows, s *sgdScalars) {
	if k.form == Go {
		for i, row := range r.Row {
			var moment []float32
			if m != nil {
				moment = r.of(m, row)
			}
			sgdGo(r.of(w, row), r.of(g, r.Sum[i]), moment, s)
		}
		return
	}
	C.call_sgd_rows(k.table, floats(w), floats(g), floats(m),
		ints(r.Row), ints(r.Sum), C.int64_t(len(r.Row)), C.int64_t(r.Width), s.c())
}

func (k Kernels) squares(x []float32, block int, out []float64) {
	if k.form == Go {
		for i := range out {
			out[i] = squareBlockGo(x[i*block : min((i+1)*block, len(x))])
		}
		return
	}
	C.call_squares(k.table, floats(x), C.int64_t(len(x)), C.int64_t(block), doubles(out))
}

func (k Kernels) pair(op pairOp, dst, src []float32, c float32) {
	if k.form == Go {
		pairGo(op, dst, src, c)
		return
	}
	C.call_pair(k.table, C.int32_t(op), floats(dst), floats(src), C.float(c), C.int64_t(len(dst)))
}

func (k Kernels) merge(dst, src []float32, p *part, width int, fresh bool, t tile) {
	if k.form == Go {
		mergeGo(dst, src, p, width, fresh, t)
		return
	}
	first := C.int32_t(0)
	if fresh {
		first = 1
	}
	C.call_merge(k.table, floats(dst), floats(src), ints(p.start), ints(p.occurrence), C.int64_t(width), first,
		C.int64_t(t.lo), C.int64_t(t.hi), C.int64_t(t.left), C.int64_t(t.right))
}

func (k Kernels) decay(w []float32, r Rows, factors []float32, mode Mode) {
	if k.form == Go {
		for i, row := range r.Row {
			decayGo(r.of(w, row), factors[r.Sum[i]:], mode)
		}
		return
	}
	C.call_decay(k.table, floats(w), ints(r.Row), ints(r.Sum), C.int64_t(len(r.Row)), C.int64_t(r.Width),
		floats(factors), C.int64_t(len(factors)), C.int32_t(mode))
}

func (k Kernels) mask(dst []uint8, first int, m *Mask, threshold uint32) {
	if k.form == Go {
		maskGo(dst, first, m, threshold)
		return
	}
	p := maskWords(m, threshold)
	C.call_mask(k.table, (*C.uint8_t)(unsafe.SliceData(dst)), C.int64_t(first), C.int64_t(len(dst)),
		(*C.struct_ortrain_mask)(unsafe.Pointer(&p)))
}

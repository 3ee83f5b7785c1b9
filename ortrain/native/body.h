// The kernels' bodies, included once per form with FORM (name suffix), TARGET
// (function attribute), VBYTES (vector size) and TABLE set. Everything is written
// on GNU vectors of VBYTES bytes, so one text serves every form, and tails run
// through the same vector code on a zero-padded copy.
//
// The bits must be the same in every form: package native is compiled as
// ISO C11, where GCC never contracts a*b+c; clang is told so here.
#ifdef __FAST_MATH__
#error "ortrain/native: -ffast-math changes values; take it out of CGO_CFLAGS"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#include "kernels.h"
#include <float.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE TARGET static inline __attribute__((always_inline))
#define LANES (VBYTES / 4)

typedef float vf __attribute__((vector_size(VBYTES)));
typedef int32_t vi __attribute__((vector_size(VBYTES)));
typedef float vh __attribute__((vector_size(VBYTES / 2)));
typedef double vd __attribute__((vector_size(VBYTES)));

INLINE vf FORM(load)(const float *p) {
	vf x;
	memcpy(&x, p, sizeof x);
	return x;
}

INLINE void FORM(store)(float *p, vf x) { memcpy(p, &x, sizeof x); }

// load_part and store_part move n < LANES numbers; the other lanes read 0.
INLINE vf FORM(load_part)(const float *p, int64_t n) {
	vf x = {0};
	memcpy(&x, p, (size_t)n * sizeof(float));
	return x;
}

INLINE void FORM(store_part)(float *p, vf x, int64_t n) { memcpy(p, &x, (size_t)n * sizeof(float)); }

INLINE vf FORM(root)(vf x) {
#if defined(__x86_64__) && VBYTES == 64
	return (vf)_mm512_sqrt_ps((__m512)x);
#elif defined(__x86_64__) && VBYTES == 32
	return (vf)_mm256_sqrt_ps((__m256)x);
#elif defined(__x86_64__)
	return (vf)_mm_sqrt_ps((__m128)x);
#elif defined(__aarch64__)
	return (vf)vsqrtq_f32((float32x4_t)x);
#else
	for (int i = 0; i < LANES; i++) x[i] = __builtin_sqrtf(x[i]);
	return x;
#endif
}

// flush turns subnormal numbers into 0: the moments of a row that is no longer
// seen decay into that range, where many processors are a hundred times slower.
INLINE vf FORM(flush)(vf x) {
	vf magnitude = (vf)((vi)x & 0x7fffffff);
	return (vf)((vi)x & ~(magnitude < FLT_MIN));
}

// AdamW ---------------------------------------------------------------------

INLINE void FORM(adamw_vector)(vf *w, vf g, vf *m, vf *v, const struct ortrain_adamw *s, int mode) {
	g *= s->grad_scale;
	if (mode == 0) {
		*w *= s->decay;
		*m += s->rest1 * (g - *m);
	} else {
		*m = *m * s->beta1 + s->rest1 * g;
	}
	*m = FORM(flush)(*m);
	*v = FORM(flush)(*v * s->beta2 + (s->rest2 * g) * g);
	vf root = FORM(root)(*v);
	vf denominator = (mode == 0 ? root / s->root2 : root) + s->epsilon;
	*w += (s->step_size * *m) / denominator;
	if (mode != 0) *w += *w * s->decay;
}

INLINE void FORM(adamw_loop)(float *restrict w, const float *restrict g, float *restrict m, float *restrict v, int64_t n,
			     const struct ortrain_adamw *p, int mode, int zero) {
	const struct ortrain_adamw s = *p;
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		vf x = FORM(load)(w + i), a = FORM(load)(m + i), b = FORM(load)(v + i), y = {0};
		if (!zero) y = FORM(load)(g + i);
		FORM(adamw_vector)(&x, y, &a, &b, &s, mode);
		FORM(store)(w + i, x), FORM(store)(m + i, a), FORM(store)(v + i, b);
	}
	if (i < n) {
		int64_t k = n - i;
		vf x = FORM(load_part)(w + i, k), a = FORM(load_part)(m + i, k), b = FORM(load_part)(v + i, k), y = {0};
		if (!zero) y = FORM(load_part)(g + i, k);
		FORM(adamw_vector)(&x, y, &a, &b, &s, mode);
		FORM(store_part)(w + i, x, k), FORM(store_part)(m + i, a, k), FORM(store_part)(v + i, b, k);
	}
}

TARGET static void FORM(adamw)(float *w, const float *g, float *m, float *v, int64_t n, const struct ortrain_adamw *s) {
	if (s->mode == 0) {
		if (g)
			FORM(adamw_loop)(w, g, m, v, n, s, 0, 0);
		else
			FORM(adamw_loop)(w, g, m, v, n, s, 0, 1);
	} else {
		if (g)
			FORM(adamw_loop)(w, g, m, v, n, s, 1, 0);
		else
			FORM(adamw_loop)(w, g, m, v, n, s, 1, 1);
	}
}

TARGET static void FORM(adamw_rows)(float *w, const float *g, float *m, float *v, const struct ortrain_rows *r, const struct ortrain_adamw *s) {
	for (int64_t i = 0; i < r->count; i++) {
		int64_t at = r->row[i] * r->width;
		FORM(adamw)(w + at, r->sum[i] < 0 ? 0 : g + r->sum[i] * r->width, m + at, v + at, r->width, s);
	}
}

// SGD -----------------------------------------------------------------------

INLINE void FORM(sgd_vector)(vf *w, vf g, vf *m, const struct ortrain_sgd *s) {
	g = g * s->grad_scale + s->weight_decay * *w;
	if (m) g = *m = FORM(flush)(s->momentum * *m + g);
	*w += s->step_size * g;
}

INLINE void FORM(sgd_loop)(float *restrict w, const float *restrict g, float *restrict m, int64_t n, const struct ortrain_sgd *p, int moment, int zero) {
	const struct ortrain_sgd s = *p;
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		vf x = FORM(load)(w + i), a = {0}, y = {0};
		if (!zero) y = FORM(load)(g + i);
		if (moment) a = FORM(load)(m + i);
		FORM(sgd_vector)(&x, y, moment ? &a : 0, &s);
		FORM(store)(w + i, x);
		if (moment) FORM(store)(m + i, a);
	}
	if (i < n) {
		int64_t k = n - i;
		vf x = FORM(load_part)(w + i, k), a = {0}, y = {0};
		if (!zero) y = FORM(load_part)(g + i, k);
		if (moment) a = FORM(load_part)(m + i, k);
		FORM(sgd_vector)(&x, y, moment ? &a : 0, &s);
		FORM(store_part)(w + i, x, k);
		if (moment) FORM(store_part)(m + i, a, k);
	}
}

TARGET static void FORM(sgd)(float *w, const float *g, float *m, int64_t n, const struct ortrain_sgd *s) {
	if (m) {
		if (g)
			FORM(sgd_loop)(w, g, m, n, s, 1, 0);
		else
			FORM(sgd_loop)(w, g, m, n, s, 1, 1);
	} else {
		if (g)
			FORM(sgd_loop)(w, g, m, n, s, 0, 0);
		else
			FORM(sgd_loop)(w, g, m, n, s, 0, 1);
	}
}

TARGET static void FORM(sgd_rows)(float *w, const float *g, float *m, const struct ortrain_rows *r, const struct ortrain_sgd *s) {
	for (int64_t i = 0; i < r->count; i++) {
		int64_t at = r->row[i] * r->width;
		FORM(sgd)(w + at, r->sum[i] < 0 ? 0 : g + r->sum[i] * r->width, m ? m + at : 0, r->width, s);
	}
}

// Sums of squares -------------------------------------------------------------

// Element i of a block goes to lane i mod 32; lanes are then folded in halves.
// A square of a float is exact in double, so only the additions round.
#define SUMS 32
#define DOUBLES (VBYTES / 8)

INLINE vd FORM(widen)(const float *p) {
	vh x;
	memcpy(&x, p, sizeof x);
	return __builtin_convertvector(x, vd);
}

INLINE double FORM(square_block)(const float *x, int64_t n) {
	vd sum[SUMS / DOUBLES];
	memset(sum, 0, sizeof sum);
	int64_t i = 0;
	for (; i + SUMS <= n; i += SUMS) {
		for (int j = 0; j < SUMS / DOUBLES; j++) {
			vd y = FORM(widen)(x + i + j * DOUBLES);
			sum[j] += y * y;
		}
	}
	double lane[SUMS];
	memcpy(lane, sum, sizeof lane);
	for (int64_t j = 0; i + j < n; j++) lane[j] += (double)x[i + j] * (double)x[i + j];
	for (int half = SUMS / 2; half > 0; half /= 2) {
		for (int j = 0; j < half; j++) lane[j] += lane[j + half];
	}
	return lane[0];
}

TARGET static void FORM(squares)(const float *x, int64_t n, int64_t block, double *out) {
	for (int64_t at = 0; at < n; at += block) *out++ = FORM(square_block)(x + at, n - at < block ? n - at : block);
}

// Pairs -----------------------------------------------------------------------

INLINE vf FORM(pair_vector)(int32_t op, vf dst, vf src, float c) {
	switch (op) {
	case ORTRAIN_ADD:
		return dst + src;
	case ORTRAIN_SCALE:
		return src * c;
	case ORTRAIN_ADD_SCALED:
		return dst + src * c;
	default:
		return dst + (src - dst) * c;
	}
}

INLINE void FORM(pair_loop)(int32_t op, float *restrict dst, const float *restrict src, float c, int64_t n) {
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) FORM(store)(dst + i, FORM(pair_vector)(op, FORM(load)(dst + i), FORM(load)(src + i), c));
	if (i < n) FORM(store_part)(dst + i, FORM(pair_vector)(op, FORM(load_part)(dst + i, n - i), FORM(load_part)(src + i, n - i), c), n - i);
}

TARGET static void FORM(pair)(int32_t op, float *dst, const float *src, float c, int64_t n) {
	switch (op) {
	case ORTRAIN_ADD:
		FORM(pair_loop)(ORTRAIN_ADD, dst, src, c, n);
		break;
	case ORTRAIN_SCALE:
		FORM(pair_loop)(ORTRAIN_SCALE, dst, src, c, n);
		break;
	case ORTRAIN_ADD_SCALED:
		FORM(pair_loop)(ORTRAIN_ADD_SCALED, dst, src, c, n);
		break;
	default:
		FORM(pair_loop)(ORTRAIN_LERP, dst, src, c, n);
	}
}

// Rows ------------------------------------------------------------------------

TARGET static void FORM(merge)(float *dst, const float *src, const struct ortrain_merge *p, int64_t lo, int64_t hi, int64_t left, int64_t right) {
	for (int64_t u = lo; u < hi; u++) {
		float *to = dst + u * p->width + left;
		int32_t k = p->start[u], end = p->start[u + 1];
		if (p->fresh) {
			if (k == end) {
				memset(to, 0, (size_t)(right - left) * sizeof(float));
				continue;
			}
			memcpy(to, src + p->occ[k++] * p->width + left, (size_t)(right - left) * sizeof(float));
		}
		for (; k < end; k++) FORM(pair_loop)(ORTRAIN_ADD, to, src + p->occ[k] * p->width + left, 1, right - left);
	}
}

// Eight vectors stay in registers while every missed factor is applied to them.
#define HELD 8

INLINE vf FORM(decay_vector)(vf x, float factor, int32_t mode) { return mode == 0 ? x * factor : x + x * factor; }

INLINE void FORM(decay_row)(float *w, int64_t width, const float *factor, int64_t factors, int32_t mode) {
	int64_t i = 0;
	for (; i + HELD * LANES <= width; i += HELD * LANES) {
		vf x[HELD];
		for (int j = 0; j < HELD; j++) x[j] = FORM(load)(w + i + j * LANES);
		for (int64_t k = 0; k < factors; k++) {
			for (int j = 0; j < HELD; j++) x[j] = FORM(decay_vector)(x[j], factor[k], mode);
		}
		for (int j = 0; j < HELD; j++) FORM(store)(w + i + j * LANES, x[j]);
	}
	for (; i < width; i += LANES) {
		int64_t n = width - i < LANES ? width - i : LANES;
		vf x = FORM(load_part)(w + i, n);
		for (int64_t k = 0; k < factors; k++) x = FORM(decay_vector)(x, factor[k], mode);
		FORM(store_part)(w + i, x, n);
	}
}

// Row r->row[i] missed the factors from r->sum[i] on.
TARGET static void FORM(decay)(float *w, const struct ortrain_rows *r, const float *factor, int64_t factors, int32_t mode) {
	for (int64_t i = 0; i < r->count; i++) {
		float *row = w + r->row[i] * r->width;
		const float *first = factor + r->sum[i];
		if (mode == 0)
			FORM(decay_row)(row, r->width, first, factors - r->sum[i], 0);
		else
			FORM(decay_row)(row, r->width, first, factors - r->sum[i], 1);
	}
}

// Dropout masks -----------------------------------------------------------------

#include "philox.h"

const struct ortrain_table TABLE = {
    FORM(adamw), FORM(adamw_rows), FORM(sgd), FORM(sgd_rows), FORM(squares), FORM(pair), FORM(merge), FORM(decay), FORM(mask),
};

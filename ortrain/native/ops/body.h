// The kernels' bodies, included once per form with FORM (name suffix), TARGET
// (function attribute) and TABLE set. All arithmetic is on vectors of 16 numbers,
// which the compiler cuts to what a form has, so every form adds in the same
// order and gives the same bits. Nothing here may be contracted or reordered.
#ifdef __FAST_MATH__
#error "ortrain/native/ops: -ffast-math changes values; take it out of CGO_CFLAGS"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#include "kernels.h"
#include <float.h>
#include <string.h>

#define INLINE TARGET static inline __attribute__((always_inline))
enum { LANES = 16 };

typedef float vf __attribute__((vector_size(64)));
typedef int32_t vi __attribute__((vector_size(64)));
typedef uint8_t vb __attribute__((vector_size(16)));

INLINE vf FORM(load)(const float *p) {
	vf x;
	memcpy(&x, p, sizeof x);
	return x;
}

INLINE void FORM(store)(float *p, vf x) { memcpy(p, &x, sizeof x); }

// load_part reads n < LANES numbers; the other lanes hold fill.
INLINE vf FORM(load_part)(const float *p, int64_t n, float fill) {
	vf x = fill - (vf){0};
	memcpy(&x, p, (size_t)n * sizeof(float));
	return x;
}

INLINE void FORM(store_part)(float *p, vf x, int64_t n) { memcpy(p, &x, (size_t)n * sizeof(float)); }

INLINE vf FORM(choose)(vi yes, vf a, vf b) { return (vf)((yes & (vi)a) | (~yes & (vi)b)); }

// sum adds the lanes pairwise, in an order that no form changes.
INLINE float FORM(sum)(vf x) {
	float t[LANES];
	memcpy(t, &x, sizeof t);
	for (int step = LANES / 2; step > 0; step /= 2)
		for (int i = 0; i < step; i++) t[i] += t[i + step];
	return t[0];
}

INLINE float FORM(largest)(vf x) {
	float t[LANES];
	memcpy(t, &x, sizeof t);
	for (int i = 1; i < LANES; i++) t[0] = t[i] > t[0] ? t[i] : t[0];
	return t[0];
}

// exp: x = n·ln2 + r with |r| ≤ ln2/2, e^r by a polynomial of degree 6 (largest
// relative error 3e-9 before rounding), 2^n through the exponent bits. Below
// -87.3 the result is 0.
INLINE vf FORM(exp)(vf x) {
	const vf magic = 12582912.0f - (vf){0}; // 1.5·2^23: adding it rounds to an integer
	vi tiny = x < -87.3f;
	x = FORM(choose)(x > 88.0f, 88.0f - (vf){0}, x);
	vf shifted = x * 1.44269504f + magic;
	vf n = shifted - magic;
	vf r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
	vf p = ((((0.0013814610f * r + 0.0083687101f) * r + 0.041668389f) * r + 0.16666521f) * r + 0.49999994f) * (r * r) + r + 1.0f;
	vi power = ((vi)shifted << 23) + 0x3f800000;
	return FORM(choose)(tiny, (vf){0}, p * (vf)power);
}

// erf: x + x·P(x²) below 0.95, 1 − e^(−Q(x)) above; fitted here to errors below
// 1e-9 before rounding.
INLINE vf FORM(erf)(vf x) {
	vi sign = (vi)x & (int32_t)0x80000000;
	vf t = (vf)((vi)x & 0x7fffffff);
	vf s = t * t;
	vf small = ((((((8.1852482e-5f * s - 8.0977491e-4f) * s + 5.1969574e-3f) * s - 2.6857708e-2f) * s + 0.11283664f) * s - 0.37612632f) * s + 0.12837917f) * t + t;
	t = FORM(choose)(t > 4.0f, 4.0f - (vf){0}, t);
	vf q = ((((((2.1445592e-5f * t - 4.3853023e-4f) * t + 4.1908571e-3f) * t - 2.5171813e-2f) * t + 0.10836156f) * t + 0.63327241f) * t + 1.1295520f) * t - 1.8246050e-4f;
	vf large = 1.0f - FORM(exp)(-q);
	vf y = FORM(choose)(t < 0.95f, small, large);
	return (vf)((vi)y | sign);
}

// EACH runs body over elements lo … hi; in the body x(p) loads from p and i is
// the position. Tails run through the same code on padded vectors.
#define EACH(body)                                        \
	int64_t i = lo;                                   \
	for (; i + LANES <= hi; i += LANES) {             \
		enum { part = 0 };                        \
		const int64_t n = LANES;                  \
		body                                      \
	}                                                 \
	if (i < hi) {                                     \
		enum { part = 1 };                        \
		const int64_t n = hi - i;                 \
		body                                      \
	}
#define LOAD(p, fill) (part ? FORM(load_part)((p), n, (fill)) : FORM(load)(p))
#define STORE(p, v)                          \
	do {                                 \
		if (part)                    \
			FORM(store_part)((p), (v), n); \
		else                         \
			FORM(store)((p), (v)); \
	} while (0)

// y = x·Φ(x) = x/2·(1 + erf(x/√2)).
TARGET static void FORM(gelu)(const struct ops_args *a, int64_t lo, int64_t hi, int64_t span) {
	const float *in = a->in[0];
	float *out = a->out[0];
	(void)span;
	EACH({
		vf x = LOAD(in + i, 0);
		STORE(out + i, 0.5f * x * (1.0f + FORM(erf)(x * 0.70710678f)));
	})
}

// dx = dy·(Φ(x) + x·φ(x)).
TARGET static void FORM(gelu_grad)(const struct ops_args *a, int64_t lo, int64_t hi, int64_t span) {
	const float *dy = a->in[0], *in = a->in[1];
	float *out = a->out[0];
	(void)span;
	EACH({
		vf x = LOAD(in + i, 0);
		vf cdf = 0.5f * (1.0f + FORM(erf)(x * 0.70710678f));
		vf pdf = 0.39894228f * FORM(exp)(-0.5f * (x * x));
		STORE(out + i, LOAD(dy + i, 0) * (cdf + x * pdf));
	})
}

INLINE vf FORM(mask)(const uint8_t *p, int64_t n) {
	vb m = {0};
	memcpy(&m, p, (size_t)n);
	return __builtin_convertvector(m, vf);
}

// y = scale·mask·x.
TARGET static void FORM(mask_scale)(const struct ops_args *a, int64_t lo, int64_t hi, int64_t span) {
	const float *in = a->in[0];
	const uint8_t *mask = a->in[1];
	float *out = a->out[0];
	const float scale = a->scale;
	(void)span;
	EACH({ STORE(out + i, LOAD(in + i, 0) * (FORM(mask)(mask + i, n) * scale)); })
}

// y = scale·mask·x + r.
TARGET static void FORM(mask_scale_add)(const struct ops_args *a, int64_t lo, int64_t hi, int64_t span) {
	const float *in = a->in[0], *rest = a->in[2];
	const uint8_t *mask = a->in[1];
	float *out = a->out[0];
	const float scale = a->scale;
	(void)span;
	EACH({ STORE(out + i, LOAD(in + i, 0) * (FORM(mask)(mask + i, n) * scale) + LOAD(rest + i, 0)); })
}

// y = softmax(x + bias) over a row; per rows share a row of bias.
TARGET static void FORM(bias_softmax)(const struct ops_args *a, int64_t first, int64_t last, int64_t span) {
	const int64_t lo = 0, hi = a->width;
	(void)span;
	for (int64_t row = first; row < last; row++) {
		const float *x = (const float *)a->in[0] + row * hi, *bias = (const float *)a->in[1] + row / a->per * hi;
		float *y = (float *)a->out[0] + row * hi;
		vf top = -FLT_MAX - (vf){0};
		{
			EACH({
				vf v = LOAD(x + i, -FLT_MAX) + LOAD(bias + i, 0);
				top = FORM(choose)(v > top, v, top);
				STORE(y + i, v);
			})
		}
		const float most = FORM(largest)(top);
		vf total = {0};
		{
			EACH({
				vf e = FORM(exp)(LOAD(y + i, -FLT_MAX) - most);
				total += e;
				STORE(y + i, e);
			})
		}
		const float inverse = 1.0f / FORM(sum)(total);
		EACH({ STORE(y + i, LOAD(y + i, 0) * inverse); })
	}
}

// dx = y·(dy − Σ dy·y) over a row.
TARGET static void FORM(softmax_grad)(const struct ops_args *a, int64_t first, int64_t last, int64_t span) {
	const int64_t lo = 0, hi = a->width;
	(void)span;
	for (int64_t row = first; row < last; row++) {
		const float *dy = (const float *)a->in[0] + row * hi, *y = (const float *)a->in[1] + row * hi;
		float *dx = (float *)a->out[0] + row * hi;
		vf total = {0};
		{
			EACH({ total += LOAD(dy + i, 0) * LOAD(y + i, 0); })
		}
		const float dot = FORM(sum)(total);
		EACH({ STORE(dx + i, LOAD(y + i, 0) * (LOAD(dy + i, 0) - dot)); })
	}
}

// With h = (x − mean)·inv and b = dy·scale: dx = inv·(b − mean(b) − h·mean(b·h));
// the span's sums of dy·h and dy go to its partials.
TARGET static void FORM(layer_norm_grad)(const struct ops_args *a, int64_t first, int64_t last, int64_t span) {
	const int64_t lo = 0, hi = a->width;
	const float *scale = a->in[2];
	float *dscale = a->partial + 2 * span * hi, *dbias = dscale + hi;
	memset(dscale, 0, 2 * (size_t)hi * sizeof(float));
	for (int64_t row = first; row < last; row++) {
		const float *dy = (const float *)a->in[0] + row * hi, *x = (const float *)a->in[1] + row * hi;
		const float mean = ((const float *)a->in[3])[row], inv = ((const float *)a->in[4])[row];
		float *dx = (float *)a->out[0] + row * hi;
		vf sb = {0}, sbh = {0};
		{
			EACH({
				vf g = LOAD(dy + i, 0);
				vf h = (LOAD(x + i, mean) - mean) * inv;
				vf b = g * LOAD(scale + i, 0);
				sb += b;
				sbh += b * h;
				STORE(dscale + i, LOAD(dscale + i, 0) + g * h);
				STORE(dbias + i, LOAD(dbias + i, 0) + g);
			})
		}
		const float mb = FORM(sum)(sb) / (float)hi, mbh = FORM(sum)(sbh) / (float)hi;
		EACH({
			vf h = (LOAD(x + i, mean) - mean) * inv;
			vf b = LOAD(dy + i, 0) * LOAD(scale + i, 0);
			STORE(dx + i, (b - mb - h * mbh) * inv);
		})
	}
}

// The span's sums of the columns go to its partials.
TARGET static void FORM(column_sum)(const struct ops_args *a, int64_t first, int64_t last, int64_t span) {
	const int64_t lo = 0, hi = a->width;
	float *total = a->partial + 2 * span * hi;
	memset(total, 0, (size_t)hi * sizeof(float));
	for (int64_t row = first; row < last; row++) {
		const float *x = (const float *)a->in[0] + row * hi;
		EACH({ STORE(total + i, LOAD(total + i, 0) + LOAD(x + i, 0)); })
	}
}

const ops_table TABLE = {
	FORM(gelu), FORM(gelu_grad), FORM(mask_scale), FORM(mask_scale_add),
	FORM(bias_softmax), FORM(softmax_grad), FORM(layer_norm_grad), FORM(column_sum),
};

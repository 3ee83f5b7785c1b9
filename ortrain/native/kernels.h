// The C kernels behind package native. Each exists in several forms (plain C,
// AVX2, AVX-512) that give the same bits; the argument form picks one. No kernel
// contracts a*b+c into a fused operation, and none depends on how a caller cuts
// its work into spans.
#ifndef ORTRAIN_NATIVE_KERNELS_H
#define ORTRAIN_NATIVE_KERNELS_H

#include <stdint.h>

enum { ORTRAIN_PLAIN, ORTRAIN_AVX2, ORTRAIN_AVX512, ORTRAIN_FORMS };
enum { ORTRAIN_ADD, ORTRAIN_SCALE, ORTRAIN_ADD_SCALED, ORTRAIN_LERP };

// One step's numbers of AdamW; see AdamW in adamw.go for the formulas.
struct ortrain_adamw {
	float grad_scale, decay, beta1, rest1, beta2, rest2, root2, step_size, epsilon;
	int32_t mode;
};

// One step's numbers of SGD; see SGD in sgd.go.
struct ortrain_sgd {
	float grad_scale, weight_decay, momentum, step_size;
};

// The rows of a table that one update visits: row[i] is the table's row,
// sum[i] the row of the gradient block, or -1 for a zero gradient.
struct ortrain_rows {
	const int32_t *row, *sum;
	int64_t count, width;
};

// One part of a row merge: occurrences occ[start[u] … start[u+1]) of src are
// added to row u of the destination.
struct ortrain_merge {
	const int32_t *start, *occ;
	int64_t width;
	int32_t fresh;
};

// A dropout mask's Philox block: key, counter words 2 and 3, the high half of
// word 1 already shifted, and the keep threshold.
struct ortrain_mask {
	uint32_t key0, key1, tag, micro, step, threshold;
};

struct ortrain_table {
	void (*adamw)(float *w, const float *g, float *m, float *v, int64_t n, const struct ortrain_adamw *s);
	void (*adamw_rows)(float *w, const float *g, float *m, float *v, const struct ortrain_rows *r, const struct ortrain_adamw *s);
	void (*sgd)(float *w, const float *g, float *m, int64_t n, const struct ortrain_sgd *s);
	void (*sgd_rows)(float *w, const float *g, float *m, const struct ortrain_rows *r, const struct ortrain_sgd *s);
	void (*squares)(const float *x, int64_t n, int64_t block, double *out);
	void (*pair)(int32_t op, float *dst, const float *src, float c, int64_t n);
	void (*merge)(float *dst, const float *src, const struct ortrain_merge *p, int64_t lo, int64_t hi, int64_t left, int64_t right);
	void (*decay)(float *w, const struct ortrain_rows *r, const float *factor, int64_t factors, int32_t mode);
	void (*mask)(uint8_t *dst, int64_t first, int64_t n, const struct ortrain_mask *p);
};

extern const struct ortrain_table ortrain_plain;
#if defined(__x86_64__)
extern const struct ortrain_table ortrain_avx2, ortrain_avx512;
#endif

// The table of a form, or NULL where this machine cannot run it.
const struct ortrain_table *ortrain_form(int form);

#endif

// The kernels behind package ops. Each works on a span of rows and exists in
// several forms that give the same bits.
#ifndef ORTRAIN_OPS_KERNELS_H
#define ORTRAIN_OPS_KERNELS_H

#include <stdint.h>

// What a kernel works on. Rows are contiguous and width numbers long;
// elementwise kernels see one number per row.
struct ops_args {
	const void *in[5];
	void *out[3];
	int64_t rows, width;
	// per is how many rows share one row of a broadcast input.
	int64_t per;
	float scale;
	// partial holds 2·width sums per span, for kernels that also reduce rows.
	float *partial;
};

// A kernel computes rows lo … hi of the span numbered span.
typedef void (*ops_kernel)(const struct ops_args *a, int64_t lo, int64_t hi, int64_t span);

enum {
	OPS_GELU,
	OPS_GELU_GRAD,
	OPS_MASK_SCALE,
	OPS_MASK_SCALE_ADD,
	OPS_BIAS_SOFTMAX,
	OPS_SOFTMAX_GRAD,
	OPS_LAYER_NORM_GRAD,
	OPS_COLUMN_SUM,
	OPS_COUNT
};

typedef ops_kernel ops_table[OPS_COUNT];

extern const ops_table ops_plain;
#if defined(__x86_64__)
extern const ops_table ops_avx2, ops_avx512;
#endif

// The best table that this machine can run, or the given form of it: 0 plain, 1
// AVX2, 2 AVX-512; NULL where the machine cannot.
const ops_kernel *ops_best(void);
const ops_kernel *ops_form(int form);

// Runs kernel number k over all rows on the calling thread.
void ops_serial(const ops_kernel *t, int k, struct ops_args *a);

// How many rows one span of a kernel has, and the sum of the spans' partials
// into the outputs that hold one number per column.
int64_t ops_span(int k, const struct ops_args *a);
void ops_finish(int k, const struct ops_args *a, int64_t spans);

#endif

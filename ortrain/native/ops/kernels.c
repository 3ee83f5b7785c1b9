#define FORM(name) name##_plain
#define TARGET
#define TABLE ops_plain
#include "body.h"

const ops_kernel *ops_form(int form) {
	switch (form) {
	case 0:
		return ops_plain;
#if defined(__x86_64__)
	case 1:
		return __builtin_cpu_supports("avx2") ? ops_avx2 : 0;
	case 2:
		return __builtin_cpu_supports("avx512f") ? ops_avx512 : 0;
#endif
	}
	return 0;
}

const ops_kernel *ops_best(void) {
	for (int form = 2; form > 0; form--)
		if (ops_form(form)) return ops_form(form);
	return ops_plain;
}

// A span is about this many numbers, a multiple of the vector length; kernels
// that reduce rows have fewer, longer spans, since each costs a row of partials.
enum { SPAN = 16384, REDUCING_ROWS = 64 };

int64_t ops_span(int k, const struct ops_args *a) {
	if (k == OPS_LAYER_NORM_GRAD || k == OPS_COLUMN_SUM) return REDUCING_ROWS;
	int64_t width = a->width > 0 ? a->width : 1;
	return width >= SPAN ? 1 : SPAN / width;
}

void ops_finish(int k, const struct ops_args *a, int64_t spans) {
	if (k != OPS_LAYER_NORM_GRAD && k != OPS_COLUMN_SUM) return;
	int outputs = k == OPS_COLUMN_SUM ? 1 : 2;
	for (int o = 0; o < outputs; o++) {
		float *out = a->out[k == OPS_COLUMN_SUM ? 0 : 1 + o];
		memset(out, 0, (size_t)a->width * sizeof(float));
		for (int64_t s = 0; s < spans; s++) {
			const float *p = a->partial + (2 * s + o) * a->width;
			for (int64_t i = 0; i < a->width; i++) out[i] += p[i];
		}
	}
}

void ops_serial(const ops_kernel *t, int k, struct ops_args *a) {
	int64_t rows = ops_span(k, a), spans = (a->rows + rows - 1) / rows;
	for (int64_t s = 0; s < spans; s++) {
		int64_t lo = s * rows, hi = lo + rows < a->rows ? lo + rows : a->rows;
		t[k](a, lo, hi, s);
	}
	ops_finish(k, a, spans);
}

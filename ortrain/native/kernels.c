#define FORM(name) name##_plain
#define TARGET
#define VBYTES 16
#define TABLE ortrain_plain
#include "body.h"

const struct ortrain_table *ortrain_form(int form) {
	switch (form) {
	case ORTRAIN_PLAIN:
		return &ortrain_plain;
#if defined(__x86_64__)
	case ORTRAIN_AVX2:
		return __builtin_cpu_supports("avx2") ? &ortrain_avx2 : 0;
	case ORTRAIN_AVX512:
		return __builtin_cpu_supports("avx512f") ? &ortrain_avx512 : 0;
#endif
	}
	return 0;
}

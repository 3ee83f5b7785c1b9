#define FORM(name) name##_avx512
#define TARGET __attribute__((target("avx512f")))
#define VBYTES 64
#define TABLE ortrain_avx512
#include "body.h"

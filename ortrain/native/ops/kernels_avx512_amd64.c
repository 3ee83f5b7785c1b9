#define FORM(name) name##_avx512
#define TARGET __attribute__((target("avx512f")))
#define TABLE ops_avx512
#include "body.h"

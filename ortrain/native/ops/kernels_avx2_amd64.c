#define FORM(name) name##_avx2
#define TARGET __attribute__((target("avx2")))
#define TABLE ops_avx2
#include "body.h"

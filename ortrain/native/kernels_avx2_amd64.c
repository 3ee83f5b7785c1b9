#define FORM(name) name##_avx2
#define TARGET __attribute__((target("avx2")))
#define VBYTES 32
#define TABLE ortrain_avx2
#include "body.h"

// probe FILE prints the version of an ONNX Runtime library, and its path as the
// loader found it; it fails, saying why, if the file is none or cannot be loaded.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

typedef struct {
  const void *(*get_api)(unsigned version);
  const char *(*get_version)(void);
} api_base;

int main(int argc, char **argv) {
  void *lib = argc == 2 ? dlopen(argv[1], RTLD_LAZY) : NULL;
  if (!lib) {
    fprintf(stderr, "%s\n", argc == 2 ? dlerror() : "usage: probe FILE");
    return 1;
  }
  void *symbol = dlsym(lib, "OrtGetApiBase");
  if (!symbol) {
    fprintf(stderr, "%s is not an ONNX Runtime library\n", argv[1]);
    return 1;
  }
  const api_base *base = ((const api_base *(*)(void))symbol)();
  Dl_info info = {0};
  dladdr(symbol, &info);
  printf("%s %s\n", base->get_version(), info.dli_fname ? info.dli_fname : argv[1]);
  return 0;
}

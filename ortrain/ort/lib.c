#define _GNU_SOURCE
#include "lib.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

// OrtApiBase, the one struct behind the exported OrtGetApiBase.
typedef struct {
  const void *(*get_api)(uint32_t version);
  const char *(*get_version)(void);
} api_base;

typedef const api_base *(*get_api_base)(void);

#ifdef _WIN32
void *ortrain_lib_open(const char *path, char *err, size_t err_size) {
  void *lib = LoadLibraryA(path);
  if (!lib) snprintf(err, err_size, "LoadLibrary failed with error %lu", GetLastError());
  return lib;
}

void ortrain_lib_close(void *lib) { FreeLibrary(lib); }

static get_api_base base_of(void *lib) { return (get_api_base)GetProcAddress(lib, "OrtGetApiBase"); }

static void file_of(void *lib, get_api_base base, char *file, size_t size) {
  (void)base;
  GetModuleFileNameA(lib, file, (DWORD)size);
}
#else
void *ortrain_lib_open(const char *path, char *err, size_t err_size) {
  void *lib = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (!lib) snprintf(err, err_size, "%s", dlerror());
  return lib;
}

void ortrain_lib_close(void *lib) { dlclose(lib); }

static get_api_base base_of(void *lib) { return (get_api_base)dlsym(lib, "OrtGetApiBase"); }

static void file_of(void *lib, get_api_base base, char *file, size_t size) {
  Dl_info info;
  (void)lib;
  if (dladdr((void *)base, &info) && info.dli_fname) snprintf(file, size, "%s", info.dli_fname);
}
#endif

const char *ortrain_lib_version(void *lib, char *file, size_t file_size) {
  get_api_base base = base_of(lib);
  if (!base) return NULL;
  file_of(lib, base, file, file_size);
  return base()->get_version();
}

void *ortrain_lib_api(void *lib, uint32_t api_version) {
  get_api_base base = base_of(lib);
  return base ? (void *)base()->get_api(api_version) : NULL;
}

void *ortrain_calloc(size_t size) { return calloc(1, size); }
void ortrain_free(void *base) { free(base); }

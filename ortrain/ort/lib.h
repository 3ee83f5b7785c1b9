// What of the ONNX Runtime C API this package calls, declared by place in the
// function table: the table only ever grows at its end, so a place is as fixed
// as a name, and no header has to be shipped or found.
#ifndef ORTRAIN_ORT_LIB_H
#define ORTRAIN_ORT_LIB_H

#include <stddef.h>
#include <stdint.h>

// The shared library.
void *ortrain_lib_open(const char *path, char *err, size_t err_size);
void ortrain_lib_close(void *lib);
const char *ortrain_lib_version(void *lib, char *file, size_t file_size);
void *ortrain_lib_api(void *lib, uint32_t api_version);

// Memory outside the Go heap. The base pointer is what is freed.
void *ortrain_calloc(size_t size);
void ortrain_free(void *base);

// Calls through the table; a status is NULL when all went well.
typedef void *ortrain_status;

const char *ortrain_message(void *const *api, ortrain_status s);
void ortrain_release_status(void *const *api, ortrain_status s);

ortrain_status ortrain_value_new(void *const *api, const void *info, void *data, size_t size, const int64_t *dims,
                                 size_t rank, int dtype, void **out);
void ortrain_value_release(void *const *api, void *value);
ortrain_status ortrain_value_info(void *const *api, void *value, int *dtype, int64_t *dims, size_t max_rank, size_t *rank,
                                  void **data);

ortrain_status ortrain_session_count(void *const *api, void *session, int outputs, size_t *count);
ortrain_status ortrain_session_port(void *const *api, void *session, int outputs, size_t i, char **name, int *dtype,
                                    int64_t *dims, size_t max_rank, int64_t *rank);
ortrain_status ortrain_session_run(void *const *api, void *session, void *options, char **in_names, void **in,
                                   size_t num_in, char **out_names, size_t num_out, void **out);
ortrain_status ortrain_session_end_profiling(void *const *api, void *session, char **path);
ortrain_status ortrain_session_nodes(void *const *api, void *session, size_t *subgraphs, void **list);
ortrain_status ortrain_subgraph(void *const *api, void *list, size_t i, const char **provider, size_t *nodes,
                                const char **op);
ortrain_status ortrain_string_free(void *const *api, char *s);

ortrain_status ortrain_providers(void *const *api, char ***names, int *count);
ortrain_status ortrain_providers_free(void *const *api, char **names, int count);

#endif

#include "lib.h"

// Places in the table (onnxruntime_c_api.h, API version 25).
enum {
  GET_ERROR_MESSAGE = 2,
  RUN = 9,
  SESSION_GET_INPUT_COUNT = 30,
  SESSION_GET_OUTPUT_COUNT = 31,
  SESSION_GET_INPUT_TYPE_INFO = 33,
  SESSION_GET_OUTPUT_TYPE_INFO = 34,
  SESSION_GET_INPUT_NAME = 36,
  SESSION_GET_OUTPUT_NAME = 37,
  CREATE_TENSOR_WITH_DATA = 49,
  GET_TENSOR_MUTABLE_DATA = 51,
  CAST_TYPE_INFO_TO_TENSOR_INFO = 55,
  GET_TENSOR_ELEMENT_TYPE = 60,
  GET_DIMENSIONS_COUNT = 61,
  GET_DIMENSIONS = 62,
  GET_TENSOR_TYPE_AND_SHAPE = 65,
  ALLOCATOR_FREE = 76,
  GET_ALLOCATOR_WITH_DEFAULT_OPTIONS = 78,
  RELEASE_STATUS = 93,
  RELEASE_VALUE = 96,
  RELEASE_TYPE_INFO = 98,
  RELEASE_TENSOR_TYPE_AND_SHAPE_INFO = 99,
  SESSION_END_PROFILING = 110,
  GET_AVAILABLE_PROVIDERS = 125,
  RELEASE_AVAILABLE_PROVIDERS = 126,
  TENSOR_HAS_SHAPE = 390,
  SESSION_GET_EP_GRAPH_ASSIGNMENT_INFO = 407,
  EP_ASSIGNED_SUBGRAPH_GET_EP_NAME = 408,
  EP_ASSIGNED_SUBGRAPH_GET_NODES = 409,
  EP_ASSIGNED_NODE_GET_OPERATOR_TYPE = 412,
};

// CALL is the function at a place, taken as one of the given arguments that
// returns a status; most of the table has that form.
#define CALL(place, ...) ((ortrain_status(*)(__VA_ARGS__))api[place])
#define VOID_CALL(place, ...) ((void (*)(__VA_ARGS__))api[place])

const char *ortrain_message(void *const *api, ortrain_status s) {
  return ((const char *(*)(ortrain_status))api[GET_ERROR_MESSAGE])(s);
}

void ortrain_release_status(void *const *api, ortrain_status s) { VOID_CALL(RELEASE_STATUS, ortrain_status)(s); }

static ortrain_status default_allocator(void *const *api, void **out) {
  return CALL(GET_ALLOCATOR_WITH_DEFAULT_OPTIONS, void **)(out);
}

ortrain_status ortrain_string_free(void *const *api, char *s) {
  void *allocator;
  ortrain_status st = default_allocator(api, &allocator);
  return st ? st : CALL(ALLOCATOR_FREE, void *, void *)(allocator, s);
}

ortrain_status ortrain_value_new(void *const *api, const void *info, void *data, size_t size, const int64_t *dims,
                                 size_t rank, int dtype, void **out) {
  return CALL(CREATE_TENSOR_WITH_DATA, const void *, void *, size_t, const int64_t *, size_t, int, void **)(
      info, data, size, dims, rank, dtype, out);
}

void ortrain_value_release(void *const *api, void *value) { VOID_CALL(RELEASE_VALUE, void *)(value); }

// tensor_info reads a tensor's type and shape. A rank of -1 says that the shape
// is not known at all; one above max_rank, that dims was left alone.
static ortrain_status tensor_info(void *const *api, const void *info, int *dtype, int64_t *dims, size_t max_rank,
                                  int64_t *rank) {
  size_t n = 0;
  ortrain_status s = CALL(GET_TENSOR_ELEMENT_TYPE, const void *, int *)(info, dtype);
  if (s) return s;
  *rank = -1;
  if (!((_Bool(*)(const void *))api[TENSOR_HAS_SHAPE])(info)) return NULL;
  s = CALL(GET_DIMENSIONS_COUNT, const void *, size_t *)(info, &n);
  if (s) return s;
  *rank = (int64_t)n;
  if (n == 0 || n > max_rank) return NULL;
  return CALL(GET_DIMENSIONS, const void *, int64_t *, size_t)(info, dims, n);
}

ortrain_status ortrain_value_info(void *const *api, void *value, int *dtype, int64_t *dims, size_t max_rank, size_t *rank,
                                  void **data) {
  void *info;
  int64_t n = 0;
  ortrain_status s = CALL(GET_TENSOR_TYPE_AND_SHAPE, const void *, void **)(value, &info);
  if (s) return s;
  s = tensor_info(api, info, dtype, dims, max_rank, &n);
  VOID_CALL(RELEASE_TENSOR_TYPE_AND_SHAPE_INFO, void *)(info);
  if (s) return s;
  *rank = n < 0 ? 0 : (size_t)n;
  return CALL(GET_TENSOR_MUTABLE_DATA, void *, void **)(value, data);
}

ortrain_status ortrain_session_count(void *const *api, void *session, int outputs, size_t *count) {
  int place = outputs ? SESSION_GET_OUTPUT_COUNT : SESSION_GET_INPUT_COUNT;
  return CALL(place, const void *, size_t *)(session, count);
}

ortrain_status ortrain_session_port(void *const *api, void *session, int outputs, size_t i, char **name, int *dtype,
                                    int64_t *dims, size_t max_rank, int64_t *rank) {
  int name_place = outputs ? SESSION_GET_OUTPUT_NAME : SESSION_GET_INPUT_NAME;
  int type_place = outputs ? SESSION_GET_OUTPUT_TYPE_INFO : SESSION_GET_INPUT_TYPE_INFO;
  void *allocator, *type = NULL;
  const void *info = NULL;
  ortrain_status s = default_allocator(api, &allocator);
  if (s) return s;
  s = CALL(type_place, const void *, size_t, void **)(session, i, &type);
  if (s) return s;
  s = CALL(CAST_TYPE_INFO_TO_TENSOR_INFO, const void *, const void **)(type, &info);
  *dtype = 0;
  *rank = -1;
  if (!s && info) s = tensor_info(api, info, dtype, dims, max_rank, rank);
  VOID_CALL(RELEASE_TYPE_INFO, void *)(type);
  if (s) return s;
  return CALL(name_place, const void *, size_t, void *, char **)(session, i, allocator, name);
}

ortrain_status ortrain_session_run(void *const *api, void *session, void *options, char **in_names, void **in,
                                   size_t num_in, char **out_names, size_t num_out, void **out) {
  return CALL(RUN, void *, const void *, char **, void **, size_t, char **, size_t, void **)(
      session, options, in_names, in, num_in, out_names, num_out, out);
}

ortrain_status ortrain_session_end_profiling(void *const *api, void *session, char **path) {
  void *allocator;
  ortrain_status s = default_allocator(api, &allocator);
  return s ? s : CALL(SESSION_END_PROFILING, void *, void *, char **)(session, allocator, path);
}

ortrain_status ortrain_session_nodes(void *const *api, void *session, size_t *subgraphs, void **list) {
  return CALL(SESSION_GET_EP_GRAPH_ASSIGNMENT_INFO, const void *, void **, size_t *)(session, list, subgraphs);
}

ortrain_status ortrain_subgraph(void *const *api, void *list, size_t i, const char **provider, size_t *nodes,
                                const char **op) {
  const void *subgraph = ((const void *const *)list)[i];
  const void *const *members = NULL;
  ortrain_status s = CALL(EP_ASSIGNED_SUBGRAPH_GET_EP_NAME, const void *, const char **)(subgraph, provider);
  if (s) return s;
  s = CALL(EP_ASSIGNED_SUBGRAPH_GET_NODES, const void *, const void *const **, size_t *)(subgraph, &members, nodes);
  if (s || *nodes == 0) return s;
  return CALL(EP_ASSIGNED_NODE_GET_OPERATOR_TYPE, const void *, const char **)(members[0], op);
}

ortrain_status ortrain_providers(void *const *api, char ***names, int *count) {
  return CALL(GET_AVAILABLE_PROVIDERS, char ***, int *)(names, count);
}

ortrain_status ortrain_providers_free(void *const *api, char **names, int count) {
  return CALL(RELEASE_AVAILABLE_PROVIDERS, char **, int)(names, count);
}

// The few pieces of ONNX Runtime's C interface that a custom operator needs.
// The function table is an ABI: entries are never moved, so each is named by its
// position (C API 25).
#ifndef ORTRAIN_OPS_ABI_H
#define ORTRAIN_OPS_ABI_H

#include <stddef.h>
#include <stdint.h>

enum {
	API_VERSION = 25,
	API_CREATE_STATUS = 0,
	API_GET_ERROR_MESSAGE = 2,
	API_CREATE_DOMAIN = 26,
	API_DOMAIN_ADD = 27,
	API_OPTIONS_ADD_DOMAIN = 28,
	API_TENSOR_DATA = 51,
	API_INFO_CREATE = 57,
	API_INFO_SET_TYPE = 58,
	API_INFO_SET_DIMS = 59,
	API_INFO_RANK = 61,
	API_INFO_DIMS = 62,
	API_INFO_SYMBOLS = 63,
	API_TENSOR_INFO = 65,
	API_ATTR_FLOAT = 85,
	API_CONTEXT_INPUT = 90,
	API_CONTEXT_OUTPUT = 91,
	API_RELEASE_STATUS = 93,
	API_RELEASE_INFO = 99,
	API_INFER_INPUT = 268,
	API_INFER_OUTPUT = 270,
	API_INFO_SET_SYMBOLS = 271,
	API_PARALLEL_FOR = 274,
};

typedef void *const *api_table;
typedef struct status status;
typedef struct tensor tensor;
typedef struct tensor_info tensor_info;
typedef struct context context;
typedef struct kernel_info kernel_info;
typedef struct infer_context infer_context;
typedef struct domain domain;

typedef status *(*fn_create_status)(int code, const char *message);
typedef const char *(*fn_error_message)(const status *);
typedef status *(*fn_create_domain)(const char *name, domain **out);
typedef status *(*fn_domain_add)(domain *, const void *op);
typedef status *(*fn_options_add)(void *options, domain *);
typedef status *(*fn_tensor_data)(tensor *, void **out);
typedef status *(*fn_info_create)(tensor_info **out);
typedef status *(*fn_info_set_type)(tensor_info *, int type);
typedef status *(*fn_info_set_dims)(tensor_info *, const int64_t *dims, size_t rank);
typedef status *(*fn_info_rank)(const tensor_info *, size_t *out);
typedef status *(*fn_info_dims)(const tensor_info *, int64_t *dims, size_t rank);
typedef status *(*fn_info_symbols)(const tensor_info *, const char **symbols, size_t rank);
typedef status *(*fn_info_set_symbols)(tensor_info *, const char **symbols, size_t rank);
typedef status *(*fn_tensor_info)(const tensor *, tensor_info **out);
typedef status *(*fn_attr_float)(const kernel_info *, const char *name, float *out);
typedef status *(*fn_context_input)(const context *, size_t index, const tensor **out);
typedef status *(*fn_context_output)(context *, size_t index, const int64_t *dims, size_t rank, tensor **out);
typedef void (*fn_release_status)(status *);
typedef void (*fn_release_info)(tensor_info *);
typedef status *(*fn_infer_input)(const infer_context *, size_t index, tensor_info **out);
typedef status *(*fn_infer_output)(const infer_context *, size_t index, const tensor_info *);
typedef status *(*fn_parallel_for)(const context *, void (*part)(void *user, size_t i), size_t total, size_t batches, void *user);

enum { TYPE_FLOAT = 1, TYPE_UINT8 = 2 };

// The operator's description and callbacks, in the runtime's layout.
struct custom_op {
	uint32_t version;
	void *create_kernel;
	const char *(*name)(const struct custom_op *);
	const char *(*provider)(const struct custom_op *);
	int (*input_type)(const struct custom_op *, size_t);
	size_t (*input_count)(const struct custom_op *);
	int (*output_type)(const struct custom_op *, size_t);
	size_t (*output_count)(const struct custom_op *);
	void *compute;
	void (*destroy)(void *kernel);
	int (*input_kind)(const struct custom_op *, size_t);
	int (*output_kind)(const struct custom_op *, size_t);
	int (*memory_type)(const struct custom_op *, size_t);
	void *variadic[4];
	status *(*create)(const struct custom_op *, api_table, const kernel_info *, void **kernel);
	status *(*run)(void *kernel, context *);
	status *(*infer)(const struct custom_op *, infer_context *);
	int (*first_version)(const struct custom_op *);
	int (*last_version)(const struct custom_op *);
	size_t (*may_inplace)(int **input, int **output);
	void (*release_inplace)(int *input, int *output);
	void *alias[2];
};

#endif

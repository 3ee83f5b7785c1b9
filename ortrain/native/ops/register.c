// The operators as ONNX Runtime sees them: names, types, shapes and the call of
// a kernel over the runtime's own threads.
#include "abi.h"
#include "kernels.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_RANK = 8, MAX_INPUTS = 5, MAX_OUTPUTS = 3 };

// Where rows come from.
enum { ELEMENTS, LAST_AXIS };

struct op {
	struct custom_op base;
	const char *name;
	int kernel, inputs, outputs, layout;
	// mask is the input that holds bytes, -1 for none.
	int mask;
	// like[i] is the input whose shape output i has, -1 for [width].
	int like[MAX_OUTPUTS];
	int has_scale;
};

// A node's kernel: its operator and attributes.
struct node {
	const struct op *op;
	float scale;
};

static api_table api;
static const ops_kernel *kernels;

#define API(type, index) ((type)api[index])
#define TRY(call)                    \
	do {                         \
		status *s_ = (call); \
		if (s_) return s_;   \
	} while (0)

static status *failure(const char *message) { return API(fn_create_status, API_CREATE_STATUS)(1, message); }

// dims reads the sizes of a tensor and the product of all.
static status *dims(const tensor *t, int64_t *d, size_t *rank, int64_t *count) {
	tensor_info *info;
	TRY(API(fn_tensor_info, API_TENSOR_INFO)(t, &info));
	status *s = API(fn_info_rank, API_INFO_RANK)(info, rank);
	if (!s && *rank > MAX_RANK) s = failure("ortrain: a tensor has more than 8 axes");
	if (!s) s = API(fn_info_dims, API_INFO_DIMS)(info, d, *rank);
	API(fn_release_info, API_RELEASE_INFO)(info);
	if (s) return s;
	*count = 1;
	for (size_t i = 0; i < *rank; i++) *count *= d[i];
	return 0;
}

struct job {
	const struct ops_args *args;
	ops_kernel kernel;
	int64_t rows;
};

static void part(void *user, size_t i) {
	const struct job *j = user;
	int64_t lo = (int64_t)i * j->rows, hi = lo + j->rows;
	j->kernel(j->args, lo, hi < j->args->rows ? hi : j->args->rows, (int64_t)i);
}

// parallel runs a kernel over all spans and folds its partials.
static status *parallel(context *c, int kernel, struct ops_args *a) {
	int64_t rows = ops_span(kernel, a), spans = (a->rows + rows - 1) / rows;
	int reduces = kernel == OPS_LAYER_NORM_GRAD || kernel == OPS_COLUMN_SUM;
	if (reduces) {
		a->partial = malloc((size_t)(2 * (spans + 1) * a->width) * sizeof(float));
		if (!a->partial) return failure("ortrain: out of memory for column sums");
	}
	struct job j = {a, kernels[kernel], rows};
	status *s = 0;
	if (spans > 1)
		s = API(fn_parallel_for, API_PARALLEL_FOR)(c, part, (size_t)spans, 0, &j);
	else if (spans == 1)
		part(&j, 0);
	if (!s) ops_finish(kernel, a, spans);
	free(a->partial);
	return s;
}

static status *run(void *state, context *c) {
	const struct node *node = state;
	const struct op *op = node->op;
	struct ops_args a = {.scale = node->scale, .per = 1};
	int64_t d[MAX_INPUTS][MAX_RANK], count[MAX_INPUTS];
	size_t rank[MAX_INPUTS];
	for (int i = 0; i < op->inputs; i++) {
		const tensor *t;
		void *data;
		TRY(API(fn_context_input, API_CONTEXT_INPUT)(c, (size_t)i, &t));
		TRY(dims(t, d[i], &rank[i], &count[i]));
		TRY(API(fn_tensor_data, API_TENSOR_DATA)((tensor *)t, &data));
		a.in[i] = data;
	}
	a.width = op->layout == LAST_AXIS && rank[0] > 0 ? d[0][rank[0] - 1] : 1;
	a.rows = a.width > 0 ? count[0] / a.width : 0;
	if (op->kernel == OPS_BIAS_SOFTMAX) {
		if (a.width == 0 || count[1] % a.width || count[1] == 0 || a.rows % (count[1] / a.width)) return failure("ortrain: BiasSoftmax: the bias does not divide the rows");
		a.per = a.rows / (count[1] / a.width);
	} else {
		// Same-shaped inputs must be: a wrong graph must not read beyond them.
		for (int i = 1; i < op->inputs; i++) {
			int64_t want = op->kernel == OPS_LAYER_NORM_GRAD && i == 2 ? a.width : op->kernel == OPS_LAYER_NORM_GRAD && i > 2 ? a.rows : count[0];
			if (count[i] != want) return failure("ortrain: the inputs of a native operator have different sizes");
		}
	}
	for (int i = 0; i < op->outputs; i++) {
		tensor *t;
		void *data;
		int like = op->like[i];
		if (like < 0)
			TRY(API(fn_context_output, API_CONTEXT_OUTPUT)(c, (size_t)i, &a.width, 1, &t));
		else
			TRY(API(fn_context_output, API_CONTEXT_OUTPUT)(c, (size_t)i, d[like], rank[like], &t));
		TRY(API(fn_tensor_data, API_TENSOR_DATA)(t, &data));
		a.out[i] = data;
	}
	return parallel(c, op->kernel, &a);
}

static status *create(const struct custom_op *base, api_table table, const kernel_info *info, void **out) {
	const struct op *op = (const struct op *)base;
	struct node *node = malloc(sizeof *node);
	(void)table;
	if (!node) return failure("ortrain: out of memory for an operator");
	*node = (struct node){op, 1.0f};
	if (op->has_scale) {
		status *s = API(fn_attr_float, API_ATTR_FLOAT)(info, "scale", &node->scale);
		if (s) {
			free(node);
			return s;
		}
	}
	*out = node;
	return 0;
}

// Shape inference: without it the runtime's planner never reuses a buffer.
static status *infer(const struct custom_op *base, infer_context *c) {
	const struct op *op = (const struct op *)base;
	for (int i = 0; i < op->outputs; i++) {
		tensor_info *info;
		if (op->like[i] < 0) continue;
		TRY(API(fn_infer_input, API_INFER_INPUT)(c, (size_t)op->like[i], &info));
		status *s = API(fn_infer_output, API_INFER_OUTPUT)(c, (size_t)i, info);
		if (s) return s;
	}
	return 0;
}

static const char *name(const struct custom_op *o) { return ((const struct op *)o)->name; }
static const char *provider(const struct custom_op *o) { return (void)o, (const char *)0; }
static int input_type(const struct custom_op *o, size_t i) { return (int)i == ((const struct op *)o)->mask ? TYPE_UINT8 : TYPE_FLOAT; }
static int output_type(const struct custom_op *o, size_t i) { return (void)o, (void)i, TYPE_FLOAT; }
static size_t input_count(const struct custom_op *o) { return (size_t)((const struct op *)o)->inputs; }
static size_t output_count(const struct custom_op *o) { return (size_t)((const struct op *)o)->outputs; }
static int zero(const struct custom_op *o, size_t i) { return (void)o, (void)i, 0; }
static int first_version(const struct custom_op *o) { return (void)o, 1; }
static int last_version(const struct custom_op *o) { return (void)o, INT32_MAX; }

// Output 0 of every operator may overwrite input 0: kernels read a row, or an
// element, before they write it.
static size_t may_inplace(int **input, int **output) {
	*input = calloc(1, sizeof(int));
	*output = calloc(1, sizeof(int));
	return *input && *output ? 1 : 0;
}

static void release_inplace(int *input, int *output) {
	free(input);
	free(output);
}

static struct op all[] = {
	{.name = "Gelu", .kernel = OPS_GELU, .inputs = 1, .outputs = 1, .layout = ELEMENTS, .mask = -1},
	{.name = "GeluGrad", .kernel = OPS_GELU_GRAD, .inputs = 2, .outputs = 1, .layout = ELEMENTS, .mask = -1},
	{.name = "MaskScale", .kernel = OPS_MASK_SCALE, .inputs = 2, .outputs = 1, .layout = ELEMENTS, .mask = 1, .has_scale = 1},
	{.name = "MaskScaleAdd", .kernel = OPS_MASK_SCALE_ADD, .inputs = 3, .outputs = 1, .layout = ELEMENTS, .mask = 1, .has_scale = 1},
	{.name = "BiasSoftmax", .kernel = OPS_BIAS_SOFTMAX, .inputs = 2, .outputs = 1, .layout = LAST_AXIS, .mask = -1},
	{.name = "SoftmaxGrad", .kernel = OPS_SOFTMAX_GRAD, .inputs = 2, .outputs = 1, .layout = LAST_AXIS, .mask = -1},
	{.name = "LayerNormalizationGrad", .kernel = OPS_LAYER_NORM_GRAD, .inputs = 5, .outputs = 3, .layout = LAST_AXIS, .mask = -1, .like = {1, 2, 2}},
	{.name = "ColumnSum", .kernel = OPS_COLUMN_SUM, .inputs = 1, .outputs = 1, .layout = LAST_AXIS, .mask = -1, .like = {-1}},
};

static domain *own;

// ops_register adds the operators to session options. It returns NULL or what
// went wrong, which the caller frees. Calls must not overlap.
char *ops_register(void *table, void *options) {
	status *s = 0;
	api = table;
	kernels = ops_best();
	if (!own) {
		s = API(fn_create_domain, API_CREATE_DOMAIN)("ortrain.native", &own);
		for (size_t i = 0; !s && i < sizeof all / sizeof *all; i++) {
			all[i].base = (struct custom_op){
				.version = API_VERSION, .name = name, .provider = provider, .input_type = input_type, .input_count = input_count, .output_type = output_type, .output_count = output_count, .destroy = free, .input_kind = zero, .output_kind = zero, .memory_type = zero, .create = create, .run = run, .infer = infer, .first_version = first_version, .last_version = last_version, .may_inplace = may_inplace, .release_inplace = release_inplace};
			s = API(fn_domain_add, API_DOMAIN_ADD)(own, &all[i]);
		}
	}
	if (!s) s = API(fn_options_add, API_OPTIONS_ADD_DOMAIN)(options, own);
	if (!s) return 0;
	const char *message = API(fn_error_message, API_GET_ERROR_MESSAGE)(s);
	char *text = malloc(strlen(message) + 1);
	if (text) strcpy(text, message);
	API(fn_release_status, API_RELEASE_STATUS)(s);
	return text;
}

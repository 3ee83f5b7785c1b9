package cli

// usages says what each option does; the help pages and docs are printed from
// it.
var usages = map[string]string{
	"model_name_or_path": "`FOLDER` or hub name of the model: a Hugging Face folder, an export or a checkpoint",
	"revision":           "`REVISION` of a hub model",
	"tokenizer_name":     "`FOLDER` of the tokenizer, if not the model's",
	"config_name":        "`FILE` with the configuration of a model to train from scratch",

	"train_file":        "`FILE` to train on: Parquet, CSV or JSON lines; FILE=WEIGHT,FILE=WEIGHT mixes several",
	"unlabeled":         "let in rows without a label; they are left out, unless --adversary learns from them. A class number -1 is no label then",
	"unlabeled_file":    "`FILE` of texts to train on beside train_file, whose labels, if any, are not read: for an adversary that learns from rows without labels; FILE=WEIGHT where train_file has weights",
	"validation_file":   "`FILE` to evaluate on during and after training",
	"test_file":         "`FILE` to evaluate on once at the end",
	"text_column":       "`COLUMN` of the text (default: text, sentence or sentence1)",
	"text_pair_column":  "`COLUMN` of the second text of a pair (default: sentence2, if there is one)",
	"label_column":      "`COLUMN` of the label (default: label or labels)",
	"validation_split":  "`SHARE` of the training rows to validate on when there is no validation file",
	"max_seq_length":    "longest sequence in `TOKENS`, special ones included; longer ones are cut",
	"truncation":        "`RULE` for pairs that are too long: longest_first, only_first or only_second",
	"max_train_samples": "train on the first `N` rows only; 0 means all",
	"packs_dir":         "`FOLDER` of resource packs (default: packs below $ORTRAIN_DEPS)",
	"augment":           "change training texts anew every epoch, by a preset or the policy in `FILE`; ortrain list augmenters shows all",
	"clean":             "clean texts by a preset or by the recipe in `FILE`; ortrain list cleaning shows all; none leaves out what the model was trained with",
	"max_eval_samples":  "evaluate on the first `N` rows only; 0 means all",

	"output_dir":             "`FOLDER` for checkpoints, logs and the export",
	"overwrite_output_dir":   "start anew in a folder that holds a run",
	"resume_from_checkpoint": "go on from a checkpoint: its `FOLDER`, or auto for the newest whole one of the output folder",
	"save_in_background":     "write checkpoints while training goes on, from a copy that takes as much memory as weights and moments",
	"do_train":               "train",
	"do_eval":                "evaluate at the end of the run",
	"do_predict":             "write predictions for the test file",
	"no_export":              "do not write the export folder",

	"per_device_train_batch_size": "`EXAMPLES` of one micro-batch",
	"per_device_eval_batch_size":  "`EXAMPLES` of one evaluation batch",
	"max_tokens_per_batch":        "`TOKENS` that one run of the graph may have, padding of attention included; larger batches run in pieces, as one optimizer step; 0 means any",
	"group_by_length":             "batch sequences of like length together",
	"dataloader_num_workers":      "`GOROUTINES` that tokenize",
	"shuffle_window":              "`ROWS` that are shuffled together; 0 means 131072, or as many as have 64 MiB of text",
	"memory_budget":               "`MIB` of texts and tokens to hold in memory; texts beyond it are read from their files again. It changes no result",

	"num_train_epochs":            "`EPOCHS` to train, may be a fraction",
	"max_steps":                   "optimizer `STEPS` to train; overrides epochs when positive",
	"gradient_accumulation_steps": "micro-batches of one optimizer `STEP`",
	"learning_rate":               "largest learning `RATE`",
	"weight_decay":                "decoupled weight decay of matrices; biases and norms have none",
	"optim":                       "optimizer: adamw or sgd",
	"adam_beta1":                  "decay rate of AdamW's first moment",
	"adam_beta2":                  "decay rate of AdamW's second moment",
	"adam_epsilon":                "what AdamW adds to the root of the second moment",
	"max_grad_norm":               "largest global `NORM` of the gradient; 0 does not clip",
	"lr_scheduler_type":           "linear, cosine, cosine_with_restarts, polynomial, constant or constant_with_warmup",
	"warmup_steps":                "`STEPS` of linear warm-up; overrides the ratio when positive",
	"warmup_ratio":                "`SHARE` of all steps that warm up",
	"seed":                        "everything random comes from this `NUMBER`",
	"logging_steps":               "log every `N` steps",
	"logging_first_step":          "log the first step too",
	"eval_strategy":               "evaluate: no, steps or epoch",
	"eval_steps":                  "`STEPS` between evaluations with eval_strategy steps",
	"save_strategy":               "save a checkpoint: no, steps or epoch",
	"save_steps":                  "`STEPS` between checkpoints with save_strategy steps",
	"save_total_limit":            "keep at most `N` checkpoints, always the best and the last; 0 keeps all",
	"load_best_model_at_end":      "end with the weights of the best evaluation",
	"metric_for_best_model":       "`METRIC` that decides what is best: loss, accuracy, f1_macro, …",
	"early_stopping_patience":     "stop after `N` evaluations without improvement; 0 never does",
	"early_stopping_threshold":    "what counts as an improvement",

	"adversary":        "`METHOD` that disturbs the passes of training; ortrain list adversaries shows all",
	"adv_epsilon":      "`RADIUS` that no perturbation exceeds",
	"adv_alpha":        "`SIZE` of an ascent step",
	"adv_steps":        "ascent `STEPS`; for yopo full rounds",
	"adv_inner_steps":  "`STEPS` through the first layer in each of yopo's rounds",
	"adv_xi":           "`LENGTH` of vat's probes",
	"adv_weight":       "`WEIGHT` of the adversarial loss, or of what the method adds to the loss",
	"adv_clean_weight": "`WEIGHT` of the clean loss",
	"adv_bregman":      "`WEIGHT` of smart's distance from a moving average of the weights; 0 has none",
	"adv_bregman_beta": "`DECAY` of that average",
	"adv_mix_alpha":    "`PARAMETER` of the Beta distribution of mixup's shares",
	"adv_mix_padding":  "what mixup takes beyond the end of the shorter text: zero, present or pad_token",
	"adv_layer":        "`LAYER` whose input mixup mixes with adv_where hidden",
	"adv_compat":       "paper, or reference where the authors' code differs",
	"adv_budget":       "refuse a run that costs more than this number of `PASSES` over a micro-batch; 0 refuses none",
	"adv_norm":         "`NORM` of perturbations: l2 or linf",
	"adv_scope":        "what the norm is taken over: example, token or global",
	"adv_where":        "what is perturbed: lookup, embedding_sum, embedding_output or matrix; for mixup also hidden or pooled",
	"adv_init":         "`SIZE` of the random start; 0 starts at no perturbation",
	"adv_start_epoch":  "first `EPOCH`, counted from 0, that is disturbed",
	"adv_fraction":     "`SHARE` of the micro-batches that are disturbed",

	"form":          "form of the training graph: packed (fast) or padded (like official artifacts)",
	"opset":         "ONNX operator set of the graphs, 17 to 21; 0 takes the oldest",
	"provider":      "execution provider: cpu or cuda",
	"device_id":     "`NUMBER` of the CUDA device",
	"gpu_mem_limit": "`BYTES` of GPU memory to use at most; 0 means all",
	"threads":       "`THREADS` to compute with; 0 means all cores",
	"onnxruntime":   "`PATH` of the ONNX Runtime library, if it is not found by itself",

	"dry_run":    "print the resolved configuration and what would be done, and stop",
	"quiet":      "print results only",
	"log_format": "progress as text, json or auto (text on a terminal)",
}

// usagesOf says it of options that are something else to a command than to train.
var usagesOf = map[string]map[string]string{
	"attack":  {"test_file": "`FILE` whose rows are attacked", "output_dir": "`FOLDER` for attack.json, attack.csv and attack.svg"},
	"eval":    {"test_file": "`FILE` to score", "train_file": "`FILE` that the model was trained on, for --on all", "output_dir": "`FOLDER` for results and predictions"},
	"export":  {"output_dir": "`FOLDER` for the export"},
	"predict": {"test_file": "`FILE` of the texts to label", "output_dir": "`FOLDER` for the predictions"},
	"probe": {"test_file": "`FILE` to score", "train_file": "`FILE` to fit on: Parquet, CSV or JSON lines; FILE=WEIGHT,FILE=WEIGHT mixes several",
		"unlabeled":  "take a class number -1 for no label; rows that have none otherwise are left out in any case",
		"output_dir": "`FOLDER` for results, predictions and the hardest rows"},
	"verify": {"test_file": "`FILE` of the texts to compare answers on"},
}

// categories groups options on the help pages, by their position in Run.
var categories = []struct{ first, title string }{
	{"model_name_or_path", "MODEL"},
	{"train_file", "DATA"},
	{"output_dir", "RUN"},
	{"per_device_train_batch_size", "BATCHES"},
	{"num_train_epochs", "TRAINING"},
	{"adversary", "ADVERSARIAL TRAINING"},
	{"form", "RUNTIME"},
	{"dry_run", "OUTPUT"},
}

// category returns the group of an option.
func category(name string) string {
	title := ""
	starts := make(map[string]string, len(categories))
	for _, c := range categories {
		starts[c.first] = c.title
	}
	for _, n := range optionNames() {
		if t, ok := starts[n]; ok {
			title = t
		}
		if n == name {
			return title
		}
	}
	return title
}

# shellcheck shell=bash
# What benchmarks on small models share: a model from scratch, and data sets of
# the shared data as tables. Sourced with the repository root as working directory.

# shellcheck source=/dev/null
. .ci/lib.sh
eval "$(./.ci/env.sh)"
shared=${ORTRAIN_SHARED:-../shared}/data

# need_shared ends the script where the shared data are not.
need_shared() { [ -d "$shared" ] || { echo "no $shared; set ORTRAIN_SHARED" >&2; exit 1; }; }

# scratch FOLDER VOCABULARY: a two-layer BERT of width 128 with a vocabulary.
scratch() {
	mkdir -p "$1"
	cp "$2" "$1/vocab.txt"
	cat >"$1/config.json" <<-JSON
		{"architectures": ["BertForSequenceClassification"], "model_type": "bert", "vocab_size": $(wc -l <"$1/vocab.txt"),
		 "hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 512, "hidden_act": "gelu",
		 "max_position_embeddings": 128, "type_vocab_size": 2, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
		 "initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0}
	JSON
}

# csl_zh FOLDER and rotten_tomatoes FOLDER: NAME-train.tsv and NAME-test.tsv with
# the columns text and label; of the reviews every fifth is for the test.
csl_zh() {
	local part
	for part in train test; do
		{
			printf 'text\tlabel\n'
			cut -f 2,3 "$shared/csl-zh/cls_ctg/$part.tsv"
		} >"$1/csl-zh-$part.tsv"
	done
}

rotten_tomatoes() {
	local label
	for label in neg pos; do
		awk -v label="$label" -v out="$1/rotten-tomatoes-" '
			NR == 1 && label == "neg" { print "text\tlabel" > (out "train.tsv"); print "text\tlabel" > (out "test.tsv") }
			{ gsub(/\t/, " "); print $0 "\t" label >> (out (NR % 5 ? "train" : "test") ".tsv") }
		' "$shared/rotten-tomatoes-mr/rt-polarity.$label"
	done
}

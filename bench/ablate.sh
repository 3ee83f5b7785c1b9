#!/usr/bin/env bash
# What recipes of augmentation bring, by ortrain ablate: rotten-tomatoes and
# csl-zh, 500 and 2,000 training rows, five seeds to choose with and five others
# to report, the same number of steps for every run. Prints the pages that
# docs/BENCHMARKS.md takes its table from. The model is a small BERT from scratch;
# with ABLATE_MODEL=FOLDER the English set fine-tunes that one instead. Settings:
# ABLATE_SIZES, ABLATE_SEEDS, ABLATE_STEPS, ABLATE_RECIPES_EN, ABLATE_RECIPES_ZH,
# ABLATE_SETS, ABLATE_OUT. A run that was cut short goes on. The packs wordnet and
# pinyin must be installed (ortrain data install wordnet pinyin).
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. .ci/lib.sh
eval "$(./.ci/env.sh)"
shared=${ORTRAIN_SHARED:-../shared}/data
[ -d "$shared" ] || { echo "no $shared; set ORTRAIN_SHARED" >&2; exit 1; }
out=${ABLATE_OUT:-build/ablate}
mkdir -p "$out"
go build -trimpath -o bin/ortrain ./cmd/ortrain

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

# The data as tables with the columns text and label.
prepare() {
	for part in train test; do
		{
			printf 'text\tlabel\n'
			cut -f 2,3 "$shared/csl-zh/cls_ctg/$part.tsv"
		} >"$out/csl-zh-$part.tsv"
	done
	for label in neg pos; do # every fifth review is for the test
		awk -v label="$label" -v out="$out/rotten-tomatoes-" '
			NR == 1 && label == "neg" { print "text\tlabel" > (out "train.tsv"); print "text\tlabel" > (out "test.tsv") }
			{ gsub(/\t/, " "); print $0 "\t" label >> (out (NR % 5 ? "train" : "test") ".tsv") }
		' "$shared/rotten-tomatoes-mr/rt-polarity.$label"
	done
}

# ablate SET LANGUAGE RECIPES
ablate() {
	local model=(--config_name "$out/$2/config.json" --learning_rate 1e-3)
	if [ -n "${ABLATE_MODEL:-}" ] && [ "$2" = en ]; then
		model=(--model_name_or_path "$ABLATE_MODEL" --learning_rate 1e-4)
	fi
	bin/ortrain ablate "${model[@]}" --train_file "$out/$1-train.tsv" --test_file "$out/$1-test.tsv" --validation_split 0.2 \
		--recipes "$3" --language "$2" --sizes "${ABLATE_SIZES:-500,2000}" --seeds "${ABLATE_SEEDS:-5}" --max_steps "${ABLATE_STEPS:-400}" \
		--per_device_train_batch_size 32 --weight_decay 0.01 --warmup_ratio 0.1 --output_dir "$out/$1" >&2
	sed "s/^# Ablation/# $1/" "$out/$1/ablation.md"
}

scratch "$out/en" "$shared/tokenizers/bert-base-uncased/vocab.txt"
scratch "$out/zh" "$shared/tokenizers/bert-base-chinese/vocab.txt"
prepare
echo "$(date -u +%F), $(nproc) cores, $(go version | cut -d' ' -f3); ${ABLATE_MODEL:-a two-layer BERT of width 128 from scratch}, ${ABLATE_STEPS:-400} steps of 32 rows"
for name in ${ABLATE_SETS:-rotten-tomatoes csl-zh}; do
	echo
	case $name in
	rotten-tomatoes) ablate "$name" en "${ABLATE_RECIPES_EN:-eda,aeda,typo,noise,trivialaugment,swap,delete}" ;;
	csl-zh) ablate "$name" zh "${ABLATE_RECIPES_ZH:-light-zh,aeda,homophone,swap,delete}" ;;
	*) echo "ABLATE_SETS: there is no set $name; rotten-tomatoes and csl-zh are" >&2; exit 2 ;;
	esac
done

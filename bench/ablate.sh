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
# shellcheck source=bench/small.sh
. bench/small.sh
need_shared
out=${ABLATE_OUT:-build/ablate}
mkdir -p "$out"
go build -trimpath -o bin/ortrain ./cmd/ortrain

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
rotten_tomatoes "$out"
csl_zh "$out"
echo "$(date -u +%F), $(nproc) cores, $(go version | cut -d' ' -f3); ${ABLATE_MODEL:-a two-layer BERT of width 128 from scratch}, ${ABLATE_STEPS:-400} steps of 32 rows"
for name in ${ABLATE_SETS:-rotten-tomatoes csl-zh}; do
	echo
	case $name in
	rotten-tomatoes) ablate "$name" en "${ABLATE_RECIPES_EN:-eda,aeda,typo,noise,trivialaugment,swap,delete}" ;;
	csl-zh) ablate "$name" zh "${ABLATE_RECIPES_ZH:-light-zh,aeda,homophone,swap,delete}" ;;
	*) echo "ABLATE_SETS: there is no set $name; rotten-tomatoes and csl-zh are" >&2; exit 2 ;;
	esac
done

#!/usr/bin/env bash
# What cleaning does to an encoder: test accuracy without cleaning, with the
# preset encoder and with the preset classic, on three data sets over seeds.
# Prints the Markdown table that docs/BENCHMARKS.md holds. Test rows are cleaned
# like the others, and none is dropped. Seeds are the arguments (default: 42 43
# 44). The model is a small BERT from scratch; with CLEANING_MODEL=FOLDER the
# English sets fine-tune that one instead. CLEANING_ROWS=N trains on N rows only.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=bench/small.sh
. bench/small.sh
need_shared
[ $# -gt 0 ] || set -- 42 43 44
out=build/cleaning
mkdir -p "$out"
go build -trimpath -o bin/ortrain ./cmd/ortrain

# The data as tables with the columns text and label.
prepare() {
	local part
	for part in train test; do
		{
			echo "text,label"
			tail -n +2 "$shared/banking77/$part.csv"
		} >"$out/banking77-$part.csv"
	done
	csl_zh "$out"
	rotten_tomatoes "$out"
}

# recipe NAME LANGUAGE: what --clean takes.
recipe() {
	if [ "$1-$2" = classic-zh ]; then
		printf 'steps: [{unicode: {form: NFKC}}, html, controls, case, urls, numbers, punctuation, {stopwords: {language: zh}}, spaces, length]\n' >"$out/classic-zh.yaml"
		echo "$out/classic-zh.yaml"
	else
		echo "$1"
	fi
}

# accuracy SET SUFFIX LANGUAGE EPOCHS RECIPE SEED
accuracy() {
	local model=(--config_name "$out/$3/config.json" --learning_rate 1e-3)
	if [ -n "${CLEANING_MODEL:-}" ] && [ "$3" = en ]; then
		model=(--model_name_or_path "$CLEANING_MODEL" --learning_rate 3e-4)
	fi
	bin/ortrain train "${model[@]}" --train_file "$out/$1-train.$2" --test_file "$out/$1-test.$2" --clean "$(recipe "$5" "$3")" \
		--num_train_epochs "$4" --per_device_train_batch_size 32 --weight_decay 0.01 --warmup_ratio 0.1 --seed "$6" \
		--max_train_samples "${CLEANING_ROWS:-0}" --save_strategy no --no_export --overwrite_output_dir --output_dir "$out/run" --quiet >&2
	sed -n 's/.*"predict_accuracy": \([0-9.e-]*\).*/\1/p' "$out/run/eval/all_results.json"
}

# spread SET SUFFIX LANGUAGE EPOCHS RECIPE SEED…: mean and range over the seeds.
spread() {
	local seed args=("${@:1:5}")
	for seed in "${@:6}"; do
		accuracy "${args[@]}" "$seed"
	done | awk '{ n++; sum += $1; if (n == 1 || $1 < low) low = $1; if ($1 > high) high = $1 }
		END { printf "%.4f (%.4f to %.4f)", sum / n, low, high }'
}

scratch "$out/en" "$shared/tokenizers/bert-base-uncased/vocab.txt"
scratch "$out/zh" "$shared/tokenizers/bert-base-chinese/vocab.txt"
prepare
echo "$(date -u +%F), $(nproc) cores, $(go version | cut -d' ' -f3), seeds $*; ${CLEANING_MODEL:-a two-layer BERT of width 128 from scratch}"
echo
echo "| data | none | \`encoder\` | \`classic\` |"
echo "|---|---|---|---|"
while read -r name suffix language epochs; do
	echo "| $name | $(spread "$name" "$suffix" "$language" "$epochs" none "$@") | $(spread "$name" "$suffix" "$language" "$epochs" encoder "$@") | $(spread "$name" "$suffix" "$language" "$epochs" classic "$@") |"
done <<-SETS
	banking77 csv en ${CLEANING_EPOCHS:-10}
	rotten-tomatoes tsv en ${CLEANING_EPOCHS:-5}
	csl-zh tsv zh ${CLEANING_EPOCHS:-10}
SETS

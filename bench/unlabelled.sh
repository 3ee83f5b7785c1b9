#!/usr/bin/env bash
# What rows without labels bring: MiniLM on ten classes of banking77, those with
# the most training rows, 100 labels in all, ten a class, and the other training
# rows of these classes without theirs. Plain training on the labelled rows, and
# VAT, SMART and ALUM on both kinds, for the same number of steps with as many
# labelled rows in each. Prints a Markdown table of test accuracies: mean over seeds,
# and the least and the greatest. A seed draws the labelled rows too.
#
#   bench/unlabelled.sh choose       tries settings on a fifth of the training rows
#   bench/unlabelled.sh [SEEDS]      trains and tests (default: 42 43 44)
#
# What is done is kept in $ORTRAIN_UNLABELLED_DIR (default build/unlabelled) and not
# done again. The radii of the methods below are what "choose" found best, before
# any of them was tested. Half an hour on 2 cores.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=bench/small.sh
. bench/small.sh
need_shared
model=$(deps_dir)/models/all-MiniLM-L6-v2
out=${ORTRAIN_UNLABELLED_DIR:-build/unlabelled}
mkdir -p "$out"
go build -trimpath -o bin/ortrain ./cmd/ortrain

steps=40
labelled=8 # rows of a step; methods get as many without a label beside them
# Labelled rows come many times; grouped by length, copies would lie in one batch.
settings=(--max_seq_length 64 --group_by_length False --learning_rate 3e-4 --warmup_ratio 0.1 --weight_decay 0.01)
declare -A methods=(
	[plain]=""
	[vat]="--adversary vat --adv_epsilon 0.3"
	[smart]="--adversary smart --adv_epsilon 0.05 --adv_alpha 0.05 --adv_init 0.001"
	[alum]="--adversary alum --adv_epsilon 0.05 --adv_alpha 0.05 --adv_init 0.001"
)
# What choose tries in the place of these. SMART gets what ALUM got, whose ascent
# is the same.
declare -A tried=(
	[vat]="--adv_epsilon 0.3;--adv_epsilon 1"
	[alum]="--adv_epsilon 0.01 --adv_alpha 0.01;--adv_epsilon 0.05 --adv_alpha 0.05"
)

# The rows of the ten classes, one JSON object a line.
data() {
	local part
	for part in train test; do
		[ -f "$out/$part.jsonl" ] || bin/ortrain convert --label_column category "$shared/banking77/$part.csv" "$out/$part.jsonl" >&2
	done
	sed 's/.*"category":"\([^"]*\)".*/\1/' "$out/train.jsonl" | LC_ALL=C sort | uniq -c | LC_ALL=C sort -k 1,1nr -k 2 | awk 'NR <= 10 { print "\"category\":\"" $2 "\"" }' >"$out/classes"
	for part in train test; do grep -F -f "$out/classes" "$out/$part.jsonl" >"$out/ten-$part.jsonl"; done
	awk 'NR % 5 == 0' "$out/ten-train.jsonl" >"$out/held.jsonl"
	awk 'NR % 5 != 0' "$out/ten-train.jsonl" >"$out/fit.jsonl"
}

# draw FILE SEED FOLDER: labelled.jsonl with ten rows of each class, and rest.jsonl.
draw() {
	mkdir -p "$3"
	awk -v seed="$2" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' "$1" | LC_ALL=C sort | cut -f 2- |
		awk -v dir="$3" '{ match($0, /"category":"[^"]*"/); c = substr($0, RSTART, RLENGTH)
			print > (dir (n[c]++ < 10 ? "/labelled.jsonl" : "/rest.jsonl")) }'
}

# score FOLDER METHOD DATA TEST SEED OPTION…: trains unless that is done, and
# prints the accuracy.
score() {
	local dir=$1 method=$2 options=()
	local files=(--train_file "$3/labelled.jsonl=1" --unlabeled_file "$3/rest.jsonl=1" --per_device_train_batch_size $((2 * labelled)))
	[ "$method" != plain ] || files=(--train_file "$3/labelled.jsonl" --per_device_train_batch_size "$labelled")
	read -ra options <<<"${methods[$method]}"
	[ -f "$dir/eval/all_results.json" ] || bin/ortrain train --model_name_or_path "$model" "${files[@]}" --test_file "$4" --label_column category \
		--seed "$5" --max_steps "$steps" "${settings[@]}" "${options[@]}" "${@:6}" --save_strategy no --no_export --overwrite_output_dir --output_dir "$dir" --quiet >&2
	sed -n 's/.*"predict_accuracy": \([0-9.]*\).*/\1/p' "$dir/eval/all_results.json"
}

choose() {
	draw "$out/fit.jsonl" 7 "$out/choose"
	echo "| method | settings | accuracy on held-out training rows |"
	echo "|---|---|---|"
	echo "| plain | | $(score "$out/choose-plain-7" plain "$out/choose" "$out/held.jsonl" 7) |"
	local method i list options
	for method in vat alum; do
		IFS=';' read -ra list <<<"${tried[$method]}"
		for i in "${!list[@]}"; do
			read -ra options <<<"${list[$i]}"
			echo "| $method | ${list[$i]} | $(score "$out/choose-$method-$i" "$method" "$out/choose" "$out/held.jsonl" 7 "${options[@]}") |"
		done
	done
}

# effect SEED…: the table.
effect() {
	local seed method rest
	echo "| trained | rows without a label | accuracy | least | greatest |"
	echo "|---|---|---|---|---|"
	for method in plain vat smart alum; do
		rest=0
		[ "$method" = plain ] || rest=$(wc -l <"$out/draw-$1/rest.jsonl")
		for seed in "$@"; do
			draw "$out/ten-train.jsonl" "$seed" "$out/draw-$seed"
			score "$out/run-$method-$seed" "$method" "$out/draw-$seed" "$out/ten-test.jsonl" "$seed"
		done | awk -v method="$method" -v rest="$rest" '
			NR == 1 { low = high = $1 } { sum += $1; if ($1 < low) low = $1; if ($1 > high) high = $1 }
			END { printf "| %s | %s | %.4f | %.4f | %.4f |\n", method, rest, sum / NR, low, high }'
	done
}

data
if [ "${1:-}" = choose ]; then
	choose
else
	[ $# -gt 0 ] || set -- 42 43 44
	effect "$@"
fi

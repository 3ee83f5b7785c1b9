#!/usr/bin/env bash
# What adversarial training brings: MiniLM on banking77 and rotten-tomatoes,
# accuracy without an attack and under the worst of PGD-20 with five starts, FGSM,
# and PGD carried over from the plain model. Prints a Markdown table of means over
# seeds, and fails where gradients seem to be masked. What is done is kept in
# $ORTRAIN_ROBUST_DIR (default build/robust) and not done again.
#
#   bench/robust.sh choose       tries radii on a part of the training rows
#   bench/robust.sh [SEEDS]      trains and attacks (default: 42 43 44)
#
# The settings are those of bench/robust.conf; SETS=banking77 does one set, and
# METHODS="plain pgd" some methods. Three and a half hours on one core, of which
# other sets can use another: taskset -c 0 bench/robust.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=bench/small.sh
. bench/small.sh
# shellcheck source=bench/robust.conf
. bench/robust.conf
need_shared
model=$(deps_dir)/models/all-MiniLM-L6-v2
out=${ORTRAIN_ROBUST_DIR:-build/robust}
mkdir -p "$out"
go build -trimpath -o bin/ortrain ./cmd/ortrain

# The data as shuffled JSON lines with text and label; the first fifth of the
# training rows stands for the test when radii are chosen.
data() {
	shuffle() { awk 'BEGIN { srand(7) } { print rand() "\t" $0 }' | LC_ALL=C sort | cut -f 2-; }
	local part label last=$out/choose-rotten-tomatoes-held.jsonl
	[ ! -f "$last" ] || return 0 # another run may be reading
	for part in train test; do # texts with line ends inside, so no line is a row
		bin/ortrain convert --label_column category "$shared/banking77/$part.csv" - --to jsonl |
			jq -c '{text, label: .category}' | shuffle >"$out/banking77-$part.jsonl"
	done
	for label in neg pos; do
		jq -Rc --arg class "$label" '{text: ., label: $class}' "$shared/rotten-tomatoes-mr/rt-polarity.$label"
	done | shuffle >"$out/all.jsonl"
	awk 'NR % 5 != 0' "$out/all.jsonl" >"$out/rotten-tomatoes-train.jsonl"
	awk 'NR % 5 == 0' "$out/all.jsonl" >"$out/rotten-tomatoes-test.jsonl"
	for part in banking77 rotten-tomatoes; do
		awk 'NR % 5 != 0' "$out/$part-train.jsonl" >"$out/choose-$part-fit.jsonl"
		awk 'NR % 5 == 0' "$out/$part-train.jsonl" >"$out/choose-$part-held.jsonl"
	done
}

# fit FOLDER TRAIN ROWS EPOCHS SEED OPTION…: trains, unless that is done.
fit() {
	[ -f "$1/export/model.safetensors" ] && return
	bin/ortrain train --model_name_or_path "$model" --train_file "$2" --max_train_samples "$3" --num_train_epochs "$4" --seed "$5" \
		"${settings[@]}" --save_strategy no --overwrite_output_dir --output_dir "$1" --quiet "${@:6}" >&2
}

# strike FOLDER TEST PLAIN RADII: attacks, unless that is done.
strike() {
	[ -f "$1/attack.json" ] && return
	local from=()
	[ "$1" = "$3" ] || from=(--transfer_from "$3/export")
	bin/ortrain attack --model_name_or_path "$1/export" --test_file "$2" --max_eval_samples "$judged" --adv_epsilon "$4" \
		--per_device_eval_batch_size 32 --output_dir "$1" --quiet "${from[@]}" >&2
}

# seconds FOLDER: how long the training of a folder took.
seconds() { sed -n 's/.*"examples_per_s":\([0-9.e]*\).*/\1/p' "$1/train_log.jsonl" | awk '{ t += 1 / $1; n++ } END { print t / n }'; }

# points FOLDER: radius, clean, worst as shares, one line a radius.
points() {
	tr -d ' \n' <"$1/attack.json" | grep -o '{"epsilon"[^}]*}' |
		sed 's/.*"epsilon":\([^,]*\),"examples":\([^,]*\),"clean":\([^,]*\),.*"worst":\([^,}]*\).*/\1 \2 \3 \4/' | awk '{ print $1, $3 / $2, $4 / $2 }'
}

masked=0
suspect() {
	local found
	found=$(sed -n 's/.*"gradient_masking": "\(.*\)".*/\1/p' "$1/attack.json")
	[ -z "$found" ] || { echo "$1: gradient masking? $found" >&2 && masked=1; }
}

choose() {
	local file method dir radius # the one tried, not the one chosen
	echo "| data | method | radius | clean | worst at both radii |"
	echo "|---|---|---|---|---|"
	for file in "${sets[@]}"; do
		for method in "${choosing[@]}"; do
			for radius in "${tried[@]}"; do
				[ "$method" != plain ] || radius=0
				dir=$out/choose-$file-$method-$radius
				# shellcheck disable=SC2046
				fit "$dir" "$out/choose-$file-fit.jsonl" "${rows[$file]}" "$epochs" 7 $(options "$method" "$radius")
				strike "$dir" "$out/choose-$file-held.jsonl" "$out/choose-$file-plain-0" "${radii[$file]}"
				points "$dir" | awk -v row="| $file | $method | $radius" '{ clean = $2; worst = worst sprintf("%s%.3f", NR > 1 ? ", " : "", $3) }
					END { printf "%s | %.3f | %s |\n", row, clean, worst }'
				[ "$method" != plain ] || break
			done
		done
	done
}

# effect SEED…: the table.
effect() {
	local file method seed dir long
	echo "| data | method | radius | clean | worst | lost |"
	echo "|---|---|---|---|---|---|"
	for file in "${sets[@]}"; do
		for method in "${order[@]}"; do
			for seed in "$@"; do
				dir=$out/$file-$method-$seed long=$epochs
				if [ "$method" = longer ]; then
					long=$(awk "BEGIN { printf \"%.2f\", $epochs * $(seconds "$out/$file-freelb-$seed") / $(seconds "$out/$file-plain-$seed") }")
				fi
				# shellcheck disable=SC2046
				fit "$dir" "$out/$file-train.jsonl" "${rows[$file]}" "$long" "$seed" $(options "$method" "$radius")
				strike "$dir" "$out/$file-test.jsonl" "$out/$file-plain-$seed" "${radii[$file]}"
				suspect "$dir"
				points "$dir"
			done | awk -v row="| $file | $method" '{ if (!($1 in n)) order[++k] = $1; n[$1]++; clean[$1] += $2; worst[$1] += $3 }
				END { for (i = 1; i <= k; i++) { e = order[i]; printf "%s | %s | %.4f | %.4f | %.4f |\n", row, e, clean[e] / n[e], worst[e] / n[e], (clean[e] - worst[e]) / n[e] } }'
		done
	done
}

read -ra sets <<<"${SETS:-banking77 rotten-tomatoes}"
read -ra order <<<"${METHODS:-${order[*]}}"
data
if [ "${1:-}" = choose ]; then
	choose
else
	[ $# -gt 0 ] || set -- 42 43 44
	effect "$@"
	for file in "${sets[@]}"; do
		for method in "${order[@]}"; do
			for seed in "$@"; do suspect "$out/$file-$method-$seed"; done
		done
	done
	exit "$masked"
fi

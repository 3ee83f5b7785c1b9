#!/usr/bin/env bash
# What augmentation costs while training: MiniLM on banking77 with the preset eda,
# drawn anew on the way, beside plain training, in turns. Prints the middle ratios
# of examples and of tokens a second (changed texts are longer or shorter), and the
# share of the time that training waited for data. PAIRS of runs (default 5) of 40
# steps; five minutes on 2 quiet cores. Needs the pack wordnet: ortrain data
# install wordnet.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/setup.sh
pairs=${PAIRS:-5}
out=build/augmented
mkdir -p "$out"

# rates NAME OPTION…: examples and tokens a second after the first five steps, and
# the percentage waited.
rates() {
	bin/ortrain train --model_name_or_path "$model" --train_file "$data/train.csv" --label_column category --memory_budget 0 \
		--per_device_train_batch_size 32 --max_steps 40 --logging_steps 1 --save_strategy no --no_export --overwrite_output_dir \
		--output_dir "$out/$1" --quiet "${@:2}" >&2
	sed -n 's/.*"data_wait":\([-0-9.e]*\),.*"examples_per_s":\([0-9.e]*\),.*"tokens_per_s":\([0-9.e]*\).*/\1 \2 \3/p' "$out/$1/train_log.jsonl" |
		awk 'NR > 5 { wait += $1 / $2; time += 1 / $2; tokens += $3 / $2; n++ } END { print n / time, tokens / time, 100 * wait / time }'
}

rm -f "$out/pairs"
for _ in $(seq "$pairs"); do
	echo "$(rates plain) $(rates eda --augment eda)" >>"$out/pairs"
done
headline
echo "| training MiniLM on banking77 with eda on the way, $pairs pairs | middle |"
echo "|---|---|"
echo "| examples a second, times plain | $(awk '{ print $4 / $1 }' "$out/pairs" | middle) |"
echo "| tokens a second, times plain | $(awk '{ print $5 / $2 }' "$out/pairs" | middle) |"
echo "| waiting for data, % of the time | $(awk '{ print $6 }' "$out/pairs" | middle) |"

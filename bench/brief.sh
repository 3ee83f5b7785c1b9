#!/usr/bin/env bash
# A run of 100 MB of labelled text in one command: clean, split off 30 % for
# validation and a tenth for the test, one epoch of a two-layer BERT of width
# 128, test. Prints the seconds of each stage for 10, 30 and 100 MB; how far the
# memory of training moved after its first tenth, where so little is kept that all
# sets are read again; and whether the largest run, killed (kill -9) half way
# through training and run again, ends in the same bytes. SIZES="1 3" takes other
# sizes in MB. Forty minutes on 2 cores.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=bench/small.sh
. bench/small.sh
read -ra sizes <<<"${SIZES:-10 30 100}"
tokenizer=$(deps_dir)/models/all-MiniLM-L6-v2
[ -f "$tokenizer/tokenizer.json" ] || { echo "no tokenizer in $tokenizer; run make deps" >&2; exit 1; }
work=build/brief
mkdir -p "$work"
go build -trimpath -o bin/ortrain ./cmd/ortrain
go build -trimpath -o build/stream ./bench/stream
scratch "$work/model" "$tokenizer/vocab.txt"
cp "$tokenizer/tokenizer.json" "$work/model/"

# write MB: the shards, an eighth of them each, and the recipe.
write() {
	build/stream -dir "$work/data-$1" -tokenizer "$tokenizer" -megabytes "$1" -shard $((($1 + 7) / 8)) -write_only
	cat >"$work/$1.yaml" <<-YAML
		output_dir: $work/out-$1
		data: {file: "$work/data-$1/train-*.parquet"}
		clean: {clean: classic}
		split: {test_split: 0.1, validation_split: 0.3}
		train: {config_name: $work/model/config.json, num_train_epochs: 1, per_device_train_batch_size: 64, learning_rate: 5e-4,
		  memory_budget: 8, shuffle_window: 8192, save_strategy: steps, save_steps: 500, save_total_limit: 2, logging_steps: 10, eval_strategy: epoch}
		eval: {}
	YAML
}

echo "$(date -u +%F), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, $(go version | cut -d' ' -f3)"
for mb in "${sizes[@]}"; do
	write "$mb"
	rm -rf "$work/out-$mb"
	bin/ortrain run "$work/$mb.yaml" --quiet >"$work/$mb.log"
	echo "$mb MB:"
	cat "$work/$mb.log"
	# Resident memory after the first tenth of the log: whether its level moves shows
	# in the means of the other tenths, single points go up and down with every
	# collection of garbage.
	sed -n 's/.*"rss_bytes":\([0-9]*\).*/\1/p' "$work/out-$mb/train/train_log.jsonl" | awk '
		function spread(low, high) { return sprintf("%.0f to %.0f MB, +- %.1f %%", low / 1e6, high / 1e6, 100 * (high - low) / (high + low)) }
		{ rss[NR] = $1 }
		END {
			for (k = 1; k < 10; k++) {
				sum = n = 0
				for (i = int(NR * k / 10) + 1; i <= NR * (k + 1) / 10; i++) {
					sum += rss[i]; n++
					if (!low || rss[i] < low) low = rss[i]
					if (rss[i] > high) high = rss[i]
				}
				mean = sum / n
				if (!least || mean < least) least = mean
				if (mean > most) most = mean
			}
			print "resident memory of training, means of tenths: " spread(least, most) "; single points: " spread(low, high) "\n"
		}'
done

mb=${sizes[-1]}
rm -rf "$work/killed"
bin/ortrain run "$work/$mb.yaml" --output_dir "$work/killed" --quiet >/dev/null 2>&1 &
run=$!
half=$(($(grep -c step "$work/out-$mb/train/train_log.jsonl") / 2))
until [ "$(cat "$work"/killed/{,.}train*/train_log.jsonl 2>/dev/null | grep -c step)" -ge "$half" ]; do
	kill -0 "$run" 2>/dev/null || { echo "the run ended before it could be killed" >&2; exit 1; }
	sleep 0.2
done
kill -9 "$run"
wait "$run" 2>/dev/null || true
bin/ortrain run "$work/$mb.yaml" --output_dir "$work/killed" --quiet
for file in train/export/model.safetensors eval/predictions.parquet; do
	cmp "$work/out-$mb/$file" "$work/killed/$file"
done
echo "$mb MB, killed half way and run again: the same bytes"

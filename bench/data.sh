#!/usr/bin/env bash
# How fast data are read, cleaned, scrubbed and tokenized, and how long training
# waits for them. Prints a Markdown table: MB of text a second on one core, and
# for tokenization two cores over one. Three minutes on 2 quiet cores; the middle
# of RUNS (default 3) runs counts.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/setup.sh
runs=${RUNS:-3}

# median of the numbers on standard input.
median() { sort -n | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }

# rate PACKAGE BENCHMARK UNIT CORES [HOW_OFTEN]: the median of what it reports.
rate() {
	go test -run '^$' -bench "$2" -benchtime 1s -cpu "$4" -count "$runs" "./$1" | awk -v unit="$3" '/^Benchmark/ { for (i = 1; i < NF; i++) if ($(i + 1) == unit) print $i }' | median
}

headline
echo "| what | MB/s |"
echo "|---|---|"
echo "| Parquet text column to examples, 100-byte texts | $(rate pipeline/source '^BenchmarkRead$/^parquet$/^text$' MB/cpu-s 1) |"
echo "| the same with class labels | $(rate pipeline/source '^BenchmarkRead$/^parquet$/^labelled$' MB/cpu-s 1) |"
echo "| JSON lines to examples, text only | $(rate pipeline/source '^BenchmarkRead$/^jsonl$/^text$' MB/cpu-s 1) |"
echo "| cleaning with classic, banking77 (58-byte rows) | $(rate pipeline/clean '^BenchmarkPreset$/^classic$' MB/cpu-s 1) |"
echo "| cleaning with classic, 950-byte texts | $(rate pipeline/clean '^BenchmarkPreset$/^classic-long$' MB/cpu-s 1) |"
echo "| scrubbing texts with a finding every 210 bytes | $(rate pipeline/clean/pii '^BenchmarkRows$/^labelled$' MB/cpu-s 1) |"
one=$(rate pipeline/tokenize '^BenchmarkEncode$/^all$' MB/s 1)
two=$(rate pipeline/tokenize '^BenchmarkEncode$/^all$' MB/s 2)
echo "| tokenizing banking77, one core, two cores | $one, $two ($(awk "BEGIN { printf \"%.2f\", $two / $one }")×) |"
echo

# Nothing is kept between epochs: texts are read, cleaned and tokenized anew.
for _ in $(seq "$runs"); do
	bin/ortrain train --model_name_or_path "$model" --train_file "$data/train.csv" --label_column category --clean encoder --memory_budget 0 \
		--per_device_train_batch_size 32 --max_steps 60 --logging_steps 1 --save_strategy no --no_export --overwrite_output_dir \
		--output_dir build/data-wait --quiet
	sed -n 's/.*"data_wait":\([-0-9.e]*\),.*"examples_per_s":\([0-9.e]*\).*/\1 \2/p' build/data-wait/train_log.jsonl |
		awk 'NR > 5 { wait += $1 / $2; time += 1 / $2 } END { print 100 * wait / time }'
done | median | sed 's/.*/waiting for data while MiniLM trains on banking77 (shuffling, cleaning, tokenizing on the way): & % of the time/'

#!/usr/bin/env bash
# How fast data are read, cleaned, scrubbed and tokenized, and how long training
# waits for them. Prints a Markdown table: MB of text a second on one core, the
# middle of RUNS (default 9) runs and the best, which is nearest to what the code
# does where other guests of the machine take turns; the benchmarks alternate, so
# that all see the same weather. For tokenization two cores over one, beside two
# processes with a core each over one alone: what the machine itself gives. Four
# minutes on 2 quiet cores.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/setup.sh
runs=${RUNS:-9}
work=build/data-rates
rm -rf "$work"
mkdir -p "$work"

# Names, packages and benchmarks, in the order of the table.
rates=(
	'Parquet text column to examples, 100-byte texts|pipeline/source|^BenchmarkRead$/^parquet$/^text$'
	'the same with class labels|pipeline/source|^BenchmarkRead$/^parquet$/^labelled$'
	'JSON lines to examples, text only|pipeline/source|^BenchmarkRead$/^jsonl$/^text$'
	'cleaning with classic, banking77 (58-byte rows)|pipeline/clean|^BenchmarkPreset$/^classic$'
	'cleaning with classic, 950-byte texts|pipeline/clean|^BenchmarkPreset$/^classic-long$'
	'scrubbing texts with a finding every 210 bytes|pipeline/clean/pii|^BenchmarkRows$/^labelled$'
)

# once PACKAGE BENCHMARK UNIT CORES: what one run reports.
once() {
	(cd "$1" && "$OLDPWD/$work/$(basename "$1").test" -test.run '^$' -test.bench "$2" -test.benchtime 0.4s -test.cpu "$4") |
		awk -v unit="$3" '/^Benchmark/ { for (i = 1; i < NF; i++) if ($(i + 1) == unit) print $i }'
}

# best of the numbers on standard input.
best() { sort -n | tail -n 1; }

for package in pipeline/source pipeline/clean pipeline/clean/pii pipeline/tokenize; do
	go test -c -o "$work/$(basename "$package").test" "./$package"
done
tokens=(pipeline/tokenize '^BenchmarkEncode$/^all$' MB/s)
for _ in $(seq "$runs"); do
	for i in "${!rates[@]}"; do
		IFS='|' read -r _ package benchmark <<<"${rates[i]}"
		once "$package" "$benchmark" MB/cpu-s 1 >>"$work/$i"
	done
	once "${tokens[@]}" 1 >>"$work/one"
	once "${tokens[@]}" 2 >>"$work/two"
	once "${tokens[@]}" 1 >"$work/left" &
	once "${tokens[@]}" 1 >"$work/right"
	wait
	paste "$work/left" "$work/right" | awk '{ print $1 + $2 }' >>"$work/apart"
done

headline
echo "| what | MB/s, middle | best |"
echo "|---|---|---|"
for i in "${!rates[@]}"; do
	echo "| ${rates[i]%%|*} | $(middle <"$work/$i") | $(best <"$work/$i") |"
done
for kind in one two apart; do
	case $kind in
	one) name='tokenizing banking77, one core' ;;
	two) name='two cores' ;;
	apart) name='two processes with a core each' ;;
	esac
	echo "| $name | $(middle <"$work/$kind") | $(best <"$work/$kind") |"
done
paste "$work/one" "$work/two" "$work/apart" | awk '{ print $2 / $1, $3 / $1 }' >"$work/ratios"
echo "two cores over one: $(cut -d' ' -f 1 "$work/ratios" | middle)×, two processes over one: $(cut -d' ' -f 2 "$work/ratios" | middle)×"
echo

# Nothing is kept between epochs: texts are read, cleaned and tokenized anew.
for _ in 1 2 3; do
	bin/ortrain train --model_name_or_path "$model" --train_file "$data/train.csv" --label_column category --clean encoder --memory_budget 0 \
		--per_device_train_batch_size 32 --max_steps 60 --logging_steps 1 --save_strategy no --no_export --overwrite_output_dir \
		--output_dir build/data-wait --quiet
	sed -n 's/.*"data_wait":\([-0-9.e]*\),.*"examples_per_s":\([0-9.e]*\).*/\1 \2/p' build/data-wait/train_log.jsonl |
		awk 'NR > 5 { wait += $1 / $2; time += 1 / $2 } END { print 100 * wait / time }'
done | middle | sed 's/.*/waiting for data while MiniLM trains on banking77 (shuffling, cleaning, tokenizing on the way): & % of the time/'

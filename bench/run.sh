#!/usr/bin/env bash
# Measures against the peers, A B A B, and prints the table that
# docs/BENCHMARKS.md holds. Options are those of bench/compare:
#   bench/run.sh --only base-step --base_pairs 3
# The data are CSV files train.csv and test.csv with the columns text and
# category, in $ORTRAIN_BENCH_DATA (default: banking77 of the shared data).
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/setup.sh
for program in step gemm compare; do
	go build -trimpath -o "build/$program" "./bench/$program"
done
headline
exec build/compare --python "$python" --data "$data" --model "$model" "$@"

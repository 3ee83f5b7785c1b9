#!/usr/bin/env bash
# Streams synthetic Parquet through shuffling, tokenization and batching without
# holding it, and prints memory over time, MB/s, and how long a resumed run waits
# for its first batch. The first argument is the size in MB of text (default
# 1000), the second how many seconds to stream at most (0: the whole epoch).
# Further arguments go to bench/stream. The shards lie in $ORTRAIN_STREAM_DIR.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib.sh
eval "$(./.ci/env.sh)"
megabytes=${1:-1000} seconds=${2:-120}
shift $(($# < 2 ? $# : 2))
dir=${ORTRAIN_STREAM_DIR:-build/stream-$megabytes}
tokenizer=$(deps_dir)/models/all-MiniLM-L6-v2
[ -f "$tokenizer/tokenizer.json" ] || { echo "no tokenizer in $tokenizer; run make deps" >&2; exit 1; }
mkdir -p build
go build -trimpath -o build/stream ./bench/stream
echo "$(date -u +%F), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, $(go version | cut -d' ' -f3)"
exec build/stream -dir "$dir" -tokenizer "$tokenizer" -megabytes "$megabytes" -seconds "$seconds" "$@"

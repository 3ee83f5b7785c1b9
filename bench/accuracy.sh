#!/usr/bin/env bash
# Test accuracy of MiniLM on banking77, ours and Hugging Face Trainer's at the
# same settings, over seeds; prints the table that docs/BENCHMARKS.md holds.
# Half an hour on 2 cores. Seeds are the arguments (default: 42 43 44).
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/setup.sh
[ $# -gt 0 ] || set -- 42 43 44
out=build/accuracy
headline

ours() {
	bin/ortrain train --model_name_or_path "$model" --train_file "$data/train.csv" --test_file "$data/test.csv" \
		--label_column category --per_device_train_batch_size 32 --learning_rate 3e-4 --weight_decay 0.01 \
		--num_train_epochs 3 --threads 2 --save_strategy no --no_export --overwrite_output_dir --seed "$1" \
		--output_dir "$out" --quiet
	"$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["predict_accuracy"])' "$out/eval/all_results.json"
}

peer() {
	"$python" bench/peers/hf_trainer.py --model "$model" --train "$data/train.csv" --test "$data/test.csv" \
		--group-by-length --seed "$1" 2>/dev/null | "$python" -c 'import json, sys; print(json.loads(sys.stdin.readlines()[-1])["accuracy"])'
}

echo "| seed | ours | Trainer, \`group_by_length\` |"
echo "|---|---|---|"
for seed in "$@"; do
	echo "| $seed | $(ours "$seed") | $(peer "$seed") |"
done | tee "$out.md"
awk -F'|' '{ a += $3; b += $4 } END { printf "| mean | %.4f | %.4f |\n", a / NR, b / NR }' "$out.md"

#!/usr/bin/env bash
# Cost of adversarial steps, paired with plain ones on the same batches: MiniLM on
# banking77 and BERT-base on full sequences (B=8, S=128), then the peak memory of
# each method in a process of its own. Prints two tables. Twenty minutes on 2
# cores. Needs nothing but the model and the data: MODEL and DATA may name them.
set -euo pipefail
cd "$(dirname "$0")/.."
eval "$(make -s env)"
model=${MODEL:-${ORTRAIN_DEPS:-$HOME/.cache/ortrain}/models/all-MiniLM-L6-v2}
texts=${DATA:-${ORTRAIN_SHARED:-../shared}/data/banking77}/train.csv
methods=${METHODS:-fgm,freelb,pgd,rdrop,neftune}
mkdir -p build
go build -o build/adversary ./bench/adversary

minilm() { build/adversary -texts "$texts" -model "$model" -batch 16 "$@"; }
base() { build/adversary -texts "$texts" -tokenizer "$model" -batch 8 -length 128 "$@"; }

# number FIELD takes a number out of a line of JSON.
number() { sed -n "s/.*\"$1\":\([-0-9.e]*\).*/\1/p"; }

echo "| method | model | times plain, wall | times plain, processor |"
echo "|---|---|---|---|"
for m in minilm base; do
	steps=20
	[ $m = base ] && steps=${BASE_STEPS:-5}
	$m -methods "$methods" -steps "$steps" | while read -r line; do
		name=$(sed -n 's/.*"method":"\([^"]*\)".*/\1/p' <<<"$line")
		printf '| %s | %s | %.3f | %.3f |\n' "$name" $m "$(number times_plain <<<"$line")" "$(number cpu_times_plain <<<"$line")"
		step=$(number ascent_step_of_plain_cpu <<<"$line")
		[ -z "$step" ] || printf '| one ascent step | %s | %.3f | %.3f |\n' $m "$(number ascent_step_of_plain <<<"$line")" "$step"
	done
done

echo
echo "| method | model | peak memory, MB |"
echo "|---|---|---|"
for m in minilm base; do
	for name in plain ${methods//,/ }; do
		printf '| %s | %s | %.0f |\n' "$name" $m "$($m -only "$name" -steps 3 | number peak_rss_mb)"
	done
done

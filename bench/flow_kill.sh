#!/usr/bin/env bash
# Kills a small recipe at random moments and goes on, until it has been killed
# KILLS times (default 30), and compares what it ends with, byte for byte, with a
# recipe that was never killed. After each kill it also checks that a stage that
# was done is not done again. All stages that there are take part. A few minutes
# on 2 cores; the model is made from scratch. The first argument is the seed of the moments.
set -euo pipefail
cd "$(dirname "$0")/.."
eval "$(./.ci/env.sh)"
RANDOM=${1:-1}
kills=${KILLS:-30}
go build -trimpath -o bin/ortrain ./cmd/ortrain
ortrain=$PWD/bin/ortrain
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r testdata/tiny "$work/tiny"
cd "$work"
awk 'BEGIN { srand(1); split("the a is very film plot boring", w, " "); print "text,label"
	for (i = 0; i < 3000; i++) { good = rand() < 0.5; n = 2 + int(rand() * 9); at = 1 + int(rand() * n); text = ""
		for (k = 1; k <= n; k++) text = text (k > 1 ? " " : "") (k == at ? (good ? "good" : "bad") : w[1 + int(rand() * 7)])
		print text "," (good ? "yes" : "no") } }' >rows.csv
cat >policy.yaml <<'YAML'
copies: 1
operators:
  - {name: swap}
  - {name: delete, params: {rate: 0.1}}
YAML
cat >recipe.yaml <<'YAML'
output_dir: out
data: rows.csv
clean: {clean: encoder}
scrub:
split: {test_split: 0.1}
probe:
augment: {augment: policy.yaml}
train: {adversary: fgm, adv_epsilon: 0.1, config_name: tiny/config.json, num_train_epochs: 2, save_steps: 20, save_total_limit: 2, threads: 1, learning_rate: 1e-3, eval_strategy: steps, eval_steps: 40}
plain: {save_strategy: "no"}
eval: {on: all}
attack: {adv_epsilon: [0.1, 0.3], attack_steps: 3, restarts: 1, max_eval_samples: 96}
report: {}
export: {}
YAML

"$ortrain" run recipe.yaml --output_dir whole --quiet
began=$(date +%s%N)
"$ortrain" run recipe.yaml --output_dir timed --quiet >/dev/null
span=$((($(date +%s%N) - began) / 1000000)) # ms of a whole run
echo "a whole run takes $span ms"

# done_stages: names of finished stages and the time at which their folder was
# last written, which changes when a stage is done again.
done_stages() {
	for record in out/*/stage.json; do
		[ -e "$record" ] && grep -q '"finished": true' "$record" && stat -c '%n %y' "$record"
	done
	return 0
}

# same: the bytes of an undisturbed run, but for times.
same() {
	for path in clean/train.parquet scrub/train.parquet probe/predictions.parquet probe/all_results.json augment/train.parquet plain/eval/predictions.parquet attack split/train.parquet split/validation.parquet split/test.parquet train/export train/artifacts \
		eval/predictions.parquet eval/train/predictions.parquet eval/all_results.json export/model.onnx export/model.safetensors export/parity.json; do
		diff -rq --exclude=stage.json "whole/$path" "out/$path" || return 1
	done
}

killed=0 ended=0
while [ "$killed" -lt "$kills" ] || [ -d out ]; do
	before=$(done_stages)
	"$ortrain" run recipe.yaml >log 2>&1 &
	pid=$!
	if [ "$killed" -lt "$kills" ]; then
		ms=$((RANDOM * span / 65536)) # within the first half, so that most runs are killed more than once
		sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
		if kill -9 "$pid" 2>/dev/null; then
			killed=$((killed + 1))
		fi
	fi
	code=0
	wait "$pid" 2>/dev/null || code=$?
	after=$(done_stages)
	while IFS= read -r line; do
		[ -z "$line" ] || grep -qxF "$line" <<<"$after" || { echo "done again: $line" && exit 1; }
	done <<<"$before"
	case $code in
	0)
		ended=$((ended + 1))
		same || { echo "the bytes differ after $killed kills" && exit 1; }
		rm -rf out
		;;
	137) ;;
	*)
		cat log
		exit 1
		;;
	esac
done
echo "$killed kills, $ended runs brought to their end, each with the bytes of an undisturbed one; no stage was done twice"

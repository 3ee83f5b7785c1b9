#!/bin/sh
# The demonstration: support requests are generated, testdata/demo/recipe.yaml
# cleans, splits, augments, trains, tests, attacks, reports and exports, and the
# outcome is compared with naive Bayes. KEY=VALUE changes the recipe, as in
# examples/demo.sh train.num_train_epochs=2. Everything goes to demo-out.
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh
[ -x bin/ortrain ] || {
	say "bin/ortrain is not there; run make build"
	exit 1
}
ORTRAIN_DEPS=$(deps_dir)
export ORTRAIN_DEPS
out=demo-out
weights=$ORTRAIN_DEPS/models/all-MiniLM-L6-v2
if [ -s "$weights/model.safetensors" ]; then
	bin/ortrain demo data "$out"
	set -- "model_name_or_path=$weights" "$@"
else
	bin/ortrain demo data --scratch "$out"
	set -- "config_name=$out/scratch/config.json" train.learning_rate=1e-3 train.num_train_epochs=12 train.adv_epsilon=0.01 "$@"
fi
bin/ortrain run testdata/demo/recipe.yaml "$@"
bin/ortrain demo verdict "$out"

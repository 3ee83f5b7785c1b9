#!/bin/sh
# The demonstration: generated support requests, a pretrained encoder fine-tuned
# on them, tested, exported and compared with naive Bayes. Options go on to
# "ortrain demo"; results go to demo-out unless --output_dir says otherwise.
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh
[ -x bin/ortrain ] || {
	say "bin/ortrain is not there; run make build"
	exit 1
}
ORTRAIN_DEPS=$(deps_dir)
export ORTRAIN_DEPS
weights=$ORTRAIN_DEPS/models/all-MiniLM-L6-v2
if [ -s "$weights/model.safetensors" ]; then
	set -- --model_name_or_path "$weights" "$@"
fi
exec bin/ortrain demo --output_dir demo-out "$@"

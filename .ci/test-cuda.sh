#!/bin/sh
# Tests that need a CUDA device. They carry the build tag cuda and CUDA in their
# name.
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh

if ! have nvidia-smi || ! nvidia-smi -L 2>/dev/null | grep -q '^GPU '; then
	echo "skipped: no CUDA device"
	exit 0
fi
nvidia-smi -L
ORTRAIN_CUDA=1 ./.ci/deps.sh
ORTRAIN_REQUIRE_ORT=1 go test -tags cuda -run CUDA -count=1 -v -timeout 30m ./...

#!/bin/sh
# Runs every fuzz target of the module for FUZZTIME (60s), one after the other.
# Inputs are hardly minimised, which would take most of the time.
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh
failed=''

# shellcheck disable=SC2086 # a list of patterns
for package in $(go list ${PACKAGES:-./...}); do
	dir=$(go list -f '{{.Dir}}' "$package")
	grep -qs '^func Fuzz' "$dir"/*_test.go || continue
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz'); do
		say "$package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-60s}" -fuzzminimizetime 20x "$package" || failed="$failed $package:$target"
	done
done
[ -z "$failed" ] || {
	say "failed:$failed"
	exit 1
}

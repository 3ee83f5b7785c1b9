#!/bin/sh
# Static checks; all of them run, the first failure decides the exit code.
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh
failed=0

say "gofmt"
unformatted=$(git ls-files --cached --others --exclude-standard '*.go' | xargs gofmt -s -l)
[ -z "$unformatted" ] || {
	say "not formatted (make fmt):"
	say "$unformatted"
	failed=1
}

say "go vet"
go vet ./... || failed=1

if have golangci-lint; then
	say "golangci-lint"
	golangci-lint run ./... || failed=1
else
	say "golangci-lint: not installed, left out"
fi

if have shellcheck; then
	say "shellcheck"
	git ls-files --cached --others --exclude-standard '*.sh' .ci/run | xargs shellcheck -x || failed=1
else
	say "shellcheck: not installed, left out"
fi
exit "$failed"

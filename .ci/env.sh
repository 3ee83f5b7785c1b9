#!/bin/sh
# Prints what a plain "go build" or "go test" needs: eval "$(make -s env)".
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh

# quote makes one shell word of any text.
quote() {
	printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

flags="-L$(lib_dir)"
case " ${CGO_LDFLAGS:-} " in
*" $flags "*) flags=$CGO_LDFLAGS ;;
*) flags="$flags${CGO_LDFLAGS:+ $CGO_LDFLAGS}" ;;
esac
printf 'export CGO_LDFLAGS=%s ORTRAIN_DEPS=%s\n' "$(quote "$flags")" "$(quote "$(deps_dir)")"

#!/bin/sh
# Prints what a plain "go build" or "go test" needs: eval "$(make -s env)".
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh

# quote makes one shell word of any text.
quote() {
	printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# with FLAG FLAGS puts a flag in front of the others, unless it is among them.
with() {
	case " $2 " in
	*" $1 "*) printf '%s' "$2" ;;
	*) printf '%s' "$1${2:+ $2}" ;;
	esac
}

# The folder is given to the compiler too, which looks whether the library is
# there: pipeline/tokenize/library.go.
printf 'export CGO_LDFLAGS=%s CGO_CPPFLAGS=%s ORTRAIN_DEPS=%s\n' \
	"$(quote "$(with "-L$(lib_dir)" "${CGO_LDFLAGS:-}")")" \
	"$(quote "$(with "-I$(lib_dir)" "${CGO_CPPFLAGS:-}")")" \
	"$(quote "$(deps_dir)")"

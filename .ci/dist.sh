#!/bin/sh
# Packs dist/ortrain-VERSION-OS-ARCH.tar.gz, which runs without anything of this
# repository: the program, ONNX Runtime beside it, the licences of all that is
# inside, manual page, completions, checksums. The same commit gives the same bytes with the
# same tools. For another platform:
#
#   rustup target add aarch64-unknown-linux-gnu
#   GOARCH=arm64 CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ make dist
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh
. .ci/pins.sh

on=$(platform)
case $on in
linux-*) ;;
*)
	say "dist: archives are made for Linux; this is $on"
	exit 1
	;;
esac
have cargo || {
	say "dist: cargo is missing; the licences of the crates in libtokenizers.a are read by it"
	exit 1
}
ORTRAIN_DIST=1 ./.ci/deps.sh
lib=$(lib_dir)
version=$(sed -n 's/^const Version = "\(.*\)"/\1/p' cmd/internal/cli/app.go)
name=ortrain-$version-$on
work=build/dist
folder=$work/$name
rm -rf "$work"
mkdir -p "$folder/completions" "$folder/man" dist

say "dist: building $name"
export CGO_ENABLED=1
go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$folder/ortrain" ./cmd/ortrain
cp "$lib/libonnxruntime.so" "$folder/"
cp LICENSE README.md docs/DISTRIBUTION.md "$folder/"
cp docs/ortrain.1 "$folder/man/"

# What the program says of itself is the same on every platform.
program=$folder/ortrain
if [ "$on" != "$(go env GOHOSTOS)-$(go env GOHOSTARCH)" ]; then
	program=bin/ortrain
	env -u GOARCH -u GOOS -u CC -u CXX -u CGO_LDFLAGS -u CGO_CPPFLAGS -u MAKEFLAGS make -s build
fi
"$program" completion bash >"$folder/completions/ortrain.bash"
"$program" completion zsh >"$folder/completions/_ortrain"
"$program" completion fish >"$folder/completions/ortrain.fish"

# Licences: Go modules, crates (whose sources cargo gets for it), ONNX Runtime.
go list -deps -json ./cmd/ortrain >"$work/go.json"
cp -R "$(go list -m -f '{{.Dir}}' "$tokenizers_module")" "$work/tokenizers"
chmod -R u+w "$work/tokenizers"
(cd "$work/tokenizers" && cargo metadata --quiet --format-version 1 --locked --filter-platform "$(rust_triple "$on")") >"$work/rust.json"
mkdir "$work/rust"
cat >"$work/rust/LICENSE" <<TEXT
$(cargo --version | sed 's/^cargo \([^ ]*\).*/The standard library of Rust \1/') is part of libtokenizers.a. It is copyrighted by
the Rust project developers and under the MIT License or the Apache License 2.0
at your choice; both texts are in this file.
TEXT
env -u GOARCH -u GOOS -u CC -u CXX CGO_ENABLED=0 go run ./cmd/internal/notices -go "$work/go.json" -rust "$work/rust.json" \
	"ONNX Runtime $ort_version=$lib/onnxruntime-$ort_version-notices" "Rust standard library=$work/rust" >"$folder/NOTICES"

# Fixed order, owner, modes and time: nothing depends on who packs, and when.
chmod -R u=rwX,go=rX "$folder"
chmod 755 "$folder/ortrain"
(cd "$folder" && find . -type f | sed 's|^\./||' | LC_ALL=C sort | xargs sha256sum) >"$work/SHA256SUMS"
mv "$work/SHA256SUMS" "$folder/"
chmod 644 "$folder/SHA256SUMS"
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || echo 0)}"
tar -C "$work" --sort=name --format=ustar --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -cf "$work/$name.tar" "$name"
gzip -9 -n "$work/$name.tar"
mv "$work/$name.tar.gz" dist/
(cd dist && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
say "dist: dist/$name.tar.gz, $(wc -c <"dist/$name.tar.gz") bytes"

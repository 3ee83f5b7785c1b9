#!/bin/sh
# Unpacks the archive of make dist in an empty Debian and uses it there: nothing
# but what debootstrap's smallest variant has and /proc, no variable set. Makes the
# archive first, and a second time, which must give the same bytes.
#
# Needs root and debootstrap. DEBIAN_SUITE (bookworm) and DEBIAN_MIRROR say which
# Debian.
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh

fail() {
	say "dist-test: $1"
	exit 1
}
[ "$(id -u)" -eq 0 ] || fail "debootstrap and chroot need root"
have debootstrap || fail "debootstrap is missing; install the package debootstrap"
chroot=$(command -v chroot) || fail "chroot is missing"

./.ci/dist.sh
version=$(sed -n 's/^const Version = "\(.*\)"/\1/p' cmd/internal/cli/app.go)
name=ortrain-$version-$(platform)
archive=dist/$name.tar.gz
first=$(sha256 "$archive")
./.ci/dist.sh
[ "$(sha256 "$archive")" = "$first" ] || fail "packing twice gave two archives"
say "dist-test: packed twice, the same bytes"

root=$(mktemp -d)
clean() {
	if ! mountpoint -q "$root/proc" || umount "$root/proc"; then rm -rf "$root"; fi
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
say "dist-test: making an empty Debian"
debootstrap --variant=minbase "${DEBIAN_SUITE:-bookworm}" "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$root.log" 2>&1 || {
	tail -5 "$root.log" >&2
	fail "debootstrap failed; its messages are in $root.log"
}
rm -f "$root.log"
mount -t proc proc "$root/proc" || fail "/proc cannot be mounted in $root"
mkdir "$root/opt/data"
tar -C "$root/opt" -xzf "$archive"
mv "$root/opt/$name" "$root/opt/ortrain"
ln -s /opt/ortrain/ortrain "$root/usr/local/bin/ortrain"
cp testdata/tiny/* "$root/opt/data/"

# inside COMMAND... runs it in there without the variables of this shell.
inside() {
	say "+ $*"
	env -i PATH=/usr/local/bin:/usr/bin:/bin "$chroot" "$root" "$@" || fail "exit code $? of: $*"
}
inside sh -c 'cd /opt/ortrain && sha256sum --quiet -c SHA256SUMS'
inside ortrain version | grep "loaded from /opt/ortrain/libonnxruntime.so" || fail "the library beside the program is not the one that is loaded"
inside ortrain doctor
inside ortrain train --quiet --config_name /opt/data/config.json --train_file /opt/data/train.csv --validation_file /opt/data/dev.csv \
	--output_dir /opt/run --num_train_epochs 20 --learning_rate 5e-3
inside ortrain predict --quiet --model_name_or_path /opt/run/export --test_file /opt/data/dev.csv --output_dir /opt/answers
[ "$(wc -l <"$root/opt/answers/predictions.jsonl")" -eq 8 ] || fail "8 predictions are expected"
inside bash -c 'source /opt/ortrain/completions/ortrain.bash && complete -p ortrain'
for part in "ONNX Runtime" "Go 1" "crate onig " "github.com/daulet/tokenizers " "github.com/ortrain/ortrain"; do
	grep -q "^  $part" "$root/opt/ortrain/NOTICES" || fail "NOTICES does not name $part"
done
say "dist-test: $archive works in an empty Debian ${DEBIAN_SUITE:-bookworm}"

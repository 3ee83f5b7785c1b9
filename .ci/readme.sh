#!/bin/sh
# Puts what the demonstration prints into both READMEs, and a picture of its page
# into docs. What the last "make readme" printed is kept in build/demo.log and
# used again; FRESH=1 runs the demonstration anew, as does a log that is not
# there. A test of cmd/internal/cli fails when the block no longer has the form of
# what the program prints.
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh
log=build/demo.log
page=demo-out/report/report.html
picture=docs/report.png
most=200000 # bytes of the picture

# machine is what the figures were measured on. The load says whether it had other
# work to do: the demonstration makes about as much as there are cores.
machine() {
	model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
	load=$(cut -d' ' -f3 /proc/loadavg 2>/dev/null || true)
	printf '%s, %s cores, load average %s, %s, %s\n' "${model:-$(uname -m)}" "$(getconf _NPROCESSORS_ONLN)" "${load:-unknown}" "$(date +%Y-%m-%d)" "$(go env GOVERSION)"
}

mkdir -p build
if [ -n "${FRESH:-}" ] || [ ! -s "$log" ] || [ ! -s "$page" ]; then
	rm -rf demo-out
	# tee would hide the exit code.
	{
		code=0
		./examples/demo.sh 2>&1 || code=$?
		echo "$code" >build/demo.code
	} | tee "$log.tmp"
	[ "$(cat build/demo.code)" = 0 ] || {
		say "readme: the demonstration failed; nothing was changed"
		exit 1
	}
	{
		machine
		cat "$log.tmp"
	} >"$log"
	rm "$log.tmp"
fi

# Of the log: the machine, the data, and all from the table on.
{
	echo '```text'
	sed -n '1s/^/# /p; /support requests with/p' "$log"
	echo '...'
	sed -n '/^stage  */,$p' "$log"
	echo '```'
} >build/demo.block
for readme in README.md README.zh.md; do
	awk -v block=build/demo.block '
		/^<!-- demo:end -->/ { inside = 0 }
		!inside { print }
		/^<!-- demo:begin -->/ {
			inside = 1
			while ((getline line < block) > 0) print line
		}' "$readme" >"build/$readme"
	cp "build/$readme" "$readme"
done

browser=${ORTRAIN_CHROMIUM:-}
for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
	[ -n "$browser" ] || ! have "$name" || browser=$name
done
[ -n "$browser" ] || {
	say "readme: no Chromium to take $picture with; install one or set ORTRAIN_CHROMIUM"
	exit 1
}
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
"$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --user-data-dir="$profile" \
	--window-size=1020,1250 --screenshot="$PWD/build/report.png" "file://$PWD/$page" >/dev/null 2>"$profile/said" || {
	cat "$profile/said" >&2
	exit 1
}
size=$(wc -c <build/report.png)
[ "$size" -le "$most" ] || {
	say "readme: the picture has $size bytes; $most are allowed"
	exit 1
}
cp build/report.png "$picture"
say "readme: README.md, README.zh.md and $picture hold what build/demo.log and $page say"

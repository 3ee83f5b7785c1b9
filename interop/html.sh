#!/bin/sh
# Lets the Nu Html Checker, which the W3C's service runs, judge pages of reports:
# two that the tests make, with every part and with many classes, the page of the
# last "make demo" if there is one, and others named as arguments. It must find
# nothing, warnings included. Needs Java 11 and npm.
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh
checker=$(deps_dir)/interop/html
work=$PWD/build/interop

need() {
	say "interop: $1"
	exit 1
}

have java || need "java is missing; install a Java 11 runtime or newer, headless will do"
cat interop/html/package.json interop/html/package-lock.json | cmp -s - "$checker/installed-from" || {
	have npm || need "npm is missing; it comes with Node"
	say "interop: installing interop/html/package.json into $checker"
	rm -rf "$checker"
	mkdir -p "$checker"
	cp interop/html/package.json interop/html/package-lock.json "$checker"
	(cd "$checker" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
		need "interop/html/package.json could not be installed; is the package registry reachable?"
	cat interop/html/package.json interop/html/package-lock.json >"$checker/installed-from"
}
jar=$checker/node_modules/vnu-jar/build/dist/vnu.jar

mkdir -p "$work"
rm -f "$work"/page-*.html
ORTRAIN_REPORT=$work/page-whole.html go test ./ortrain/report -count=1 -run '^TestPage$' >/dev/null
ORTRAIN_REPORT=$work/page-many.html go test ./ortrain/report -count=1 -run '^TestManyClasses$' >/dev/null
set -- "$work/page-whole.html" "$work/page-many.html" "$@"
[ ! -f demo-out/report/report.html ] || set -- "$@" demo-out/report/report.html
for page in "$@"; do
	[ -s "$page" ] || need "there is no page $page"
done
java -jar "$jar" --Werror --format text "$@" >"$work/html" 2>&1 || {
	cat "$work/html" >&2
	need "pages have faults"
}
# That it can find some.
sed 's/<main>/<main><p><ul><\/ul><\/p>/' "$work/page-whole.html" >"$work/page-faulty.html"
! java -jar "$jar" --Werror --format text "$work/page-faulty.html" >/dev/null 2>&1 || need "the checker found no fault in a faulty page"
say "interop: $# pages, no faults by the Nu Html Checker $(java -jar "$jar" --version)"

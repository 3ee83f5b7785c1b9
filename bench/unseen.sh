#!/usr/bin/env bash
# Five classification sets that nothing here was tuned on, each from a file to a
# report with what init proposes: chosen by the rule in docs/UNSEEN.md, which is
# computed below, so no name stands here but where a file has to become a table
# first. Prints a row for each: score, the linear probe's score and the
# difference on the same test rows, seconds. Fails where a score is not above
# the probe's less a point. `bench/unseen.sh --list` only shows what the rule
# chooses; names as arguments run these alone. What is
# there of an earlier run is gone on with. Half an hour on 2 cores.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=bench/small.sh
. bench/small.sh
need_shared

# classification: sets whose line in the README says binary, or so many classes,
# categories or intents.
classification() {
	sed -n 's/^| \*\*\([^*]*\)\*\*\([^|]*\)|.*/\1\t\2/p' "$shared/README.md" |
		grep -E 'binary|[0-9]+[- ](class|categor|discipline|intent)' | cut -f 1 | LC_ALL=C sort
}

# named SET PATH…: whether a test, script or benchmark names the set.
named() {
	local set=$1
	shift
	grep -rqwF --include='*_test.go' --include='*.txtar' --include='*.sh' --include='*.yaml' --exclude=unseen.sh --exclude-dir={bin,build} -- "$set" "$@"
}

# chosen: sets that no test names, then sets that only tests of reading and
# cleaning name; the first five.
chosen() {
	local set fits=()
	for path in *; do
		[ ! -d "$path" ] || [ "$path" = pipeline ] || fits+=("$path")
	done
	{
		for set in $(classification); do named "$set" "${fits[@]}" pipeline || echo "$set"; done
		for set in $(classification); do named "$set" "${fits[@]}" || ! named "$set" pipeline || echo "$set"; done
	} | head -n 5
}

# table SET FOLDER: the options of init for the set; what is no table becomes one.
table() {
	case $1 in
	customer-reviews-cr) # "0 text" on each line
		sed '1i label\ttext
			s/^\([01]\) /\1\t/' "$shared/$1/custrev.all" >"$2/data.tsv"
		echo "--data $2/data.tsv"
		;;
	snips-nlu) # {intent: [{data: [{text}…]}…]}, some of it not UTF-8
		for file in "$shared/$1"/*.json; do
			{ iconv -f UTF-8 -t UTF-8 "$file" 2>/dev/null || iconv -f ISO-8859-1 -t UTF-8 "$file"; } |
				jq -c 'to_entries[] | .key as $intent | .value[] | {text: ([.data[].text] | add), "label": $intent}'
		done >"$2/data.jsonl"
		echo "--data $2/data.jsonl"
		;;
	asap-zh-sample) # has parts of its own
		echo "--data $shared/$1/train_sample.csv --validation_file $shared/$1/dev_sample.csv --test_file $shared/$1/test_sample.csv"
		;;
	*) echo "--data $(find "$shared/$1" -name '*.csv' -size +100k | LC_ALL=C sort | head -n 1)" ;;
	esac
}

if [ "${1:-}" = --list ]; then
	chosen
	exit
fi
mkdir -p build/unseen
go build -trimpath -o bin/ortrain ./cmd/ortrain
echo "$(date -u +%F), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, $(go version | cut -d' ' -f3)"
printf '\n| set | rows | labels in | score | value | linear probe | difference | seconds |\n|---|---|---|---|---|---|---|---|\n'
failed=0
sets=("$@")
[ $# -gt 0 ] || mapfile -t sets < <(chosen)
for set in "${sets[@]}"; do
	work=build/unseen/$set
	mkdir -p "$work" # what is there of a run before is gone on with
	# shellcheck disable=SC2046
	[ -f "$work/recipe.yaml" ] || bin/ortrain init $(table "$set" "$work") --output "$work/recipe.yaml" --output_dir "$work/out" >"$work/init.txt" 2>&1 || { cat "$work/init.txt" >&2 && exit 1; }
	bin/ortrain run "$work/recipe.yaml" >"$work/table.txt" 2>"$work/log.txt" || { tail -n 5 "$work/log.txt" >&2 && exit 1; }
	[ -s "$work/out/report/report.html" ]
	seconds=$(sed 's/ before / /' "$work/table.txt" | awk 'NR > 1 { for (i = 1; i < NF; i++) if ($(i + 1) ~ /^[0-9]+$/ && $(i + 2) == "in") s += $i } END { printf "%.0f", s }')
	score=$(sed -n 's/^ *metric_for_best_model: //p' "$work/recipe.yaml")
	jq -rn --arg set "$set" --arg score "$score" --arg seconds "$seconds" --arg column "$(sed -n 's/^ *label_column: //p' "$work/recipe.yaml")" \
		--arg rows "$(sed -n 's/^[^:]*: \([0-9,]*\) rows.*/\1/p' "$work/init.txt")" \
		--slurpfile full "$work/out/eval/all_results.json" --slurpfile probe "$work/out/probe/all_results.json" '
		def points: . * 1000 | round / 10;
		($full[0]["eval_" + $score]) as $f | ($probe[0]["predict_" + $score]) as $p |
		"| \($set) | \($rows) | \($column) | \($score) | \($f | points) | \($p | points) | \($f - $p | points) | \($seconds) |",
		(if $f > $p - 0.01 then empty else "missed" end)' >"$work/row.txt"
	head -n 1 "$work/row.txt"
	! grep -qx missed "$work/row.txt" || failed=1
done
exit "$failed"

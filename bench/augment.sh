#!/usr/bin/env bash
# Measures operators of augmentation beside those of Python packages, in
# sentences per second of processor time on one core, so that other load on the
# machine matters less: the middle of RUNS (default 9) and the best. Data: rt-polarity.neg, one sentence a line, in
# $ORTRAIN_BENCH_SENTENCES (default: rotten-tomatoes-mr of the shared data).
# TextAttack and TextAugment are measured where the interpreter in
# $ORTRAIN_PEER_PYTHON has them and their data; nlpaug is installed if need be.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. .ci/lib.sh
sentences=${ORTRAIN_BENCH_SENTENCES:-${ORTRAIN_SHARED:-../shared}/data/rotten-tomatoes-mr/rt-polarity.neg}
[ -f "$sentences" ] || { echo "no $sentences; set ORTRAIN_BENCH_SENTENCES" >&2; exit 1; }
python=${ORTRAIN_PEER_PYTHON:-}
if [ -z "$python" ]; then
	python=$(deps_dir)/bench-augment/bin/python
	if ! "$python" -c 'import nlpaug' 2>/dev/null; then
		echo "installing the peer (nlpaug) into $(deps_dir)/bench-augment" >&2
		python3 -m venv "$(deps_dir)/bench-augment"
		"$(deps_dir)/bench-augment/bin/pip" install --quiet -r bench/peers/requirements-augment.txt
	fi
fi
echo "$(date -u +%F), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), one core"
echo
printf '%-24s %14s %10s\n' operator 'sentences/cpu-s' best
go test ./augment/ops -run '^$' -bench Operators -benchtime 300000x -cpu 1 -count "${RUNS:-9}" |
	awk '/^BenchmarkOperators/ { sub("BenchmarkOperators/", "", $1); for (i = 2; i < NF; i++) if ($(i + 1) == "sentences/cpu-s") print $1, $i }' |
	sort -k 1,1 -k 2,2n | awk '
		function row() { if (n) printf "%-24s %14d %10d\n", "ortrain " name, x[int((n + 1) / 2)], x[n] }
		$1 != name { row(); name = $1; n = 0 }
		{ x[++n] = $2 }
		END { row() }'
"$python" bench/peers/augment.py "$sentences" 2>/dev/null | awk -F '\t' '{ printf "%-24s %14s\n", $1, $2 }'

#!/bin/sh
# Hands our files to other people's programs and compares what both compute:
#
#   artifacts  training artifacts of a small BERT, trained in the official
#              training build of ONNX Runtime (needs Python 3.11 and the golden
#              case bert-cls)
#   export     the export of a fine-tuned MiniLM, run by Python's onnxruntime
#              (needs Python 3 with venv) and by transformers.js (needs Node and
#              npm), on 200 texts of banking77
#   serve      the programs of examples/serve-go, serve-node and serve-python on
#              a small export, and on that of the part export when it ran before
#              (needs Python 3.11 or later with venv, Node and npm)
#
#   data       files that convert and prepare wrote, read by pyarrow, the tokens
#              compared with those of the Python package tokenizers, and
#              what pyarrow reads of the conformance files of Parquet (needs
#              Python 3 with venv)
#   adversary  the vectors of testdata/adversary, computed anew by PyTorch, and
#              their laws (needs Python 3 with venv and a few GB of disk)
#
# Usage: interop/run.sh [artifacts|export|serve|data|adversary ...]
#                                    artifacts, export and serve unless named
#
# The test data are looked for in $ORTRAIN_SHARED or in shared/ beside the
# repository. The programs go into the folder interop of $ORTRAIN_DEPS, once.
# When those three have run, the figures go to docs/NUMERICS.md.
set -eu
cd "$(dirname "$0")/.."
. .ci/lib.sh

need() {
	say "interop: $1"
	exit 1
}

shared=${ORTRAIN_SHARED:-../shared}
work=$PWD/build/interop
peers=$(deps_dir)/interop
parts=${*:-artifacts export serve}
mkdir -p "$work" "$peers"
: >"$work/figures"

# figures prints what a peer says and keeps it. tee would hide its exit code.
figures() {
	"$@" >"$work/said" || {
		cat "$work/said"
		need "the outputs differ too much, or the program failed"
	}
	tee -a "$work/figures" <"$work/said"
}

# stamp FOLDER FILE... says whether a folder was installed from these files.
stamp() {
	folder=$1
	shift
	cat "$@" | cmp -s - "$folder/installed-from"
}

# venv NAME PYTHON REQUIREMENTS makes a Python environment.
venv() {
	stamp "$peers/$1" "$3" && return
	say "interop: installing $3 into $peers/$1"
	rm -rf "${peers:?}/$1"
	if ! { "$2" -m venv "$peers/$1" && "$peers/$1/bin/pip" install --quiet --disable-pip-version-check -r "$3"; }; then
		need "$3 could not be installed with $2; is the package index reachable?"
	fi
	cp "$3" "$peers/$1/installed-from"
}

# node_modules NAME FOLDER installs what a package.json with its lock file says.
node_modules() {
	have node || need "node is missing; install Node 20 or newer"
	have npm || need "npm is missing; it comes with Node"
	stamp "$peers/$1" "$2/package.json" "$2/package-lock.json" && return
	say "interop: installing $2/package.json into $peers/$1"
	rm -rf "${peers:?}/$1"
	mkdir -p "$peers/$1"
	cp "$2/package.json" "$2/package-lock.json" "$peers/$1"
	(cd "$peers/$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
		need "$2/package.json could not be installed; is the package registry reachable?"
	cat "$2/package.json" "$2/package-lock.json" >"$peers/$1/installed-from"
}

artifacts() {
	golden=$shared/testdata/golden/bert-cls
	[ -f "$golden/case.json" ] || need "there is no golden case at $golden; set ORTRAIN_SHARED to the folder of the test data"
	have python3.11 || need "python3.11 is missing; the official training build has no packages for other recent versions"
	venv training python3.11 interop/requirements-training.txt
	rm -rf "$work/artifacts"
	go run ./interop/artifacts -case "$golden" -out "$work/artifacts"
	# A stand-in for PyTorch, which the package imports and does not use here.
	PYTHONPATH=interop/stub PYTHONDONTWRITEBYTECODE=1 figures "$peers/training/bin/python" interop/official.py "$work/artifacts"
}

export_() {
	data=$shared/data/banking77
	minilm=$(deps_dir)/models/all-MiniLM-L6-v2
	[ -f "$data/test.csv" ] || need "there is no banking77 at $data; set ORTRAIN_SHARED to the folder of the test data"
	[ -f "$minilm/model.safetensors" ] || need "the pretrained weights are missing; run make deps"
	have python3 || need "python3 is missing"
	venv export python3 interop/requirements-export.txt
	node_modules node interop
	rm -rf "$work/run" "$work/predictions"
	bin/ortrain train --quiet --model_name_or_path "$minilm" --train_file "$data/train.csv" --text_column text \
		--label_column category --output_dir "$work/run" --max_steps 60 --per_device_train_batch_size 32 --learning_rate 3e-4
	python3 interop/texts.py "$data/test.csv" text 200 "$work/texts"
	bin/ortrain predict --quiet --model_name_or_path "$work/run/export" --test_file "$work/texts.csv" --text_column text --output_dir "$work/predictions"
	figures "$peers/export/bin/python" interop/export.py "$work/run/export" "$work/texts.json" "$work/predictions/predictions.jsonl"
	INTEROP_NODE=$peers/node figures node interop/export.mjs "$work/run/export" "$work/texts.json" "$work/predictions/predictions.jsonl"
}

serve() {
	have python3 || need "python3 is missing"
	venv serve python3 examples/serve-python/requirements.txt
	node_modules serve-node examples/serve-node
	cp examples/serve-node/serve.mjs "$peers/serve-node/"
	(cd examples/serve-go && go build -o "$work/serve-go" .)
	rm -rf "$work/tiny"
	bin/ortrain train --quiet --config_name testdata/tiny/config.json --train_file testdata/tiny/train.csv --output_dir "$work/tiny" \
		--num_train_epochs 20 --learning_rate 5e-3 --logging_steps 100 --save_strategy no
	serve_lines "$work/tiny/export" interop/lines.txt "tiny BERT"
	case $parts in
	*export*serve*)
		python3 -c 'import json, sys; sys.stdout.writelines(t.replace("\n", " ") + "\n" for t in json.load(open(sys.argv[1])))' \
			"$work/texts.json" >"$work/texts.txt"
		serve_lines "$work/run/export" "$work/texts.txt" MiniLM
		;;
	esac
}

# serve_lines EXPORT LINES NAME lets all programs answer the same lines.
serve_lines() {
	PYTHONDONTWRITEBYTECODE=1 python3 interop/serve.py csv "$2" "$work/lines.csv"
	bin/ortrain predict --quiet --model_name_or_path "$1" --test_file "$work/lines.csv" --output_dir "$work/answers"
	ORTRAIN_ONNXRUNTIME=$(ort_library) "$work/serve-go" "$1" <"$2" >"$work/answers/go.txt"
	node "$peers/serve-node/serve.mjs" "$1" <"$2" >"$work/answers/node.txt"
	"$peers/serve/bin/python" examples/serve-python/serve.py "$1" <"$2" >"$work/answers/python.txt"
	PYTHONDONTWRITEBYTECODE=1 figures python3 interop/serve.py compare "$work/answers/predictions.jsonl" \
		"serve-go on $3=$work/answers/go.txt" "serve-node on $3=$work/answers/node.txt" "serve-python on $3=$work/answers/python.txt"
}

# ort_library is the file that the program itself loads.
ort_library() {
	bin/ortrain version | sed -n 's/^onnxruntime .* loaded from //p'
}

data() {
	train=$shared/data/banking77/train.csv
	conformance=$shared/data/parquet-testing
	minilm=$(deps_dir)/models/all-MiniLM-L6-v2
	[ -f "$train" ] || need "there is no banking77 at $train; set ORTRAIN_SHARED to the folder of the test data"
	have python3 || need "python3 is missing"
	venv data python3 interop/requirements-data.txt
	for format in parquet arrow; do
		bin/ortrain convert --label_column category "$train" "$work/rows.$format"
	done
	bin/ortrain prepare --quiet --model_name_or_path "$minilm" --train_file "$train" --label_column category --output_file "$work/ready.arrow"
	figures "$peers/data/bin/python" interop/data.py "$train" category "$minilm/tokenizer.json" "$work/rows.parquet" "$work/rows.arrow" "$work/ready.arrow"
	[ ! -d "$conformance" ] || {
		"$peers/data/bin/python" interop/parquet_vectors.py "$conformance" "$work/parquet.json"
		cmp "$work/parquet.json" pipeline/source/testdata/parquet.json || need "pyarrow reads other values than those in pipeline/source/testdata/parquet.json"
	}
}

adversary() {
	have python3 || need "python3 is missing"
	venv adversary python3 interop/requirements-adversary.txt
	PYTHONDONTWRITEBYTECODE=1 "$peers/adversary/bin/python" -m pytest -q -p no:cacheprovider interop/adversary
}

for part in $parts; do
	case $part in
	artifacts) artifacts ;;
	export) export_ ;;
	serve) serve ;;
	data) data ;;
	adversary) adversary ;;
	*) need "there is no part $part; artifacts, export, serve, data and adversary are" ;;
	esac
done

# The figures stand between two marks in the document.
if [ "$parts" = "artifacts export serve" ] && [ -f docs/NUMERICS.md ]; then
	awk -v figures="$work/figures" '
		/^<!-- interop:end -->/ { inside = 0 }
		!inside { print }
		/^<!-- interop:begin -->/ {
			inside = 1
			print "```text"
			while ((getline line < figures) > 0) print line
			print "```"
		}' docs/NUMERICS.md >"$work/NUMERICS.md"
	cp "$work/NUMERICS.md" docs/NUMERICS.md
fi

# Pages of reports, judged by a checker of HTML; alone: interop/html.sh.
[ $# -gt 0 ] || ./interop/html.sh

# shellcheck shell=bash
# What the benchmarks share: data, weights, the peer's packages, our binary.
# Sourced with the repository root as working directory.

# shellcheck source=/dev/null
. .ci/lib.sh
eval "$(./.ci/env.sh)"
deps=$(deps_dir)
data=${ORTRAIN_BENCH_DATA:-${ORTRAIN_SHARED:-../shared}/data/banking77}
model=$deps/models/all-MiniLM-L6-v2
[ -f "$data/train.csv" ] || { echo "no $data/train.csv; set ORTRAIN_BENCH_DATA" >&2; exit 1; }
[ -f "$model/model.safetensors" ] || { echo "no weights in $model; run make deps" >&2; exit 1; }

# The peer: an interpreter with bench/peers/requirements.txt.
python=${ORTRAIN_PEER_PYTHON:-}
if [ -z "$python" ]; then
	python=$deps/bench/bin/python
	if ! "$python" -c 'import torch, transformers, accelerate' 2>/dev/null; then
		echo "installing the peer (PyTorch and Transformers) into $deps/bench"
		python3 -m venv "$deps/bench"
		"$deps/bench/bin/pip" install --quiet -r bench/peers/requirements.txt
	fi
fi

mkdir -p build
go build -trimpath -o bin/ortrain ./cmd/ortrain
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false

# headline says what was measured on and with.
headline() {
	echo "$(date -u +%F), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, $(go version | cut -d' ' -f3)"
	"$python" -c 'import torch, transformers; print("PyTorch", torch.__version__ + ", Transformers", transformers.__version__)'
	echo
}

# middle of the numbers on standard input.
middle() { sort -n | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }

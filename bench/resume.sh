#!/usr/bin/env bash
# Kills a small run with SIGKILL at random points, resumes it, and compares the
# final weights and moments with those of a run that nobody disturbed, byte for
# byte; with shuffling over several windows, grouping by length, batches in
# pieces, accumulation and dropout. The argument is the number of kills (default
# 100). The data are read again window by window, as those beyond the memory
# budget are.
set -euo pipefail
cd "$(dirname "$0")/.."
eval "$(./.ci/env.sh)"
kills=${1:-100}
mkdir -p build
go build -trimpath -o bin/ortrain ./cmd/ortrain
work=$(mktemp -d "${TMPDIR:-/tmp}/ortrain-resume.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp testdata/tiny/config.json testdata/tiny/vocab.txt "$work"

# 2,000 rows of words of the vocabulary.
grep -x '[a-z]*' testdata/tiny/vocab.txt | awk -v rows=2000 '
	{ word[n++] = $1 }
	END {
		srand(7)
		print "text,label"
		for (i = 0; i < rows; i++) {
			text = i
			for (k = int(rand() * 20); k >= 0; k--) text = text " " word[int(rand() * n)]
			print text "," (rand() < .5 ? "yes" : "no")
		}
	}' > "$work/train.csv"
cat > "$work/run.yaml" <<YAML
config_name: $work/config.json
train_file: $work/train.csv
validation_split: 0.2
learning_rate: 1e-3
weight_decay: 0.01
per_device_train_batch_size: 16
max_tokens_per_batch: 128
gradient_accumulation_steps: 2
max_seq_length: 32
memory_budget: 0
shuffle_window: 256
threads: 1
YAML
bin/ortrain verify resume "$work/run.yaml" --steps 60 --kills "$kills"

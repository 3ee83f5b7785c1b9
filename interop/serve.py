"""Compares what the programs of examples/serve-* answer with "ortrain predict".

Usage: serve.py csv LINES.txt OUT.csv            the lines as a column text
       serve.py compare PREDICTIONS.jsonl NAME=ANSWERS.txt...

Exits with 1 if a label differs or a probability by more than 1e-4.
"""

import csv
import json
import sys

BOUND = 1e-4


def write_csv(lines, out):
    with open(lines, encoding="utf-8", newline="\n") as f, open(out, "w", encoding="utf-8", newline="") as to:
        writer = csv.writer(to, quoting=csv.QUOTE_ALL)
        writer.writerow(["text"])
        writer.writerows([line.rstrip("\n")] for line in f)


def compare(predictions, *answers):
    with open(predictions, encoding="utf-8") as f:
        ours = sorted((json.loads(line) for line in f), key=lambda p: p["row"])
    good = True
    for pair in answers:
        name, path = pair.split("=", 1)
        with open(path, encoding="utf-8") as f:
            theirs = [line.rstrip("\n").split("\t") for line in f]
        if len(theirs) != len(ours):
            sys.exit(f"{name}: {len(theirs)} answers to {len(ours)} lines")
        flips = sum(label != p["label"] for (label, _), p in zip(theirs, ours))
        worst = max(abs(float(score) - p["score"]) for (_, score), p in zip(theirs, ours))
        print(f"{name}: {len(ours)} lines, {flips} labels differ, probabilities by at most {worst:.1e}")
        good = good and flips == 0 and worst <= BOUND
    if not good:
        sys.exit(f"labels must be equal and probabilities within {BOUND}")


if __name__ == "__main__":
    {"csv": write_csv, "compare": compare}[sys.argv[1]](*sys.argv[2:])

"""Runs an export of ortrain with Python's onnxruntime and tokenizers.

Usage: export.py EXPORT_FOLDER TEXTS.json PREDICTIONS.jsonl

Compares labels and logits with ortrain's own predictions and exits with 1 if a
label differs or a logit by more than 1e-4.
"""

import json
import os
import sys

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

BOUND, BATCH, LENGTH = 1e-4, 8, 128


def main():
    folder, texts, predictions = sys.argv[1:4]
    with open(texts, encoding="utf-8") as f:
        texts = json.load(f)
    with open(predictions, encoding="utf-8") as f:
        ours = sorted((json.loads(line) for line in f), key=lambda p: p["row"])
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        labels = json.load(f)["id2label"]
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.enable_truncation(LENGTH)
    tokenizer.enable_padding()
    session = onnxruntime.InferenceSession(os.path.join(folder, "model.onnx"), providers=["CPUExecutionProvider"])
    logits = []
    for i in range(0, len(texts), BATCH):
        batch = tokenizer.encode_batch(texts[i : i + BATCH])
        columns = {
            "input_ids": [e.ids for e in batch],
            "attention_mask": [e.attention_mask for e in batch],
            "token_type_ids": [e.type_ids for e in batch],
        }
        feeds = {v.name: np.array(columns[v.name], dtype=np.int64) for v in session.get_inputs()}
        logits.extend(session.run(["logits"], feeds)[0])
    report(f"Python onnxruntime {onnxruntime.__version__}", np.array(logits), labels, ours)


def report(peer, logits, labels, ours):
    if len(ours) != len(logits):
        sys.exit(f"{peer}: {len(logits)} texts, but {len(ours)} predictions of ours")
    worst = float(np.max(np.abs(logits - np.array([p["logits"] for p in ours]))))
    flips = sum(labels[str(int(np.argmax(row)))] != p["label"] for row, p in zip(logits, ours))
    print(f"{peer}: {len(ours)} texts, {flips} labels differ, logits by at most {worst:.1e}")
    if flips or not worst <= BOUND:
        sys.exit(f"{peer}: labels must be equal and logits within {BOUND}")


main()

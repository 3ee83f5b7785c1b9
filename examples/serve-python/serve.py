"""Answers lines of standard input with a model that ortrain exported, without
ortrain: label and probability, a line each.

    python serve.py EXPORT_FOLDER < lines.txt
"""

import json
import os
import sys

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MAX_LENGTH = 128  # tokens: ortrain's --max_seq_length unless you changed it


class Classifier:
    """An export folder that has been opened."""

    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
            config = json.load(f)
        self.labels = [config["id2label"][str(i)] for i in range(len(config["id2label"]))]
        self.tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(min(MAX_LENGTH, config["max_position_embeddings"]))
        self.session = onnxruntime.InferenceSession(os.path.join(folder, "model.onnx"), providers=["CPUExecutionProvider"])
        self.inputs = [v.name for v in self.session.get_inputs()]

    def classify(self, text):
        """Returns the likeliest label of a text and its probability."""
        e = self.tokenizer.encode(text)
        columns = {"input_ids": e.ids, "attention_mask": e.attention_mask, "token_type_ids": e.type_ids}
        feeds = {name: np.array([columns[name]], dtype=np.int64) for name in self.inputs}
        logits = self.session.run(["logits"], feeds)[0][0].astype(np.float64)
        scores = np.exp(logits - logits.max())
        best = int(scores.argmax())
        return self.labels[best], scores[best] / scores.sum()


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: python serve.py EXPORT_FOLDER < lines.txt")
    folder = sys.argv[1]
    classifier = Classifier(folder)
    if os.path.exists(os.path.join(folder, "clean.yaml")):
        print("serve.py: the model was trained on cleaned texts; clean the lines by clean.yaml first (README.md)", file=sys.stderr)
    sys.stdin.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    for line in sys.stdin:
        label, p = classifier.classify(line.rstrip("\r\n"))
        print(f"{label}\t{p:.6f}", flush=True)


if __name__ == "__main__":
    main()

"""Trains artifacts that ortrain wrote in the official training build of ONNX Runtime.

Usage: official.py FOLDER     (as written by interop/artifacts)

For every setting: all steps from the start, the second half from ortrain's own
checkpoint with its moments, the evaluation loss after training, and the weights
then against ortrain's. Exits with 1 if a loss differs by more than 1e-5, a weight
by more than 2e-5, or the bias of an attention key by more than 2e-4.
"""

import json
import os
import sys

import numpy as np
import onnxruntime
from onnxruntime.training.api import CheckpointState, Module, Optimizer

LOSSES, WEIGHTS, KEY_BIASES = 1e-5, 2e-5, 2e-4


onnxruntime.set_default_logger_severity(3)


def scalar(outputs):
    return float(np.asarray(outputs[0] if isinstance(outputs, (tuple, list)) else outputs))


def train(folder, feeds, rates):
    """Runs one step per feed and returns the losses, the evaluation loss and the state."""
    state = CheckpointState.load_checkpoint(os.path.join(folder, "checkpoint"))
    module = Module(os.path.join(folder, "training_model.onnx"), state, os.path.join(folder, "eval_model.onnx"))
    optimizer = Optimizer(os.path.join(folder, "optimizer_model.onnx"), module)
    module.train()
    losses = []
    for feed, rate in zip(feeds, rates):
        optimizer.set_learning_rate(rate)
        losses.append(scalar(module(*feed)))
        optimizer.step()
        module.lazy_reset_grad()
    module.eval()
    return losses, scalar(module(*feeds[-1])), state


def difference(a, b):
    return float(np.max(np.abs(np.asarray(a) - np.asarray(b))))


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "expected.json")) as f:
        expected = json.load(f)
    half, rates = expected["half"], expected["learning_rates"]
    print(f"official training build {onnxruntime.__version__}, {len(rates)} steps; largest absolute differences")
    print(f"{'setting':24}{'losses':>10}{'resumed':>10}{'eval':>10}{'weights':>10}{'key bias':>10}")
    good = True
    for s in expected["settings"]:
        feeds = [[np.array(b[k], dtype=np.int64) for k in s["inputs"]] for b in expected["batches"]]
        base = os.path.join(folder, s["name"])
        losses, evaluation, state = train(base, feeds, rates)
        resumed, _, _ = train(base + "-half", feeds[half:], rates[half:])
        ours = CheckpointState.load_checkpoint(os.path.join(base + "-end", "checkpoint"))
        weights, biases = 0.0, 0.0
        for name, p in state.parameters:
            d = difference(p.data, ours.parameters[name].data)
            if name.endswith("key.bias"):  # their true gradient is 0: AdamW follows the rounding errors
                biases = max(biases, d)
            else:
                weights = max(weights, d)
        row = [difference(losses, s["losses"]), difference(resumed, s["losses"][half:]), difference(evaluation, s["eval"])]
        print(f"{s['name']:24}" + "".join(f"{v:10.1e}" for v in row + [weights, biases]))
        good = good and max(row) <= LOSSES and weights <= WEIGHTS and biases <= KEY_BIASES
    if not good:
        sys.exit(f"losses must agree within {LOSSES}, weights within {WEIGHTS}, biases of keys within {KEY_BIASES}")


main()

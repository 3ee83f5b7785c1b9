"""Writes the vectors of every method, or checks the ones that are there.

Usage: make_vectors.py --out FOLDER                   for the model in FOLDER/model
       make_vectors.py --out FOLDER --golden GOLDEN   for a model and batches given elsewhere
       make_vectors.py --out FOLDER --check           computes anew and compares
       make_vectors.py --out FOLDER --new-model       draws the model and its batches
The fields of what is written are in the README beside this file.
"""

import argparse
import json
import os
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file

import attacks
import cases
import mixing
import smoothness
from bert import Bert
from engine import Draws, Record, train

METHODS = {**attacks.METHODS, **smoothness.METHODS, **mixing.METHODS}
FEW = ("embeddings.word_embeddings.weight", "embeddings.LayerNorm.weight", "classifier.weight",
       "classifier.bias", "layer.0.attention.self.query.weight", "layer.0.attention.self.value.weight", "layer.1.output.dense.weight")
SAME, STEPS = 2e-6, 2
LENGTHS = ([13, 5, 9, 3], [8, 11, 4, 6])
OPTIMIZER = {"name": "AdamW", "betas": [0.9, 0.999], "eps": 1e-6, "weight_decay": 0.01, "no_decay": "names ending in bias, or containing norm (any case)",
             "clip_grad_norm": 1.0, "learning_rates": [2e-3] * STEPS}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--golden")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--new-model", action="store_true")
    parser.add_argument("--only", nargs="*", help="names of cases, or how they begin")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.new_model:
        return new_model(args.out)
    if args.golden:
        adopt(args.golden, args.out)
    bad = 0
    for name, p, full in cases.every():
        if args.only and not name.startswith(tuple(args.only)):
            continue
        made = make(args.out, name, p, full)
        bad += compare(args.out, name, made) if args.check else write(args.out, name, made)
    if bad:
        sys.exit(f"{bad} cases differ from what is stored")


def run(folder, name, p, dtype):
    """One case in one precision."""
    bert = Bert.load(os.path.join(folder, "model"), dtype)
    record = Record(dtype)
    listed, optimizer = batches(folder, p)
    train(bert, listed, optimizer, METHODS[name.split("-")[0]], p, Draws(name, p.get("seed", 0), record), record)
    return record


def batches(folder, p):
    with open(os.path.join(folder, "batches.json"), encoding="utf-8") as f:
        file = json.load(f)
    out = [{k: torch.tensor(v) for k, v in b.items()} for b in file["batches"]]
    for batch in out:
        for row in p.get("unlabelled", []):
            batch["labels"][row : row + 1] = -100  # A row past the last is none.
    return out, file["optimizer"]


def make(folder, name, p, full):
    """The case in float64, and how far float32 is from it."""
    if "unlabelled" in p:
        rows = len(batches(folder, {})[0][0]["labels"])
        p = {**p, "unlabelled": [row for row in p["unlabelled"] if row < rows]}
    exact, single = run(folder, name, p, torch.float64), run(folder, name, p, torch.float32)
    tensors, listed, floors = {}, [], gradient_floors(exact)
    for key, value in exact.tensors.items():
        if not (full or wanted(key)):
            continue
        tensors[key] = value.to(torch.float32) if value.is_floating_point() else value
        listed.append({"name": key, "shape": list(value.shape), "role": exact.roles[key], "float32_error": error(single.tensors[key], value, floors.get(key, 0))})
    for a, b in zip(exact.steps, single.steps):
        a["loss"] = sum(x["weight"] * x["loss"] for x in a["passes"])
        other = sum(x["weight"] * x["loss"] for x in b["passes"])
        a["loss_float32_error"] = significant(abs(a["loss"] - other) / max(abs(a["loss"]), 1e-30))
    case = {"case": name, "method": name.split("-")[0], "model": "../model", "batches": "../batches.json", "params": p, "optimizer": batches(folder, p)[1],
            "steps": exact.steps, "all_weights": full, "sign_margin": sign_margin(exact, p), "tensors": listed}
    return case, {k: v.contiguous() for k, v in tensors.items()}


def wanted(key):
    """Of weights only a few are written, unless the case asks for all; what belongs to no weight is written always."""
    return not any(part in key for part in ("grad.bert.", "grad.classifier.", "final.", "teacher.", "shift.")) or key.endswith(FEW)


def sign_margin(record, p):
    """How near a sign is to turning over: the smallest value of a gradient whose sign is taken, relative to its largest."""
    if p.get("direction") != "sign":
        return None
    grads = [g for k, g in record.tensors.items() if ".inner" in k and k.endswith(".grad")]
    return significant(min(float(g[g != 0].abs().min() / g.abs().max()) for g in grads))


def gradient_floors(record):
    """A weight's gradient is measured against at least 1e-3 of the model's largest: that of a key bias is 0 but for rounding."""
    largest = {}
    for key, value in record.tensors.items():
        if ".grad." in key:
            update = key.split(".grad.")[0]
            largest[update] = max(largest.get(update, 0), float(value.abs().max()))
    return {key: 1e-3 * largest[key.split(".grad.")[0]] for key in record.tensors if ".grad." in key}


def error(single, exact, floor=0.0):
    """The largest difference, relative to the tensor's largest value."""
    if not exact.is_floating_point():
        return float((single != exact).any())
    gap, largest = float((single.double() - exact.double()).abs().max()), max(float(exact.abs().max()), floor)
    return significant(gap / largest) if largest > 0 else gap


def significant(x):
    return float(f"{x:.2g}")


def write(folder, name, made):
    case, tensors = made
    where = os.path.join(folder, name)
    os.makedirs(where, exist_ok=True)
    save(tensors, os.path.join(where, "tensors.safetensors"))
    with open(os.path.join(where, "case.json"), "w", encoding="utf-8") as f:
        f.write(dump(case))
    worst = max((t for t in case["tensors"] if not t["name"].startswith("final.")), key=lambda t: t["float32_error"])
    print(f"{name}: losses {[round(s['loss'], 6) for s in case['steps']]}, float32 is off by at most {worst['float32_error']:.1e} ({worst['name']})", flush=True)
    return 0


def save(tensors, path):
    save_file(tensors, path, {"format": "pt"})
    os.chmod(path, 0o644)


def dump(case):
    """JSON with one line per step and per tensor."""
    short = {k: v for k, v in case.items() if k not in ("steps", "tensors")}
    lines = lambda xs: "[\n  " + ",\n  ".join(json.dumps(x) for x in xs) + "\n ]"
    head = ",\n ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in short.items())
    return "{\n " + head + ",\n \"steps\": " + lines(case["steps"]) + ",\n \"tensors\": " + lines(case["tensors"]) + "\n}\n"


def compare(folder, name, made):
    """Says whether a case differs from the stored one."""
    case, tensors = made
    stored = load_file(os.path.join(folder, name, "tensors.safetensors"))
    with open(os.path.join(folder, name, "case.json"), encoding="utf-8") as f:
        known = json.load(f)
    if stored.keys() != tensors.keys() or known["params"] != json.loads(json.dumps(case["params"])):
        print(f"{name}: tensors or parameters are not those of the stored case")
        return 1
    floors = {t["name"]: 1e-3 for t in case["tensors"] if t["name"].endswith("key.bias")}
    worst = max((error(stored[k], tensors[k], floors.get(k, 0)), k) for k in tensors)
    gap = max(abs(a["loss"] - b["loss"]) for a, b in zip(case["steps"], known["steps"]))
    print(f"{name}: tensors differ by at most {worst[0]:.1e} ({worst[1]}), losses by {gap:.1e}")
    return int(worst[0] > SAME or gap > SAME)


def adopt(golden, out):
    """Puts the model and the batches of a golden case into a folder outside the repository."""
    os.makedirs(os.path.join(out, "model"), exist_ok=True)
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(os.path.join(golden, name), os.path.join(out, "model", name))
    with open(os.path.join(golden, "case.json"), encoding="utf-8") as f:
        case = json.load(f)
    known = case["optimizer"]
    write_batches(out, case["batches"][:STEPS], {**OPTIMIZER, **{k: known[k] for k in ("betas", "weight_decay", "clip_grad_norm")}})


def write_batches(out, listed, optimizer):
    with open(os.path.join(out, "batches.json"), "w", encoding="utf-8") as f:
        rows = [",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in b.items()) for b in listed]
        f.write('{"optimizer": ' + json.dumps(optimizer) + ',\n "batches": [\n {\n' + "\n },\n {\n".join(rows) + "\n }\n]}\n")


CONFIG = {
    "architectures": ["BertForSequenceClassification"], "model_type": "bert", "dtype": "float32", "hidden_act": "gelu",
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 44,
    "max_position_embeddings": 16, "type_vocab_size": 2, "pad_token_id": 0, "layer_norm_eps": 1e-12, "initializer_range": 0.02,
    "attention_probs_dropout_prob": 0.0, "hidden_dropout_prob": 0.0, "classifier_dropout": 0.0,
    "id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, "label2id": {"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2},
}


def shapes():
    h, f = CONFIG["hidden_size"], CONFIG["intermediate_size"]
    out, e = {}, "bert.embeddings."
    for name, rows in (("word", "vocab_size"), ("position", "max_position_embeddings"), ("token_type", "type_vocab_size")):
        out[f"{e}{name}_embeddings.weight"] = (CONFIG[rows], h)
    norms, dense = [e + "LayerNorm"], [("bert.pooler.dense", h, h), ("classifier", len(CONFIG["id2label"]), h)]
    for i in range(CONFIG["num_hidden_layers"]):
        n = f"bert.encoder.layer.{i}."
        dense += [(n + "attention.self." + x, h, h) for x in ("query", "key", "value")]
        dense += [(n + "attention.output.dense", h, h), (n + "intermediate.dense", f, h), (n + "output.dense", h, f)]
        norms += [n + "attention.output.LayerNorm", n + "output.LayerNorm"]
    for name, rows, columns in dense:
        out |= {name + ".weight": (rows, columns), name + ".bias": (rows,)}
    for name in norms:
        out |= {name + ".weight": (h,), name + ".bias": (h,)}
    return out


def new_model(out):
    """Draws a model whose nonlinearities matter, and two batches of unequal lengths."""
    g = torch.Generator().manual_seed(7)
    weights = {}
    for name, shape in shapes().items():
        deviation = 0.3 if len(shape) == 2 else 0.05
        weights[name] = torch.randn(shape, generator=g) * deviation + float(name.endswith("LayerNorm.weight"))
    os.makedirs(os.path.join(out, "model"), exist_ok=True)
    save(weights, os.path.join(out, "model", "model.safetensors"))
    with open(os.path.join(out, "model", "config.json"), "w", encoding="utf-8") as f:
        f.write(json.dumps(CONFIG, indent=1) + "\n")
    write_batches(out, [new_batch(g, lengths) for lengths in LENGTHS], OPTIMIZER)


def new_batch(g, lengths):
    rows, longest = len(lengths), max(lengths)
    draw = lambda low, high, shape: torch.randint(low, high, shape, generator=g)
    ids, types, mask = draw(5, CONFIG["vocab_size"], (rows, longest)), torch.zeros(rows, longest, dtype=torch.long), torch.zeros(rows, longest, dtype=torch.long)
    for i, n in enumerate(lengths):
        mask[i, :n] = 1
        ids[i, n:], ids[i, 0], ids[i, n - 1] = CONFIG["pad_token_id"], 3, 4
        types[i, n // 2 : n] = 1
    batch = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types, "labels": draw(0, len(CONFIG["id2label"]), (rows,))}
    return {k: v.tolist() for k, v in batch.items()}


if __name__ == "__main__":
    main()

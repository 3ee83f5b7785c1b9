#!/usr/bin/env python3
"""The peer: optimizer steps of BERT-base with random weights in PyTorch eager
mode, on the same token stream as bench/step. Prints one JSON object."""
import argparse
import csv
import json
import resource
import statistics
import time

import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--texts", required=True)
    p.add_argument("--column", default="text")
    p.add_argument("--tokenizer", required=True)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--length", type=int, default=128)
    p.add_argument("--steps", type=int, default=5)
    p.add_argument("--skip", type=int, default=2)
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(42)
    tokenizer = AutoTokenizer.from_pretrained(a.tokenizer)
    with open(a.texts, newline="", encoding="utf-8") as f:
        texts = [r[a.column] for r in csv.DictReader(f)]
    ids = [i for e in tokenizer(texts, add_special_tokens=False)["input_ids"] for i in e]
    model = BertForSequenceClassification(BertConfig(num_labels=2))
    model.train()
    decay = [w for n, w in model.named_parameters() if not n.endswith("bias") and "norm" not in n.lower()]
    plain = [w for n, w in model.named_parameters() if n.endswith("bias") or "norm" in n.lower()]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=2e-5)
    labels = torch.tensor([i % 2 for i in range(a.batch)])
    times = []
    size = a.batch * a.length
    for step in range(1, a.skip + a.steps + 1):
        at = step * size % (len(ids) - size)
        batch = torch.tensor(ids[at:at + size]).view(a.batch, a.length)
        start = time.perf_counter()
        loss = model(input_ids=batch, attention_mask=torch.ones_like(batch), labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
        if step > a.skip:
            times.append(time.perf_counter() - start)
    print(json.dumps({"batch": a.batch, "length": a.length, "steps": a.steps, "step_s": statistics.median(times),
                      "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()

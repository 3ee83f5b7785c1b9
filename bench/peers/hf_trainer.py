#!/usr/bin/env python3
"""The peer: the same fine-tuning with Hugging Face Trainer.

Prints one JSON object: examples per second without evaluation, test accuracy
and peak memory. Loads nothing from a hub: model and data are local folders.
"""
import argparse
import csv
import json
import resource
import time

import torch
from transformers import (AutoModelForSequenceClassification, AutoTokenizer,
                          DataCollatorWithPadding, Trainer, TrainerCallback,
                          TrainingArguments, set_seed)


class Rows(torch.utils.data.Dataset):
    def __init__(self, tokenizer, rows, labels, length):
        self.items = []
        for text, label in rows:
            item = tokenizer(text, truncation=True, max_length=length)
            item["labels"] = labels[label]
            item["length"] = len(item["input_ids"])
            self.items.append(dict(item))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return {k: v for k, v in self.items[i].items() if k != "length"}

    def column(self, name):
        return [item[name] for item in self.items]


class Clock(TrainerCallback):
    """Times the steps after a warm-up, so that start-up counts on no side."""

    def __init__(self, skip):
        self.skip, self.start, self.end = skip, None, None

    def on_step_end(self, args, state, control, **kwargs):
        now = time.perf_counter()
        if state.global_step == self.skip:
            self.start = now
        self.end = now
        self.steps = state.global_step - self.skip


def read(path, text, label):
    with open(path, newline="", encoding="utf-8") as f:
        return [(r[text], r[label]) for r in csv.DictReader(f)]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--model", required=True)
    p.add_argument("--train", required=True)
    p.add_argument("--test")
    p.add_argument("--text", default="text")
    p.add_argument("--label", default="category")
    p.add_argument("--seed", type=int, default=42)
    p.add_argument("--epochs", type=float, default=3)
    p.add_argument("--max-steps", type=int, default=-1)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--lr", type=float, default=3e-4)
    p.add_argument("--group-by-length", action="store_true")
    p.add_argument("--skip", type=int, default=5, help="steps before the clock starts")
    p.add_argument("--rows", type=int, default=0, help="train on the first rows only")
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()

    torch.set_num_threads(a.threads)
    set_seed(a.seed)
    train = read(a.train, a.text, a.label)
    names = sorted({label for _, label in train})
    train = train[:a.rows] if a.rows else train
    labels = {n: i for i, n in enumerate(names)}
    tokenizer = AutoTokenizer.from_pretrained(a.model)
    model = AutoModelForSequenceClassification.from_pretrained(a.model, num_labels=len(names))
    options = dict(
        output_dir="/tmp/hf-trainer-peer", per_device_train_batch_size=a.batch, per_device_eval_batch_size=64,
        learning_rate=a.lr, num_train_epochs=a.epochs, max_steps=a.max_steps, weight_decay=0.01,
        lr_scheduler_type="linear", warmup_steps=0, max_grad_norm=1.0, seed=a.seed, save_strategy="no",
        report_to=[], logging_steps=50, disable_tqdm=True, use_cpu=True, dataloader_num_workers=0)
    if a.group_by_length:
        # The option's name changed between major versions.
        fields = TrainingArguments.__dataclass_fields__
        options.update({"group_by_length": True} if "group_by_length" in fields
                       else {"train_sampling_strategy": "group_by_length"})
    clock = Clock(a.skip)
    trainer = Trainer(
        model=model, args=TrainingArguments(**options), train_dataset=Rows(tokenizer, train, labels, 128),
        data_collator=DataCollatorWithPadding(tokenizer), callbacks=[clock])
    trainer.train()
    out = {"seed": a.seed, "group_by_length": a.group_by_length, "steps": clock.steps + clock.skip,
           "examples_per_s": a.batch * clock.steps / (clock.end - clock.start),
           "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    if a.test:
        test = Rows(tokenizer, read(a.test, a.text, a.label), labels, 128)
        # Grouping by length reorders evaluation too: compare with the labels that
        # come back beside the predictions.
        result = trainer.predict(test)
        out["accuracy"] = float((result.predictions.argmax(-1) == result.label_ids).mean())
    print(json.dumps(out))


if __name__ == "__main__":
    main()

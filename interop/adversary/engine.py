"""What all methods share: where a perturbation goes, how it starts, what is recorded, and the optimizer's step."""

import math
import zlib

import torch

from bert import WORD, cross_entropy
from geometry import direction, project

class Draws:
    """Random inputs of one case, drawn in float32 and written with the case, so that nobody else has to draw them."""

    def __init__(self, case, seed, record):
        self.generator = torch.Generator().manual_seed(zlib.crc32(case.encode()) + seed)
        self.record = record

    def _keep(self, name, value):
        self.record.tensor(name, value, "input")
        return value.to(self.record.dtype) if value.is_floating_point() else value

    def uniform(self, name, shape, low=-1.0, high=1.0):
        return self._keep(name, torch.rand(shape, generator=self.generator) * (high - low) + low)

    def normal(self, name, shape):
        return self._keep(name, torch.randn(shape, generator=self.generator))

    def mask(self, name, shape, p):
        """A dropout mask: 1 keeps, 0 drops."""
        keep = (torch.rand(shape, generator=self.generator) >= p).to(torch.uint8)
        return self._keep(name, keep).to(self.record.dtype) / (1 - p)

    def permutation(self, name, n):
        """A permutation with one fixed point at most."""
        while True:
            order = torch.randperm(n, generator=self.generator)
            if int((order == torch.arange(n)).sum()) < 2:
                return self._keep(name, order)


class Record:
    """Tensors and losses of a run, in the order in which they came to be."""

    def __init__(self, dtype):
        self.dtype, self.tensors, self.roles, self.steps = dtype, {}, {}, []

    def begin(self, batch):
        self.steps.append({"batch": batch, "passes": [], "updates": []})
        self.prefix = f"step{len(self.steps)}."

    def tensor(self, name, value, role="expected"):
        self.tensors[self.prefix + name] = value.detach().clone()
        self.roles[self.prefix + name] = role

    def loss(self, kind, value, weight):
        """One forward pass: what for, its loss, and its weight in the objective (0 where it only moves delta)."""
        self.steps[-1]["passes"].append({"kind": kind, "loss": float(value.detach()), "weight": weight})


class Place:
    """A perturbation's place in the model for one batch."""

    def __init__(self, bert, batch, where, drop=None):
        self.bert, self.batch, self.where, self.drop = bert, batch, where, drop
        shape = (*batch["input_ids"].shape, bert.config["hidden_size"])
        self.shape = bert.weights[WORD].shape if where == "matrix" else shape

    def zeros(self):
        return torch.zeros(self.shape, dtype=self.bert.dtype)

    def mask(self, x):
        """x with 0 at padded positions."""
        return x if self.where == "matrix" else x * self.batch["attention_mask"][:, :, None].to(x.dtype)

    def lengths(self):
        return self.batch["attention_mask"].sum(1).to(self.bert.dtype)[:, None, None]

    def logits(self, delta=None):
        if delta is None:
            return self.bert.forward(self.batch, drop=self.drop)
        if self.where == "matrix":
            return self.bert.forward(self.batch, drop=self.drop, weights={**self.bert.weights, WORD: self.bert.weights[WORD] + delta})
        return self.bert.forward(self.batch, self.edit(delta), self.drop)

    def edit(self, delta):
        return lambda at, h, mask: (h + delta if at == self.where else h, mask)

    def loss(self, delta=None):
        return cross_entropy(self.logits(delta), self.batch["labels"])

    def first(self, delta):
        return self.bert.first(self.batch, self.edit(delta), self.drop)


def start(place, p, draw, record):
    """The first perturbation: 0; uniform in ±m (linf) or in ±m/√(length·H) (l2), m the start magnitude; or normal with deviation m."""
    kind, m = p.get("start", "zero"), p.get("start_magnitude", 0.0)
    if kind == "zero":
        delta = place.zeros()
    elif kind == "normal":
        delta = place.mask(draw.normal("noise", place.shape)) * m
    else:
        delta = place.mask(draw.uniform("noise", place.shape)) * m
        if p["norm"] == "l2":
            delta = delta / torch.sqrt(place.lengths() * place.shape[-1])
    record.tensor("start", delta)
    return delta


def ascend(place, delta, grad, p):
    """One ascent step: Π(δ + α·direction(g))."""
    moved = delta + p["step_size"] * direction(place.mask(grad), p["direction"], p["per"])
    return place.mask(project(moved, p["norm"], p["per"], p["radius"]))


def slope(loss, delta):
    return torch.autograd.grad(loss, delta, retain_graph=True)[0]


def weight_grads(bert, objective):
    """The objective's gradient for every weight, 0 where it has none."""
    grads = torch.autograd.grad(objective, list(bert.weights.values()), allow_unused=True)
    return {n: torch.zeros_like(w) if g is None else g for (n, w), g in zip(bert.weights.items(), grads)}


def add(total, grads, weight):
    return {n: (total[n] if total else 0) + weight * g for n, g in grads.items()}


def adamw(bert, o):
    bare = [w for n, w in bert.weights.items() if n.endswith("bias") or "norm" in n.lower()]
    rest = [w for n, w in bert.weights.items() if not (n.endswith("bias") or "norm" in n.lower())]
    groups = [{"params": rest, "weight_decay": o["weight_decay"]}, {"params": bare, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=o["learning_rates"][0], betas=tuple(o["betas"]), eps=o["eps"])


def update(bert, optimizer, grads, rate, clip):
    """Clips the gradient's norm and makes one AdamW step; returns the norm before clipping."""
    for n, w in bert.weights.items():
        w.grad = grads[n].detach().clone()
    norm = float(torch.nn.utils.clip_grad_norm_(bert.weights.values(), clip))
    for g in optimizer.param_groups:
        g["lr"] = rate
    optimizer.step()
    return norm


def train(bert, batches, o, method, p, draw, record):
    """Every batch under a method, with optimizer settings o; every gradient that the method yields is one optimizer step."""
    optimizer = adamw(bert, o)
    for i, (batch, rate) in enumerate(zip(batches, o["learning_rates"])):
        record.begin(i)
        for u, grads in enumerate(method(bert, batch, p, draw, record)):
            norm = update(bert, optimizer, grads, rate, o["clip_grad_norm"])
            if not math.isfinite(norm):
                raise FloatingPointError("the gradient's norm is not finite")
            for n, g in grads.items():
                record.tensor(f"update{u + 1}.grad.{n}", g)
            record.steps[-1]["updates"].append({"grad_norm": norm, "learning_rate": rate})
    record.prefix = ""
    for n, w in bert.weights.items():
        record.tensor(f"final.{n}", w)

"""A small BERT for sequence classification, written out.

Weights are a plain dictionary in Hugging Face names, so that a method can
evaluate the model at other weights without touching it. On its way from token
ids to logits the hidden state passes named places; an edit (see `forward`) may
change it there. The post-LayerNorm form of the BERT paper, erf GELU.
"""

import json
import math
import os

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

WORD = "bert.embeddings.word_embeddings.weight"


def keep(place, hidden, mask):
    """The edit that changes nothing."""
    return hidden, mask


class Bert:
    def __init__(self, config, weights, dtype):
        self.config, self.dtype = config, dtype
        self.weights = {n: w.to(dtype).clone().requires_grad_() for n, w in weights.items()}

    @classmethod
    def load(cls, folder, dtype):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
            config = json.load(f)
        if config["model_type"] != "bert" or config["hidden_act"] != "gelu":
            raise SystemExit(f"{folder}: a BERT with GELU is expected")
        return cls(config, load_file(os.path.join(folder, "model.safetensors")), dtype)

    def linear(self, w, name, x):
        return F.linear(x, w[name + ".weight"], w[name + ".bias"])

    def norm(self, w, name, x):
        return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], self.config["layer_norm_eps"])

    def embed(self, w, batch, edit, drop):
        """Returns the embedding layer's output and the attention mask."""
        e, ids = "bert.embeddings.", batch["input_ids"]
        h, mask = edit("lookup", w[WORD][ids], batch["attention_mask"])
        place = w[e + "position_embeddings.weight"][: ids.shape[1]]
        h, mask = edit("embedding_sum", h + place + w[e + "token_type_embeddings.weight"][batch["token_type_ids"]], mask)
        h, mask = edit("embedding_output", self.norm(w, e + "LayerNorm", h), mask)
        return drop("embedding", h), mask

    def layer(self, w, i, h, mask, drop):
        n = f"bert.encoder.layer.{i}."
        b, s, width = h.shape
        heads = self.config["num_attention_heads"]
        split = lambda x: x.view(b, s, heads, width // heads).transpose(1, 2)
        q, k, v = (split(self.linear(w, n + "attention.self." + x, h)) for x in ("query", "key", "value"))
        scores = q @ k.transpose(-1, -2) / math.sqrt(width // heads)
        scores = scores.masked_fill(mask[:, None, None, :] == 0, torch.finfo(torch.float32).min)
        p = drop(f"layer.{i}.probabilities", scores.softmax(-1))
        context = (p @ v).transpose(1, 2).reshape(b, s, width)
        out = drop(f"layer.{i}.attention", self.linear(w, n + "attention.output.dense", context))
        h = self.norm(w, n + "attention.output.LayerNorm", h + out)
        out = self.linear(w, n + "output.dense", F.gelu(self.linear(w, n + "intermediate.dense", h)))
        return self.norm(w, n + "output.LayerNorm", h + drop(f"layer.{i}.output", out))

    def first(self, batch, edit=keep, drop=None):
        """The output of the first encoder layer, all that YOPO's inner loop runs."""
        drop = drop or (lambda site, x: x)
        h, mask = self.embed(self.weights, batch, edit, drop)
        return self.layer(self.weights, 0, h, mask, drop)

    def forward(self, batch, edit=keep, drop=None, weights=None):
        """Returns the logits.

        edit(place, hidden, mask) is called at `lookup`, `embedding_sum` (before
        LayerNorm), `embedding_output` (after LayerNorm, before dropout),
        `hidden.1` … (after that many encoder layers) and `pooled`, and returns
        the hidden state and the attention mask to go on with. drop(site, x)
        applies dropout.
        """
        w, drop = weights or self.weights, drop or (lambda site, x: x)
        h, mask = self.embed(w, batch, edit, drop)
        for i in range(self.config["num_hidden_layers"]):
            h, mask = edit(f"hidden.{i + 1}", self.layer(w, i, h, mask, drop), mask)
        pooled, _ = edit("pooled", torch.tanh(self.linear(w, "bert.pooler.dense", h[:, 0])), mask)
        return self.linear(w, "classifier", drop("pooled", pooled))


def cross_entropy(logits, labels):
    """The mean over the rows that have a label; -100 marks a row that has none."""
    if not bool((labels >= 0).any()):
        return logits.sum() * 0
    return F.cross_entropy(logits, labels, ignore_index=-100)


def kl(p, q):
    """KL(softmax p ‖ softmax q) of logits, mean over the rows."""
    p, q = p.log_softmax(-1), q.log_softmax(-1)
    return (p.exp() * (p - q)).sum(-1).mean()


def symmetric_kl(p, q):
    return kl(p, q) + kl(q, p)

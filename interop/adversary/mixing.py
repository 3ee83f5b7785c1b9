"""AWP (perturbs weights), NEFTune (noise) and mixup (mixes pairs of rows)."""

import torch

from attacks import mixed
from bert import cross_entropy
from engine import Place, weight_grads


def awp(bert, batch, p, draw, record):
    """Weights w + v in a second pass, v along the gradient in proportion to each tensor's own norm; the step is then made from w."""
    place = Place(bert, batch, "lookup")
    loss = place.loss()
    record.loss("ascent", loss, 0.0)
    grads = weight_grads(bert, loss)
    shifted = dict(bert.weights)
    for n, w in bert.weights.items():
        if w.dim() > 1 and "weight" in n:
            v = weight_shift(w.detach(), grads[n], p)
            shifted[n] = w + v
            record.tensor(f"shift.{n}", v)
    adversarial = cross_entropy(bert.forward(batch, weights=shifted), batch["labels"])
    record.loss("adversarial", adversarial, p["adversarial_weight"])
    objective = p["adversarial_weight"] * adversarial
    if p["clean_weight"]:
        record.loss("clean", loss, p["clean_weight"])
        objective = objective + p["clean_weight"] * place.loss()
    yield weight_grads(bert, objective)


def weight_shift(w, g, p):
    """Paper: γ·‖w‖·g/(‖g‖ + 1e-20). Clamped: α·(‖w‖ + 1e-6)·g/(‖g‖ + 1e-6), then each element within ±ε·|w|."""
    if p["compat"] == "paper":
        return p["gamma"] * w.norm() * g / (g.norm() + 1e-20)
    v = p["step_size"] * (w.norm() + 1e-6) * g / (g.norm() + 1e-6)
    bound = p["radius"] * w.abs()
    return torch.maximum(torch.minimum(v, bound), -bound)


def neftune(bert, batch, p, draw, record):
    """δ = α/√(L·H)·U(-1, 1), L the row's length (reference: the batch's longest)."""
    place = Place(bert, batch, p["where"])
    length = place.lengths() if p["compat"] == "paper" else torch.tensor(float(place.shape[1]), dtype=bert.dtype)
    delta = place.mask(draw.uniform("noise", place.shape)) * p["alpha"] / torch.sqrt(length * place.shape[2])
    record.tensor("start", delta)
    yield weight_grads(bert, mixed(place, delta, p, record))


def mixup(bert, batch, p, draw, record):
    """h = λ·h_a + (1-λ)·h_b at one place, b = a permuted; λ·ℓ(y_a) + (1-λ)·ℓ(y_b). The mask from there on is the union of both."""
    rows = batch["input_ids"].shape[0]
    other = draw.permutation("permutation", rows)
    share = draw.uniform("lambda", (rows,), 0.0, 1.0)

    def edit(at, h, mask):
        return blend(h, mask, other, share, p["padding"]) if at == p["where"] else (h, mask)

    logits = bert.forward(batch, edit)
    each = lambda y: torch.nn.functional.cross_entropy(logits, y, reduction="none")
    loss = (share * each(batch["labels"]) + (1 - share) * each(batch["labels"][other])).mean()
    record.loss("mixed", loss, 1.0)
    yield weight_grads(bert, loss)


def blend(h, mask, other, share, padding):
    """A position that only one row of the pair has: the missing side counts as 0 (zero), as the hidden state of a pad token
    (pad_token), or not at all, the other side then has the whole weight (present)."""
    if h.dim() == 2:
        return share[:, None] * h + (1 - share)[:, None] * h[other], mask
    share = share[:, None, None]
    a, b = mask[:, :, None].to(h.dtype), mask[other][:, :, None].to(h.dtype)
    union = torch.maximum(mask, mask[other])
    if padding == "pad_token":
        return share * h + (1 - share) * h[other], union
    if padding == "zero":
        return share * a * h + (1 - share) * b * h[other], union
    left, right = share * a, (1 - share) * b
    return (left * h + right * h[other]) / (left + right).clamp_min(1e-12), union


METHODS = {"awp": awp, "neftune": neftune, "mixup": mixup}

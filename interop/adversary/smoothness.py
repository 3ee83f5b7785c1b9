"""Methods that ask the model to say the same under a perturbation: SMART, VAT, ALUM, R-Drop.

Divergences are means over the batch's rows, labelled or not; the supervised
loss is the mean over the labelled rows.
"""

from attacks import inner, masks
from bert import cross_entropy, kl, symmetric_kl
from engine import Place, slope, start, weight_grads
from geometry import direction, size


def smart(bert, batch, p, draw, record):
    """ℓ(0) + λ·R + μ·D, R = symKL(f(x+δ), f(x)), D = symKL(f(x), teacher(x)); both sides of R have a gradient, the teacher has none."""
    place = Place(bert, batch, p["where"])
    target = place.logits().detach()
    delta = start(place, p, draw, record)
    if p["compat"] == "reference":
        delta = normalised(place, delta, p, record, target)
    else:
        delta = inner(place, delta, p, record, lambda d: symmetric_kl(place.logits(d), target))
    clean, moved = place.logits(), place.logits(delta)
    loss, smooth = cross_entropy(clean, batch["labels"]), symmetric_kl(moved, clean)
    record.loss("clean", loss, 1.0)
    record.loss("smoothness", smooth, p["lambda"])
    objective = loss + p["lambda"] * smooth
    if p["mu"]:
        objective = objective + p["mu"] * bregman(bert, batch, clean, p, record)
    yield weight_grads(bert, objective)
    if p["mu"]:
        follow(bert, p, record)


def normalised(place, delta, p, record, target):
    """The published code's ascent: one-sided KL; noise and step together are divided by their largest value per token, never projected."""
    for t in range(1, p["steps"] + 1):
        delta = delta.detach().requires_grad_()
        loss = kl(place.logits(delta), target)
        record.loss("ascent", loss, 0.0)
        grad = slope(loss, delta)
        record.tensor(f"inner{t}.grad", grad)
        moved = place.mask(delta.detach() + p["step_size"] * grad)
        delta = moved / (size(moved, "linf", "token") + p["norm_epsilon"])
        record.tensor(f"inner{t}.delta", delta)
    return delta


def bregman(bert, batch, clean, p, record):
    if not hasattr(bert, "teacher"):
        bert.teacher = {n: w.detach().clone() for n, w in bert.weights.items()}
    distance = symmetric_kl(clean, bert.forward(batch, weights=bert.teacher))
    record.loss("bregman", distance, p["mu"])
    return distance


def follow(bert, p, record):
    """teacher ← β·teacher + (1-β)·weights, after the optimizer's step."""
    bert.teacher = {n: p["beta"] * t + (1 - p["beta"]) * bert.weights[n].detach() for n, t in bert.teacher.items()}
    for n, t in bert.teacher.items():
        record.tensor(f"teacher.{n}", t)


def vat(bert, batch, p, draw, record):
    """d ← unit(∂/∂d KL(p(x) ‖ p(x + ξd))); r = ε·d; ℓ(0) + λ·KL(p(x) ‖ p(x + r)), p(x) without a gradient."""
    place = Place(bert, batch, p["where"])
    clean = place.logits()
    target = clean.detach()
    d = direction(place.mask(draw.normal("noise", place.shape)), "unit_l2", p["per"])
    record.tensor("start", d)
    for t in range(1, p["steps"] + 1):
        probe = (p["xi"] * d).requires_grad_()
        loss = kl(target, place.logits(probe))
        record.loss("ascent", loss, 0.0)
        grad = slope(loss, probe)
        record.tensor(f"inner{t}.grad", grad)
        d = direction(place.mask(grad), p["direction"], p["per"])
        record.tensor(f"inner{t}.delta", p["radius"] * d)
    yield weight_grads(bert, supervised(place, clean, p["radius"] * d, target, p, record))


def alum(bert, batch, p, draw, record):
    """The ascent of SMART on KL(p(x) ‖ p(x+δ)); ℓ(0) + α·KL(p(x) ‖ p(x+δ)), p(x) without a gradient."""
    place = Place(bert, batch, p["where"])
    clean = place.logits()
    target = clean.detach()
    delta = inner(place, start(place, p, draw, record), p, record, lambda d: kl(target, place.logits(d)))
    yield weight_grads(bert, supervised(place, clean, delta, target, p, record))


def supervised(place, clean, delta, target, p, record):
    loss, smooth = cross_entropy(clean, place.batch["labels"]), kl(target, place.logits(delta))
    record.loss("clean", loss, 1.0)
    record.loss("smoothness", smooth, p["lambda"])
    return loss + p["lambda"] * smooth


def rdrop(bert, batch, p, draw, record):
    """½(ℓ₁ + ℓ₂) + α/2·(KL(p₁‖p₂) + KL(p₂‖p₁)) of two passes with masks of their own (or with given perturbations in their place)."""
    logits = []
    for i in (1, 2):
        place = Place(bert, batch, "lookup", masks(bert, batch, p, draw, f"pass{i}."))
        delta = None
        if p["noise"]:
            delta = place.mask(draw.uniform(f"pass{i}.delta", place.shape, -p["noise"], p["noise"]))
        logits.append(place.logits(delta))
    losses = [cross_entropy(x, batch["labels"]) for x in logits]
    for loss in losses:
        record.loss("clean", loss, 0.5)
    distance = symmetric_kl(*logits)
    record.loss("divergence", distance, p["alpha"] / 2)
    yield weight_grads(bert, (losses[0] + losses[1]) / 2 + p["alpha"] / 2 * distance)


METHODS = {"smart": smart, "vat": vat, "alum": alum, "rdrop": rdrop}

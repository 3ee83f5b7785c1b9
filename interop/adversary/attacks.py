"""Methods that maximise the training loss over a perturbation: FGSM, FGM, PGD-K, FreeAT, YOPO-m-n, FreeLB.

Every method is a generator of weight gradients: one per optimizer step.
"""

from bert import cross_entropy
from engine import Place, add, ascend, slope, start, weight_grads
from geometry import direction


def plain(bert, batch, p, draw, record):
    loss = Place(bert, batch, "lookup").loss()
    record.loss("clean", loss, 1.0)
    yield weight_grads(bert, loss)


def mixed(place, delta, p, record, clean=None):
    """w_clean·ℓ(0) + w_adv·ℓ(δ)."""
    adversarial = place.loss(delta)
    record.loss("adversarial", adversarial, p["adversarial_weight"])
    objective = p["adversarial_weight"] * adversarial
    if p["clean_weight"]:
        clean = place.loss() if clean is None else clean
        record.loss("clean", clean, p["clean_weight"])
        objective = objective + p["clean_weight"] * clean
    return objective


def one_shot(bert, batch, p, draw, record):
    """FGSM: δ = ε·sign(g). FGM: δ = ε·g/‖g‖₂. g = ∂ℓ/∂δ at δ = 0."""
    place = Place(bert, batch, p["where"])
    zero = place.zeros().requires_grad_()
    loss = place.loss(zero)
    record.loss("ascent", loss, 0.0)
    grad = slope(loss, zero)
    record.tensor("inner1.grad", grad)
    delta = p["radius"] * direction(place.mask(grad), p["direction"], p["per"])
    record.tensor("inner1.delta", delta)
    yield weight_grads(bert, mixed(place, delta, p, record))


def inner(place, delta, p, record, loss_of, first=1):
    """K ascent steps on loss_of(δ); records the gradient before and δ after each."""
    for t in range(first, first + p["steps"]):
        delta = delta.detach().requires_grad_()
        loss = loss_of(delta)
        record.loss("ascent", loss, 0.0)
        grad = slope(loss, delta)
        record.tensor(f"inner{t}.grad", grad)
        delta = ascend(place, delta.detach(), grad, p)
        record.tensor(f"inner{t}.delta", delta)
    return delta


def pgd(bert, batch, p, draw, record):
    """K times δ ← Π(δ + α·direction(g)); weights learn at δ_K."""
    place = Place(bert, batch, p["where"])
    delta = inner(place, start(place, p, draw, record), p, record, place.loss)
    yield weight_grads(bert, mixed(place, delta, p, record))


def both(place, delta, record, kind, weight):
    """One pass that gives both gradients: for the weights and for δ, each of the whole loss."""
    delta = delta.detach().requires_grad_()
    loss = place.loss(delta)
    record.loss(kind, loss, weight)
    grad = slope(loss, delta)
    return weight_grads(place.bert, loss), grad


def freelb(bert, batch, p, draw, record):
    """Passes at δ_0 … δ_{P-1}, weighted; δ moves with the gradient of the pass just made. P = K, or K+1 in the fairseq form."""
    place = Place(bert, batch, p["where"], masks(bert, batch, p, draw))
    delta, total = start(place, p, draw, record), None
    weights = p["pass_weights"]
    for t, weight in enumerate(weights, 1):
        grads, grad = both(place, delta, record, "adversarial", weight)
        total = add(total, grads, weight)
        record.tensor(f"inner{t}.grad", grad)
        if t < len(weights):
            delta = ascend(place, delta, grad, p)
            record.tensor(f"inner{t}.delta", delta)
    yield total


def freeat(bert, batch, p, draw, record):
    """Like FreeLB, but the optimizer steps after every pass."""
    place = Place(bert, batch, p["where"])
    delta = start(place, p, draw, record)
    for t, weight in enumerate(p["pass_weights"], 1):
        grads, grad = both(place, delta, record, "adversarial", weight)
        record.tensor(f"inner{t}.grad", grad)
        if t < len(p["pass_weights"]):
            delta = ascend(place, delta, grad, p)
            record.tensor(f"inner{t}.delta", delta)
        yield add(None, grads, weight)


def yopo(bert, batch, p, draw, record):
    """m rounds of n cheap steps on H(δ) = ⟨p, layer₀(e + δ)⟩ with p = ∂ℓ/∂layer₀ of the full pass before; 1 + m full passes."""
    place = Place(bert, batch, p["where"])
    delta, total = start(place, p, draw, record), None
    for j, weight in enumerate(p["pass_weights"]):
        costate, grads = full_pass(place, delta, weight, record)
        total = add(total, grads, weight)
        if j + 1 == len(p["pass_weights"]):
            break
        record.tensor(f"round{j + 1}.costate", costate)
        for s in range(1, p["steps"] + 1):
            delta = delta.detach().requires_grad_()
            grad = slope((costate * place.first(delta)).sum(), delta)
            record.tensor(f"round{j + 1}.inner{s}.grad", grad)
            delta = ascend(place, delta.detach(), grad, p)
            record.tensor(f"round{j + 1}.inner{s}.delta", delta)
    yield total


def full_pass(place, delta, weight, record):
    """The gradients of ℓ(δ) for the first layer's output and for the weights."""
    kept, edit = {}, place.edit(delta)

    def watch(at, h, mask):
        if at == "hidden.1":
            kept["h"] = h
        return edit(at, h, mask)

    loss = cross_entropy(place.bert.forward(place.batch, watch), place.batch["labels"])
    record.loss("adversarial" if weight else "costate", loss, weight)
    costate = slope(loss, kept["h"])
    return costate, weight_grads(place.bert, loss)


def masks(bert, batch, p, draw, prefix=""):
    """The dropout of one pass, from masks that are inputs; None where p has no dropout."""
    if not p.get("dropout"):
        return None
    drawn = {}

    def drop(site, x):
        if site not in drawn:
            drawn[site] = draw.mask(f"{prefix}mask.{site}", x.shape, p["dropout"])
        return x * drawn[site]

    return drop


METHODS = {"plain": plain, "fgsm": one_shot, "fgm": one_shot, "pgd": pgd, "freelb": freelb, "freeat": freeat, "yopo": yopo}

"""The cases: a method and its settings, by the name of the case's folder."""

L2 = dict(norm="l2", per="example", direction="unit_l2")
SIGN = dict(norm="linf", per="example", direction="sign")
UNIT = dict(norm="linf", per="example", direction="unit_linf")
ASCENT = dict(where="lookup", radius=0.35, step_size=0.25, compat="paper", **L2)
BOX = dict(where="lookup", radius=0.03, step_size=0.02, compat="paper", **SIGN)
ADVERSARIAL = dict(clean_weight=0.0, adversarial_weight=1.0)
SUM = dict(clean_weight=1.0, adversarial_weight=1.0)
MEAN = dict(clean_weight=0.5, adversarial_weight=0.5)


def equal(passes):
    return [1.0 / passes] * passes


def fast():
    yield "plain", {}, True
    sign = dict(where="lookup", radius=0.03, compat="paper", **SIGN)
    yield "fgsm-lookup", {**sign, **SUM}, True
    yield "fgsm-mean", {**sign, **MEAN}, False
    yield "fgsm-embedding_output", {**sign, **SUM, "where": "embedding_output"}, False
    unit = dict(where="lookup", radius=0.35, compat="paper", **L2)
    yield "fgm-l2-example", {**unit, **SUM}, True
    yield "fgm-l2-token", {**unit, **SUM, "per": "token", "radius": 0.1}, False
    yield "fgm-l2-global", {**unit, **SUM, "per": "global", "radius": 0.8}, False
    yield "fgm-embedding_sum", {**unit, **SUM, "where": "embedding_sum"}, False
    yield "fgm-embedding_output", {**unit, **SUM, "where": "embedding_output", "radius": 0.4}, False
    yield "fgm-matrix", {**unit, **SUM, "where": "matrix", "per": "global", "radius": 1.0, "compat": "reference"}, True


def projected():
    p = {**ASCENT, **ADVERSARIAL, "steps": 3}
    yield "pgd-l2-example", {**p, "start": "zero"}, True
    yield "pgd-l2-example-random", {**p, "start": "uniform", "start_magnitude": 0.3}, False
    yield "pgd-l2-token", {**p, "start": "zero", "per": "token", "radius": 0.1, "step_size": 0.06}, False
    yield "pgd-l2-global", {**p, "start": "zero", "per": "global", "radius": 0.8, "step_size": 0.5}, False
    yield "pgd-embedding_sum", {**p, "start": "zero", "where": "embedding_sum"}, False
    yield "pgd-embedding_output", {**p, "start": "zero", "where": "embedding_output"}, False
    yield "pgd-l2-sum", {**p, **SUM, "start": "zero"}, False
    box = {**BOX, **ADVERSARIAL, "steps": 3, "start": "uniform", "start_magnitude": 0.03}
    yield "pgd-linf", box, True
    yield "pgd-linf-embedding_output", {**box, "where": "embedding_output"}, False
    matrix = {"where": "matrix", "per": "global", "radius": 1.0, "step_size": 0.4, "start": "zero", "compat": "reference"}
    yield "pgd-matrix", {**p, **SUM, **matrix}, True


def free():
    p = {**ASCENT, "steps": 3, "pass_weights": equal(3), "start": "uniform", "start_magnitude": 0.3}
    yield "freelb-l2-example", p, True
    yield "freelb-l2-example-zero", {**p, "start": "zero"}, False
    yield "freelb-l2-token", {**p, "per": "token", "radius": 0.1, "step_size": 0.06, "start_magnitude": 0.15}, False
    yield "freelb-l2-global", {**p, "per": "global", "radius": 0.8, "step_size": 0.5}, False
    yield "freelb-l2-unbounded", {**p, "radius": None, "compat": "reference"}, False
    yield "freelb-embedding_sum", {**p, "where": "embedding_sum"}, False
    yield "freelb-embedding_output", {**p, "where": "embedding_output"}, False
    yield "freelb-fairseq", {**p, "pass_weights": equal(4), "compat": "reference"}, False
    box = {**BOX, "steps": 3, "pass_weights": equal(3), "start": "uniform", "start_magnitude": 0.03}
    yield "freelb-linf-reference", {**box, "direction": "unit_linf", "compat": "reference"}, False
    yield "freelb-linf-sign", box, False
    yield "freelb-dropout", {**p, "dropout": 0.1}, False
    yield "freelb-one-zero", {**p, "steps": 1, "pass_weights": [1.0], "start": "zero"}, False
    yield "freeat-l2", {**p, "steps": 2, "pass_weights": [1.0, 1.0]}, False
    yield "freeat-linf", {**box, "steps": 2, "pass_weights": [1.0, 1.0]}, False
    yield "freeat-reference", {**p, "steps": 2, "pass_weights": equal(3), "compat": "reference"}, False


def cheap():
    p = {**ASCENT, "step_size": 0.1, "rounds": 3, "steps": 2, "start": "uniform", "start_magnitude": 0.2}
    yield "yopo-3-2", {**p, "pass_weights": [0.0] + equal(3)}, False
    yield "yopo-reference-3-2", {**p, "pass_weights": equal(4), "compat": "reference"}, False
    yield "yopo-linf-2-3", {**p, **SIGN, "rounds": 2, "steps": 3, "radius": 0.03, "step_size": 0.01, "start_magnitude": 0.02, "pass_weights": [0.0] + equal(2)}, False


def smooth():
    p = dict(where="lookup", radius=0.25, step_size=0.12, steps=2, start="normal", start_magnitude=0.06, compat="paper", mu=0.0, **UNIT)
    smart = {**p, "lambda": 3.0}
    yield "smart-linf-example", smart, True
    yield "smart-linf-token", {**smart, "per": "token"}, False
    yield "smart-l2-example", {**smart, **L2, "radius": 1.2, "step_size": 0.6}, False
    yield "smart-embedding_output", {**smart, "where": "embedding_output"}, False
    yield "smart-bregman", {**smart, "mu": 1.0, "beta": 0.9}, True
    yield "smart-unlabelled", {**smart, "unlabelled": [1, 3]}, False
    reference = {"steps": 1, "step_size": 0.1, "norm_epsilon": 1e-6, "per": "token", "radius": None, "lambda": 1.0, "compat": "reference"}
    yield "smart-reference", {**smart, **reference}, False
    vat = dict(where="lookup", radius=0.6, xi=1.0, steps=1, compat="paper", **L2)
    yield "vat-l2-example", {**vat, "lambda": 1.0}, True
    yield "vat-l2-example-two", {**vat, "lambda": 1.0, "steps": 2}, False
    yield "vat-l2-token", {**vat, "lambda": 1.0, "per": "token", "radius": 0.2, "xi": 0.4}, False
    yield "vat-unlabelled", {**vat, "lambda": 1.0, "unlabelled": [1, 3]}, False
    yield "vat-no-labels", {**vat, "lambda": 1.0, "unlabelled": list(range(8))}, False
    alum = {**p, "steps": 1, "lambda": 10.0}
    yield "alum-linf-example", alum, False
    yield "alum-linf-token", {**alum, "per": "token"}, False
    yield "alum-embedding_output", {**alum, "where": "embedding_output"}, False
    yield "rdrop-noise", {"alpha": 4.0, "noise": 0.2}, True
    yield "rdrop-dropout", {"alpha": 4.0, "noise": 0.0, "dropout": 0.1}, False
    yield "rdrop-zero", {"alpha": 4.0, "noise": 0.0}, False


def other():
    yield "awp-layerwise", {**ADVERSARIAL, "gamma": 0.02, "compat": "paper"}, True
    yield "awp-sum", {**SUM, "gamma": 0.01, "compat": "paper"}, False
    yield "awp-clamped", {**ADVERSARIAL, "step_size": 0.1, "radius": 0.05, "compat": "clamped"}, False
    noise = {**ADVERSARIAL, "alpha": 5.0, "where": "lookup", "start": "uniform"}
    yield "neftune", {**noise, "compat": "paper"}, False
    yield "neftune-reference", {**noise, "compat": "reference"}, False
    for where, full in (("embedding_sum", True), ("embedding_output", False), ("hidden.1", False)):
        for padding in ("zero", "pad_token", "present"):
            yield f"mixup-{where}-{padding}", {"where": where, "padding": padding}, full and padding == "zero"
    yield "mixup-pooled", {"where": "pooled", "padding": "zero"}, False


# Draws for which float32 holds its digits: no gradient whose sign is taken is nearly 0, no divergence is lost in rounding.
SEEDS = {
    "pgd-linf-embedding_output": 1, "freelb-linf-sign": 1, "freelb-l2-token": 1, "smart-linf-example": 2, "smart-linf-token": 1,
    "smart-l2-example": 1, "smart-embedding_output": 4, "smart-bregman": 1, "smart-unlabelled": 7, "alum-linf-example": 3, "alum-linf-token": 4,
    "alum-embedding_output": 1, "vat-l2-example": 1, "vat-l2-example-two": 1, "vat-l2-token": 1, "vat-unlabelled": 5, "vat-no-labels": 1,
    "rdrop-noise": 1, "mixup-embedding_output-present": 1,
}


def every():
    """Yields name, parameters, and whether all weights are written (else a few)."""
    for part in (fast, projected, free, cheap, smooth, other):
        for name, p, full in part():
            yield name, {**p, "seed": SEEDS.get(name, 0)}, full

"""Laws that every case must keep, finite differences, and the golden case's plain training where it lies beside the repository."""

import json
import math
import os

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import attacks
import cases
import make_vectors
from bert import WORD, Bert, cross_entropy, kl, symmetric_kl
from engine import Draws, Place, Record, train, weight_grads
from geometry import direction, project, size

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(HERE, "..", "..", "testdata", "adversary")
GOLDEN = os.path.join(os.environ.get("ORTRAIN_SHARED", os.path.join(HERE, "..", "..", "..", "shared")), "testdata", "golden", "bert-cls")
CASES = {name: p for name, p, _ in cases.every()}
BOUNDED = [n for n, p in CASES.items() if p.get("radius") is not None and "direction" in p]
torch.set_num_threads(1)


def run(name, dtype=torch.float32, **changes):
    return make_vectors.run(VECTORS, name, {**CASES[name], **changes}, dtype)


def same(a, b, scale=1.0, bound=0.0):
    """Whether two runs end with the same weights and saw the same gradients, one scaled."""
    for key, value in b.tensors.items():
        if ".grad.bert" in key or ".grad.classifier" in key or (key.startswith("final.") and scale == 1):
            gap = float((a.tensors[key] - scale * value).abs().max())
            # A key bias has a gradient of rounding only.
            assert gap <= bound * max(float(value.abs().max()), 1e-3), key


def batch(i=0):
    return make_vectors.batches(VECTORS, {})[0][i]


def stored(name):
    with open(os.path.join(VECTORS, name, "case.json"), encoding="utf-8") as f:
        return json.load(f), load_file(os.path.join(VECTORS, name, "tensors.safetensors"))


# What is stored.


@pytest.mark.parametrize("name", CASES)
def test_stored_is_what_is_computed(name):
    full = {n: f for n, _, f in cases.every()}[name]
    assert make_vectors.compare(VECTORS, name, make_vectors.make(VECTORS, name, CASES[name], full)) == 0


def test_folder_holds_the_cases_and_no_others():
    assert set(os.listdir(VECTORS)) - {"model", "batches.json"} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_stored_tensors_are_as_listed(name):
    case, tensors = stored(name)
    assert {t["name"]: t["shape"] for t in case["tensors"]} == {k: list(v.shape) for k, v in tensors.items()}
    for t in case["tensors"]:
        assert torch.isfinite(tensors[t["name"]].float()).all()
        if not t["name"].startswith("final.") and "key.bias" not in t["name"]:
            assert t["float32_error"] < 2e-5, t


@pytest.mark.parametrize("name", BOUNDED)
def test_delta_lies_within_the_radius(name):
    case, tensors = stored(name)
    p = case["params"]
    deltas = {k: v for k, v in tensors.items() if k.endswith((".delta", "start")) and not (k.endswith("start") and case["method"] == "vat")}
    assert deltas
    for key, delta in deltas.items():
        assert float(size(delta.double(), p["norm"], p["per"]).max()) <= p["radius"] * (1 + 1e-6), key


@pytest.mark.parametrize("name", [n for n, p in CASES.items() if p.get("where") in ("lookup", "embedding_sum", "embedding_output")])
def test_delta_and_its_gradient_are_zero_at_padding(name):
    _, tensors = stored(name)
    for key, value in tensors.items():
        if key.endswith((".delta", "start")) or (".inner" in key and key.endswith(".grad")):
            padded = batch(int(key[4]) - 1)["attention_mask"] == 0
            assert padded.any() and (value[padded] == 0).all(), key


def test_some_projection_is_at_work():
    """A case of PGD without its bound gives another δ, with it at least one row lies on the sphere and one inside."""
    _, tensors = stored("pgd-l2-example")
    norms = size(tensors["step1.inner2.delta"], "l2", "example").flatten()
    assert math.isclose(float(norms.max()), CASES["pgd-l2-example"]["radius"], rel_tol=1e-6)
    free = run("pgd-l2-example", radius=None)
    assert float(size(free.tensors["step1.inner2.delta"], "l2", "example").max()) > 1.2 * CASES["pgd-l2-example"]["radius"]


# Radius 0 and other settings that mean plain training, bit for bit.


@pytest.mark.parametrize("name", ["pgd-l2-example", "pgd-linf", "freelb-one-zero", "pgd-l2-token", "pgd-l2-global", "pgd-embedding_output", "fgsm-mean"])
def test_radius_0_is_plain(name):
    same(run(name, radius=0.0, start="zero"), run("plain"))


@pytest.mark.parametrize("name", ["fgm-l2-example", "fgm-matrix", "fgsm-lookup", "pgd-matrix", "pgd-l2-sum"])
def test_radius_0_of_a_sum_is_twice_plain(name):
    first = {k: v for k, v in run("plain").tensors.items() if k.startswith("step1.")}
    plain = Record(torch.float32)
    plain.tensors = first
    same(run(name, radius=0.0), plain, scale=2.0)


@pytest.mark.parametrize("name", ["freelb-l2-example", "yopo-3-2", "yopo-reference-3-2", "freelb-fairseq", "smart-linf-example", "alum-linf-example"])
def test_radius_0_is_plain_up_to_rounding(name):
    same(run(name, torch.float64, radius=0.0, start="zero"), run("plain", torch.float64), bound=1e-7)


@pytest.mark.parametrize("name", ["vat-l2-example", "vat-l2-token"])
def test_vat_with_radius_0_is_plain(name):
    same(run(name, torch.float64, radius=0.0), run("plain", torch.float64), bound=1e-7)


def test_freelb_with_one_pass_from_zero_is_plain():
    same(run("freelb-one-zero"), run("plain"))


def test_freeat_with_one_replay_from_zero_is_plain():
    same(run("freeat-l2", pass_weights=[1.0], start="zero"), run("plain"))


def test_rdrop_of_equal_passes_has_no_divergence():
    zero = run("rdrop-zero")
    assert all(x["loss"] == 0 for s in zero.steps for x in s["passes"] if x["kind"] == "divergence")
    same(zero, run("plain"), bound=1e-6)


def test_awp_neftune_of_size_0_are_plain():
    same(run("awp-layerwise", gamma=0.0), run("plain"))
    same(run("neftune", alpha=0.0), run("plain"))


@pytest.mark.parametrize("name", [n for n in CASES if n.startswith("mixup")])
def test_mixing_rows_with_themselves_is_plain(name, monkeypatch):
    monkeypatch.setattr(Draws, "permutation", lambda self, name, n: torch.arange(n))
    mixed, plain = run(name, torch.float64), run("plain", torch.float64)
    same(mixed, plain, bound=1e-7)


# Identities between cases.


@pytest.mark.parametrize("a, b", [("fgm-embedding_sum", "fgm-l2-example"), ("pgd-embedding_sum", "pgd-l2-example")])
def test_lookup_and_sum_are_the_same_place(a, b):
    same(run(a, torch.float64), run(b, torch.float64), bound=1e-7)


def test_the_gradient_of_the_matrix_is_the_tables():
    matrix, plain = run("fgm-matrix", torch.float64), run("plain", torch.float64)
    assert torch.allclose(matrix.tensors["step1.inner1.grad"], plain.tensors["step1.update1.grad." + WORD], rtol=0, atol=1e-14)


def test_gradients_of_lookup_and_matrix_agree():
    """A table's row has the sum of the gradients of the places that look it up."""
    lookup, matrix = run("fgm-l2-example", torch.float64), run("fgm-matrix", torch.float64)
    total = torch.zeros_like(matrix.tensors["step1.inner1.grad"])
    total.index_add_(0, batch()["input_ids"].flatten(), lookup.tensors["step1.inner1.grad"].flatten(0, 1))
    assert torch.allclose(total, matrix.tensors["step1.inner1.grad"], rtol=0, atol=1e-14)


def test_one_pgd_step_from_zero_is_fgm():
    a = run("pgd-l2-sum", torch.float64, steps=1, radius=None, step_size=CASES["fgm-l2-example"]["radius"])
    same(a, run("fgm-l2-example", torch.float64), bound=1e-12)


def test_yopo_starts_with_the_true_gradient():
    """By the chain rule ∂⟨p, layer₀⟩/∂δ is ∂ℓ/∂δ where p was taken."""
    record = run("yopo-3-2", torch.float64)
    place = Place(Bert.load(os.path.join(VECTORS, "model"), torch.float64), batch(), "lookup")
    delta = record.tensors["step1.start"].requires_grad_()
    true = torch.autograd.grad(place.loss(delta), delta)[0]
    assert torch.allclose(record.tensors["step1.round1.inner1.grad"], true, rtol=0, atol=1e-14)


def test_freelb_masks_are_drawn_once():
    record = run("freelb-dropout")
    assert sum(k.startswith("step1.mask.embedding") for k in record.tensors) == 1
    kept = record.tensors["step1.mask.layer.0.probabilities"].float().mean()
    assert 0.85 < float(kept) < 0.95
    assert not torch.equal(record.tensors["step1.mask.pooled"], torch.ones_like(record.tensors["step1.mask.pooled"]))


def test_awp_shifts_in_proportion():
    record, model = run("awp-layerwise", torch.float64), Bert.load(os.path.join(VECTORS, "model"), torch.float64)
    shifts = {k[len("step1.shift."):]: v for k, v in record.tensors.items() if k.startswith("step1.shift.")}
    assert set(shifts) == {n for n, w in model.weights.items() if w.dim() == 2}
    for n, v in shifts.items():
        assert math.isclose(float(v.norm()), CASES["awp-layerwise"]["gamma"] * float(model.weights[n].detach().norm()), rel_tol=1e-9), n


def test_awp_clamped_stays_near_each_weight():
    record, model, p = run("awp-clamped", torch.float64), Bert.load(os.path.join(VECTORS, "model"), torch.float64), CASES["awp-clamped"]
    ratios = torch.cat([(v / model.weights[k[12:]].detach()).abs().flatten() for k, v in record.tensors.items() if k.startswith("step1.shift.")])
    assert float(ratios.max()) <= p["radius"] * (1 + 1e-9) and float((ratios < 0.9 * p["radius"]).double().mean()) > 0.1


def test_vat_is_as_long_as_its_radius():
    _, tensors = stored("vat-l2-example")
    assert np.allclose(size(tensors["step1.inner1.delta"], "l2", "example"), CASES["vat-l2-example"]["radius"], rtol=1e-5)


def test_unlabelled_rows_add_to_the_smoothness_alone():
    clean = [x["loss"] for s in run("vat-no-labels", torch.float64).steps for x in s["passes"] if x["kind"] == "clean"]
    assert clean == [0.0, 0.0]


def test_the_teacher_follows():
    record, p = run("smart-bregman", torch.float64), CASES["smart-bregman"]
    distances = [x["loss"] for s in record.steps for x in s["passes"] if x["kind"] == "bregman"]
    assert distances[0] == 0 and distances[1] > 0
    first = Bert.load(os.path.join(VECTORS, "model"), torch.float64).weights[WORD]
    after = (record.tensors["step1.teacher." + WORD] - p["beta"] * first) / (1 - p["beta"])
    beta = p["beta"]
    final = beta * (beta * first + (1 - beta) * after) + (1 - beta) * record.tensors["final." + WORD]
    assert torch.allclose(record.tensors["step2.teacher." + WORD], final, rtol=0, atol=1e-12)


def test_padded_noise_is_of_no_use():
    place = Place(Bert.load(os.path.join(VECTORS, "model"), torch.float64), batch(), "lookup")
    noise = torch.zeros(place.shape, dtype=torch.float64)
    noise[batch()["attention_mask"] == 0] = 3.0
    assert torch.equal(place.logits(noise), place.logits())


# Geometry and divergences against numpy.


def test_directions_and_projections():
    x = torch.tensor([[[3.0, 4.0], [0.0, 0.0]]], dtype=torch.float64)
    assert direction(x, "unit_l2", "token").tolist() == [[[0.6, 0.8], [0.0, 0.0]]]
    assert direction(x, "unit_linf", "example").tolist() == [[[0.75, 1.0], [0.0, 0.0]]]
    assert direction(x, "sign", "example").tolist() == [[[1.0, 1.0], [0.0, 0.0]]]
    assert np.allclose(project(x, "l2", "example", 1.0), [[[0.6, 0.8], [0, 0]]])
    assert project(x, "l2", "global", 5.0).tolist() == x.tolist()
    assert project(x, "linf", "example", 3.5).tolist() == [[[3.0, 3.5], [0.0, 0.0]]]
    assert project(x, "l2", "token", 0.0).abs().max() == 0


def test_divergences():
    g = torch.Generator().manual_seed(1)
    a, b = (torch.randn(4, 3, generator=g, dtype=torch.float64) for _ in range(2))
    soft = lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True)
    p, q = soft(a.numpy()), soft(b.numpy())
    forward, back = (p * np.log(p / q)).sum(1).mean(), (q * np.log(q / p)).sum(1).mean()
    assert math.isclose(float(kl(a, b)), forward, rel_tol=1e-12)
    assert math.isclose(float(symmetric_kl(a, b)), forward + back, rel_tol=1e-12)
    assert math.isclose(float(symmetric_kl(a, b)), ((p - q) * np.log(p / q)).sum(1).mean(), rel_tol=1e-12)


# Central differences, float64.


def differences(f, x, picks, h=1e-5):
    out = []
    for at in picks:
        hi, lo = x.clone(), x.clone()
        hi[at] += h
        lo[at] -= h
        out.append(float(f(hi) - f(lo)) / (2 * h))
    return out


def near(f, x, grad):
    picks = [(i % x.shape[0], *(j % n for j, n in zip((3 * i + 1, 5 * i + 2), x.shape[1:]))) for i in range(12)]
    slopes = differences(f, x, picks)
    assert np.allclose(slopes, [float(grad[at]) for at in picks], rtol=0, atol=2e-8 * float(grad.abs().max()) + 1e-9)
    assert np.abs(slopes).max() > 1e-4


@pytest.mark.parametrize("name", ["pgd-l2-example", "pgd-embedding_output", "pgd-matrix"])
def test_differences_of_the_loss(name):
    record, where = run(name, torch.float64), CASES[name]["where"]
    place = Place(Bert.load(os.path.join(VECTORS, "model"), torch.float64), batch(), where)
    with torch.no_grad():
        near(place.loss, record.tensors["step1.inner1.delta"], record.tensors["step1.inner2.grad"])


@pytest.mark.parametrize("name", ["smart-linf-example", "alum-linf-example", "smart-reference"])
def test_differences_of_divergences(name):
    record = run(name, torch.float64)
    place = Place(Bert.load(os.path.join(VECTORS, "model"), torch.float64), batch(), "lookup")
    with torch.no_grad():
        clean = place.logits()
        f = {"smart-linf-example": lambda d: symmetric_kl(clean, place.logits(d)), "alum-linf-example": lambda d: kl(clean, place.logits(d)),
             "smart-reference": lambda d: kl(place.logits(d), clean)}[name]
        near(f, record.tensors["step1.start"], record.tensors["step1.inner1.grad"])


def test_differences_of_the_hamiltonian():
    record = run("yopo-3-2", torch.float64)
    place = Place(Bert.load(os.path.join(VECTORS, "model"), torch.float64), batch(), "lookup")
    with torch.no_grad():
        h = lambda d: (record.tensors["step1.round2.costate"] * place.first(d)).sum()
        near(h, record.tensors["step1.round2.inner1.delta"], record.tensors["step1.round2.inner2.grad"])


@pytest.mark.parametrize("name", ["smart-linf-example", "rdrop-noise", "vat-l2-example", "awp-layerwise", "fgm-l2-example"])
def test_differences_of_objectives(name):
    """The weights' gradient is that of the objective with δ (and what has no gradient) held."""
    record, p = run(name, torch.float64), CASES[name]
    bert, name_of = Bert.load(os.path.join(VECTORS, "model"), torch.float64), "bert.encoder.layer.0.output.dense.weight"
    t, y = record.tensors, batch()["labels"]
    place = Place(bert, batch(), "lookup")
    delta = t[f"step1.inner{p.get('steps', 1)}.delta"] if "where" in p else None
    with torch.no_grad():
        target = place.logits()

    def objective(w):
        bert.weights[name_of] = w
        clean = place.logits()
        if name == "smart-linf-example":
            return cross_entropy(clean, y) + p["lambda"] * (kl(clean, place.logits(delta)) + kl(place.logits(delta), clean))
        if name == "vat-l2-example":
            return cross_entropy(clean, y) + p["lambda"] * kl(target, place.logits(delta))
        if name == "fgm-l2-example":
            return cross_entropy(clean, y) + cross_entropy(place.logits(delta), y)
        if name == "awp-layerwise":
            moved = {n: v + t.get("step1.shift." + n, 0) for n, v in bert.weights.items()}
            return cross_entropy(bert.forward(batch(), weights=moved), y)
        a, b = (place.logits(t[f"step1.pass{i}.delta"].double() * batch()["attention_mask"][:, :, None]) for i in (1, 2))
        return (cross_entropy(a, y) + cross_entropy(b, y)) / 2 + p["alpha"] / 2 * (kl(a, b) + kl(b, a))

    with torch.no_grad():
        near(objective, bert.weights[name_of].clone(), t["step1.update1.grad." + name_of])


# The golden case.


@pytest.mark.skipif(not os.path.exists(GOLDEN), reason="the golden case bert-cls is not here; ORTRAIN_SHARED names the folder of the test data")
def test_plain_training_equals_the_golden_case():
    with open(os.path.join(GOLDEN, "case.json"), encoding="utf-8") as f:
        golden = json.load(f)
    bert, record = Bert.load(GOLDEN, torch.float32), Record(torch.float32)
    listed = [{k: torch.tensor(v) for k, v in b.items()} for b in golden["batches"]]
    o = {**golden["optimizer"], "learning_rates": golden["learning_rates"]}
    assert np.allclose(bert.forward(listed[0]).detach(), golden["logits"]["logits"], rtol=0, atol=2e-6)
    train(bert, listed, o, attacks.plain, {}, None, record)
    assert np.allclose([s["passes"][0]["loss"] for s in record.steps], golden["losses"], rtol=1e-5)
    assert np.allclose([s["updates"][0]["grad_norm"] for s in record.steps], golden["grad_norms"], rtol=1e-5)
    for n, g in load_file(os.path.join(GOLDEN, "grads.safetensors")).items():
        bound = 1e-5 if "key.bias" not in n else 1e-4 / max(float(g.abs().max()), 1e-12)
        assert float((record.tensors["step1.update1.grad." + n] - g).abs().max()) <= bound * float(g.abs().max()) + 1e-9, n
    for n, w in load_file(os.path.join(GOLDEN, "final.safetensors")).items():
        assert float((record.tensors["final." + n] - w).abs().max()) <= (2e-4 if "key.bias" in n else 2e-5), n

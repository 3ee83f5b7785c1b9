"""Norms, ascent directions and projections of a perturbation.

A perturbation of activations is [B,S,H]; of the embedding matrix [V,H]. The
group over which a norm is taken: `example` (S,H), `token` (H), `global` (all).
"""

import torch


def group(x, per):
    if per == "global":
        return tuple(range(x.dim()))
    if x.dim() != 3:
        raise ValueError("a perturbation of the matrix has the norm over the whole matrix only: per=global")
    return {"example": (1, 2), "token": (2,)}[per]


def size(x, norm, per):
    """The norm of each group, in a shape that broadcasts against x."""
    dims = group(x, per)
    if norm == "l2":
        return x.square().sum(dims, keepdim=True).sqrt()
    return x.abs().amax(dims, keepdim=True)


def direction(g, kind, per):
    """sign(g), g/‖g‖₂ or g/‖g‖∞. A group with gradient 0 has direction 0."""
    if kind == "sign":
        return g.sign()
    n = size(g, {"unit_l2": "l2", "unit_linf": "linf"}[kind], per)
    return torch.where(n > 0, g / n.clamp_min(torch.finfo(g.dtype).tiny), torch.zeros_like(g))


def project(delta, norm, per, radius):
    """The nearest perturbation within the radius; None stands for no bound."""
    if radius is None:
        return delta
    if norm == "linf":
        return delta.clamp(-radius, radius)
    n = size(delta, "l2", per)
    return torch.where(n > radius, delta * (radius / n.clamp_min(torch.finfo(delta.dtype).tiny)), delta)

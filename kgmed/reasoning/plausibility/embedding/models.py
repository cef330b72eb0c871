"""The models of torch_geometric.nn.kge, each query of a batch compared with many candidates.

Their own ``forward`` scores triples row by row, and their ``loss`` draws one negative for each, of
any category. Here one product gives the scores of all rows with all candidates; a test holds them
equal to ``forward``. Needs torch and torch_geometric (extra ``learn``).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from kgmed.kg.errors import MissingExtra, UsageError
from kgmed.reasoning.plausibility.embedding.score import KINDS, Kind
from kgmed.reasoning.plausibility.triples.data import Reals

if TYPE_CHECKING:
    import torch

_CLASSES = {"distmult": "DistMult", "complex": "ComplEx", "transe": "TransE", "rotate": "RotatE"}


def torch_package() -> Any:
    """torch, or :class:`~kgmed.kg.errors.MissingExtra` without it."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtra("torch", "learn") from error
    return torch


def kge_package() -> Any:
    """torch_geometric.nn.kge, or :class:`~kgmed.kg.errors.MissingExtra` without it or torch."""
    torch_package()
    try:
        with warnings.catch_warnings():  # of what it uses of torch
            warnings.simplefilter("ignore", DeprecationWarning)
            from torch_geometric.nn import kge
    except ImportError as error:
        raise MissingExtra("torch-geometric", "learn") from error
    return kge


def placed(array: Any, device: str) -> Any:
    """An array of numbers as a tensor of int64 on a device; a tensor as it is."""
    torch = torch_package()
    if isinstance(array, torch.Tensor):
        return array
    return torch.from_numpy(np.ascontiguousarray(array, np.int64)).to(device)


def make(
    kind: Kind, concepts: int, predicates: int, dimension: int, *, generator: Any = None
) -> Any:
    """A model of torch_geometric, its numbers drawn by torch's ``generator``.

    Complex ones have ``dimension`` real and as many imaginary numbers a concept. The margin of
    RotatE, a constant of all scores, is 0. Gradients of its tables are sparse. Raises
    :class:`~kgmed.kg.errors.UsageError` for an unknown model,
    :class:`~kgmed.kg.errors.MissingExtra` without torch_geometric.
    """
    if kind not in KINDS:
        raise UsageError(f"Found model {kind!r}, expected one of: {', '.join(KINDS)}.")
    torch, kge = torch_package(), kge_package()
    more = {"transe": {"p_norm": 2.0}, "rotate": {"margin": 0.0}}.get(kind, {})
    model = getattr(kge, _CLASSES[kind])(concepts, predicates, dimension, sparse=True, **more)
    # theirs shrink with the number of concepts, until nothing is learnt in the first epochs
    for name, weight in model.named_parameters():
        if kind == "rotate" and name.startswith("rel"):
            torch.nn.init.uniform_(weight, -np.pi, np.pi, generator=generator)
        else:
            spread = 0.1 if kind in ("distmult", "complex") else dimension**-0.5
            torch.nn.init.normal_(weight, std=spread, generator=generator)
    return model


def candidates(kind: Kind, model: Any, concepts: torch.Tensor) -> torch.Tensor:
    """As :func:`kgmed.reasoning.plausibility.embedding.score.candidates`."""
    torch = torch_package()
    real = model.node_emb(concepts)
    if kind == "transe":
        return torch.nn.functional.normalize(real, dim=1)
    if kind == "distmult":
        return real
    return torch.cat([real, model.node_emb_im(concepts)], dim=1)


def queries(
    kind: Kind, model: Any, anchors: torch.Tensor, p: torch.Tensor, *, forward: bool
) -> torch.Tensor:
    """As :func:`kgmed.reasoning.plausibility.embedding.score.queries`; ``forward`` asks for
    objects."""
    torch = torch_package()
    a, r = model.node_emb(anchors), model.rel_emb(p)
    if kind == "distmult":
        return a * r
    if kind == "transe":
        return torch.nn.functional.normalize(a, dim=1) + (r if forward else -r)
    b = model.node_emb_im(anchors)
    if kind == "rotate":
        cos, sin = torch.cos(r), torch.sin(r) if forward else -torch.sin(r)
        return torch.cat([cos * a - sin * b, cos * b + sin * a], dim=1)
    i = model.rel_emb_im(p)
    if forward:
        return torch.cat([a * r - b * i, b * r + a * i], dim=1)
    return torch.cat([a * r + b * i, b * r - a * i], dim=1)


def compared(kind: Kind, query: torch.Tensor, candidate: torch.Tensor) -> torch.Tensor:
    """The scores of each query with each candidate; (n, width) and (m, width) to (n, m)."""
    torch = torch_package()
    if kind in ("distmult", "complex"):
        return query @ candidate.T
    return -torch.cdist(query, candidate, compute_mode="use_mm_for_euclid_dist")


def paired(kind: Kind, query: torch.Tensor, candidate: torch.Tensor) -> torch.Tensor:
    """The scores row by row; shapes (n, width) to (n,)."""
    if kind in ("distmult", "complex"):
        return (query * candidate).sum(1)
    return -((query - candidate) ** 2).sum(1).clamp_min(1e-12).sqrt()


def penalty(
    kind: Kind, model: Any, s: torch.Tensor, p: torch.Tensor, o: torch.Tensor
) -> torch.Tensor | float:
    """The mean N3 penalty of triples, for the bilinear models: the sum of the cubes of the
    (moduli of the) numbers of both concepts and the predicate; 0 for the others."""
    total: Any = 0.0
    if kind not in ("distmult", "complex"):
        return total
    tables = ("node_emb", s), ("node_emb", o), ("rel_emb", p)
    for name, rows in tables:
        square = getattr(model, name)(rows).float() ** 2
        if kind == "complex":
            square = square + getattr(model, f"{name}_im")(rows).float() ** 2
        total = total + ((square + 1e-12) ** 1.5).sum(1).mean()
    return total


def weights_of(model: Any) -> dict[str, Reals]:
    """A model's parameters as NumPy arrays of their own, by name."""
    return {
        name: weight.detach().float().to("cpu", copy=True).numpy()
        for name, weight in model.state_dict().items()
        if name.endswith(".weight")
    }

"""Embeddings at the size of all of medicine: 4M concepts, 50M statements, on one GPU.

    python benchmarks/gpu/kge.py --device cuda                # some minutes an epoch at most
    python benchmarks/gpu/kge.py --toy                        # the same code, on a CPU, in a minute

The graph is drawn by NumPy: concepts of ten categories, each in a group of its category; for each
of 30 predicates a group of subjects goes with two groups of objects. Four statements of five keep
to that, one joins any two of the categories; both ends are drawn by a power law, so that there are
hubs. Nothing tells the groups but the statements. A thousandth is held out for validation. Prints
epochs a minute, triples a second, memory of the GPU and of the host, and the MRR by epoch, which a
guess by degree would have near 0.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from measure import Stages, say

from kgmed.reasoning.plausibility.embedding.epochs import Progress
from kgmed.reasoning.plausibility.embedding.models import torch_package
from kgmed.reasoning.plausibility.embedding.score import KINDS
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.embedding.train import train
from kgmed.reasoning.plausibility.measures.measure import figures, sampled
from kgmed.reasoning.plausibility.triples.data import Ints, Triples
from kgmed.reasoning.plausibility.triples.negatives import Slots, hard_negatives
from kgmed.reasoning.plausibility.triples.splits import Split

CATEGORIES, PREDICATES, SYMMETRIC = 10, 30, 2
GROUP = 50
"""Concepts of a group, about."""
GOES_WITH = 2
NOISE = 0.2
HELD_OUT = 0.001
JUDGED = 2000
"""Held-out triples whose AUC is taken at the end."""


@dataclass(frozen=True, slots=True)
class Size:
    """A graph, and how a model is trained on it."""

    concepts: int
    statements: int
    epochs: int
    dimension: int
    batch: int
    members: int
    drawn: int


FULL = Size(4_000_000, 50_000_000, 10, 64, 16_384, 1024, 512)
TOY = Size(20_000, 200_000, 4, 32, 512, 256, 128)


def graph(size: Size, seed: int = 0) -> Triples:
    """The triples of a graph of a size."""
    rng = np.random.default_rng(seed)
    bounds = np.linspace(0, size.concepts, CATEGORIES + 1).astype(np.int64)
    weight = np.arange(1, PREDICATES + 1) ** -0.7
    counts = np.round(size.statements * weight / weight.sum()).astype(np.int64)
    columns: list[tuple[Ints, Ints, Ints]] = []
    for code, count in enumerate(counts.tolist()):
        left = int(rng.integers(CATEGORIES))
        right = left if code < SYMMETRIC else int(rng.integers(CATEGORIES))
        ends = [(int(bounds[kind]), int(bounds[kind + 1])) for kind in (left, right)]
        s, o = _pairs(ends, count, size.concepts, rng, symmetric=code < SYMMETRIC)
        columns.append((s, np.full(len(s), code, np.int32), o))
    s, p, o = (np.concatenate(column) for column in zip(*columns, strict=True))
    statements = np.arange(len(s) + 1)
    return Triples(
        s=s, p=p, o=o, ids=tuple(f"x:{n:08d}" for n in range(size.concepts)),
        types=np.repeat(np.arange(CATEGORIES, dtype=np.int32), np.diff(bounds)),
        categories=tuple(f"Kind{n}" for n in range(CATEGORIES)),
        predicates=tuple(f"joins_{n:02d}" for n in range(PREDICATES)),
        symmetric=np.arange(PREDICATES) < SYMMETRIC,
        families=np.arange(PREDICATES, dtype=np.int32), first=statements, rows=statements[:-1],
        origin=np.broadcast_to(np.int32(0), len(s)), origins=(("infores:synthetic", ""),),
        left_out={}, snapshot="synthetic",
    )  # fmt: skip


def _pairs(
    ends: list[tuple[int, int]],
    count: int,
    concepts: int,
    rng: np.random.Generator,
    *,
    symmetric: bool,
) -> tuple[Ints, Ints]:
    """Different pairs of concepts, about ``count``, ascending; ``ends`` are the first and the last
    but one of the numbers at either end."""
    (low, high), (start, stop) = ends
    groups = [max((b - a) // GROUP, GOES_WITH) for a, b in ends]
    goes = rng.integers(0, groups[1], (groups[0], GOES_WITH))
    found = np.empty(0, np.int64)
    for _ in range(8):  # some are drawn twice
        more = int((count - len(found)) * 1.05)
        if more < count // 100:
            break
        s = ((high - low) * rng.random(more) ** 3).astype(np.int64)
        group = goes[s % groups[0], rng.integers(0, GOES_WITH, more)]
        within = ((stop - start) // groups[1] * rng.random(more) ** 2).astype(np.int64)
        o = within * groups[1] + group
        noisy = rng.random(more) < NOISE
        o[noisy] = ((stop - start) * rng.random(int(noisy.sum())) ** 3).astype(np.int64)
        s, o = s + low, o + start
        if symmetric:
            s, o = np.minimum(s, o), np.maximum(s, o)
        s, o = s[s != o], o[s != o]
        found = np.unique(np.concatenate([found, s * concepts + o]))
    return (found // concepts).astype(np.int32), (found % concepts).astype(np.int32)


def parted(triples: Triples, seed: int = 0) -> Split:
    """A thousandth, and no less than 200, to validate by, and as many to test on."""
    rng = np.random.default_rng([seed, 1])
    size = max(int(len(triples) * HELD_OUT), 200)
    held = rng.choice(len(triples), 2 * size, replace=False)
    out = np.zeros(len(triples), bool)
    out[held] = True
    return Split(np.flatnonzero(~out), np.sort(held[:size]), np.sort(held[size:]), {})


def run(size: Size, kind: str, device: str, precision: str) -> dict[str, Any]:
    """Draw a graph, train, and tell what it took."""
    torch = torch_package()
    cuda = device.startswith("cuda")
    told: list[Progress] = []

    def tell(one: Progress) -> None:
        told.append(one)
        say(f"epoch {one.epoch}: loss {one.loss:.3f}, MRR {one.mrr or 0:.4f}, {one.seconds:.1f} s")
        stages.start(f"epoch {one.epoch + 1}")

    with Stages().sampling() as stages:
        stages.start("graph")
        triples = graph(size)
        split = parted(triples)
        _say_what(triples)
        stages.start("epoch 1, and what is made before")
        settings = Settings(
            kind=kind, dimension=size.dimension, epochs=size.epochs, batch=size.batch,  # type: ignore[arg-type]
            members=size.members, drawn=size.drawn, validate_every=1, patience=size.epochs,
            precision=precision,  # type: ignore[arg-type]
        )  # fmt: skip
        begun = time.monotonic()
        trained = train(triples, split, settings, device=device, progress=tell)
        whole = time.monotonic() - begun
        stages.start("judging")
        slots = Slots(triples, split.train)
        part = split.test[:: max(len(split.test) // JUDGED, 1)]
        sample = sampled(trained.scores(triples), slots, part, hard_negatives(slots, part))
        auc = figures([sample], draws=1)["auc"].value
    seconds = told[-1].seconds
    return {
        "size": asdict(size), "model": kind, "device": _name(device), "triples": len(triples),
        "graph_s": stages.spent["graph"], "prepared_s": whole - seconds,
        "epochs_per_min": 60 * len(told) / seconds,
        "triples_per_s": len(split.train) * len(told) / seconds,
        "gpu_peak_gb": torch.cuda.max_memory_allocated() / 1e9 if cuda else 0.0,
        "host_peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "host_anonymous_peak_gb": max(stages.peaks.values()) / 1e9,
        "mrr": [one.mrr for one in told], "loss": [one.loss for one in told], "auc": auc,
    }  # fmt: skip


def _say_what(triples: Triples) -> None:
    degrees = np.bincount(triples.s, minlength=triples.concepts)
    degrees += np.bincount(triples.o, minlength=triples.concepts)
    say(
        f"{len(triples):,} triples of {triples.concepts:,} concepts, {int((degrees == 0).sum()):,} "
        f"without one; the largest hub has {int(degrees.max()):,}, the median "
        f"{np.median(degrees):.0f}"
    )


def _name(device: str) -> str:
    torch = torch_package()
    if device.startswith("cuda"):
        return str(torch.cuda.get_device_name(device))
    return "CPU, 1 thread"


def table(found: dict[str, Any]) -> str:
    """A line for benchmarks/gpu/README.md."""
    size = found["size"]
    heads = ("concepts, statements", "model", "on", "epochs/min", "triples/s", "GPU memory",
             "host memory", "MRR by epoch", "AUC")  # fmt: skip
    cells = (
        f"{size['concepts']:,}, {found['triples']:,}", f"{found['model']} {size['dimension']}",
        found["device"], f"{found['epochs_per_min']:.2f}", f"{found['triples_per_s']:,.0f}",
        f"{found['gpu_peak_gb']:.1f} GB", f"{found['host_peak_gb']:.1f} GB",
        " ".join(f"{mrr:.3f}" for mrr in found["mrr"]), f"{found['auc']:.3f}",
    )  # fmt: skip
    rows = (heads, ["---"] * len(heads), cells)
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--toy", action="store_true", help="a small graph, on a CPU")
    parser.add_argument("--device", help="cuda, or cpu; by default that of the size")
    parser.add_argument("--model", choices=KINDS, default="complex")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    for name in Size.__dataclass_fields__:
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    usual = asdict(TOY if chosen.toy else FULL)
    given = {name: getattr(chosen, name) for name in usual if getattr(chosen, name) is not None}
    device = chosen.device or ("cpu" if chosen.toy else "cuda")
    found = run(Size(**{**usual, **given}), chosen.model, device, chosen.precision)
    print(table(found))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Embeddings beside PyKEEN's: the same files, models, dimension and CPU seconds, one evaluator.

    python benchmarks/learn_pykeen.py --peers PYTHON [--sets open,umls,kinships] [--json FILE]

``--peers`` is the Python of an environment with PyKEEN (see learn_pykeen_peer.py). ``open`` is the
open graph, a tenth of the pairs of concepts held out for validation and for test; ``umls`` and
``kinships`` are the public sets that PyKEEN's wheel holds, in their published parts. Both train on
one thread, one after the other. kgmed is given its defaults, then the same without ``spare_known``,
and ends earlier where its validation says so; PyKEEN the best of the ways that
learn_pykeen_peer.py tries. Ranks are kgmed's, of PyKEEN's
scores as of its own: among the concepts of the categories that stand at an end, and among all. The
figures that PyKEEN's evaluator gives its own model must be those of kgmed's; the exit code is 1
where they aren't.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from measure import say

import kgmed
from kgmed.reasoning.plausibility.embedding.models import torch_package
from kgmed.reasoning.plausibility.embedding.score import KINDS
from kgmed.reasoning.plausibility.embedding.settings import Settings
from kgmed.reasoning.plausibility.embedding.train import train
from kgmed.reasoning.plausibility.measures.measure import Scores, ranks
from kgmed.reasoning.plausibility.triples.data import (
    Floats,
    Ints,
    Longs,
    Triples,
    read_triples,
    triple_keys,
)
from kgmed.reasoning.plausibility.triples.negatives import End, Slots
from kgmed.reasoning.plausibility.triples.splits import Split, split

PARTS = ("train", "valid", "test", "measured")
MEASURED = 2000
"""Test triples that are ranked."""
AGREE = 1e-4
"""How far two evaluators may be apart: PyKEEN's in float32, and a near tie is none."""
PUBLIC = ("umls", "kinships")


@dataclass(frozen=True, eq=False)
class Set:
    """The files of a set, read."""

    folder: Path
    triples: Triples
    split: Split
    measured: Longs


class Given:
    """Scores that were computed elsewhere: of all concepts at one ``end`` of each measured triple.

    Row 2n of the table is that of the object of triple n, row 2n + 1 that of its subject.
    """

    name = "given"

    def __init__(self, found: Set, table: Any, end: End) -> None:
        s, p, o = (column[found.measured].tolist() for column in _columns(found.triples))
        anchors, first = (s, 0) if end == "object" else (o, 1)
        self._table, self._end = table, end
        self._row = {(code, anchor): 2 * n + first
                     for n, (code, anchor) in enumerate(zip(p, anchors, strict=True))}  # fmt: skip

    def _rows(self, p: Ints, anchors: Ints) -> list[int]:
        return [self._row[one] for one in zip(p.tolist(), anchors.tolist(), strict=True)]

    def score(self, s: Ints, p: Ints, o: Ints) -> Floats:
        anchors, asked = (s, o) if self._end == "object" else (o, s)
        found: Floats = self._table[self._rows(p, anchors), asked].astype(np.float64)
        return found

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        if end != self._end:  # of no use: ranks asks for both ends
            return np.zeros((len(anchors), len(candidates)))
        rows = self._rows(np.full(len(anchors), p), anchors)
        found: Floats = self._table[rows][:, candidates].astype(np.float64)
        return found


def _columns(triples: Triples) -> tuple[Ints, Ints, Ints]:
    return triples.s, triples.p, triples.o


def ranked(found: Set, scores: Scores | Any, *, everywhere: bool) -> dict[str, float]:
    """MRR and Hits@10 of the measured triples, among all concepts or those of the categories.

    Among all, a concept is a candidate beside itself, too, as to PyKEEN.
    """
    triples = found.triples
    if everywhere:
        triples = replace(triples, types=np.zeros_like(triples.types), categories=("",))
    slots = Slots(triples, found.split.train)
    if isinstance(scores, Either):
        rank = np.stack([
            ranks(one, slots, found.measured, loops=everywhere)[:, column]
            for column, one in enumerate((scores.subject, scores.object))
        ], 1)  # fmt: skip
    else:
        rank = ranks(scores, slots, found.measured, loops=everywhere)
    return {"mrr": float((1 / rank).mean()), "hits_10": float((rank <= 10).mean())}


@dataclass(frozen=True, eq=False)
class Either:
    """Scores of another library, for either end."""

    subject: Given
    object: Given


def read(folder: Path) -> Set:
    """The files of a set: parts of three labels a line, categories, symmetric predicates."""
    parts = {
        name: [line.split("\t") for line in (folder / f"{name}.tsv").read_text().splitlines()]
        for name in PARTS
    }
    rows = [row for part in parts.values() for row in part]
    ids = sorted({end for s, _p, o in rows for end in (s, o)})
    predicates = sorted({row[1] for row in rows})
    place, code = ({name: n for n, name in enumerate(names)} for names in (ids, predicates))
    keys = {
        name: triple_keys(
            np.array([place[row[0]] for row in part]), np.array([code[row[1]] for row in part]),
            np.array([place[row[2]] for row in part]), len(ids),
        )
        for name, part in parts.items()
    }  # fmt: skip
    every = np.unique(np.concatenate(list(keys.values())))
    n = len(every)
    types, categories = np.zeros(len(ids), np.int32), ("thing",)
    if (folder / "categories.tsv").exists():
        told = dict(
            line.split("\t") for line in (folder / "categories.tsv").read_text().splitlines()
        )
        categories = tuple(sorted(set(told.values())))
        types = np.array([categories.index(told[id]) for id in ids], np.int32)
    symmetric = set((folder / "symmetric.txt").read_text().split())
    triples = Triples(
        s=(every // len(ids) % len(ids)).astype(np.int32),
        p=(every // len(ids) ** 2).astype(np.int32), o=(every % len(ids)).astype(np.int32),
        ids=tuple(ids), types=types, categories=categories, predicates=tuple(predicates),
        symmetric=np.array([name in symmetric for name in predicates]),
        families=np.arange(len(predicates), dtype=np.int32), first=np.arange(n + 1),
        rows=np.arange(n), origin=np.zeros(n, np.int32), origins=(("infores:a", ""),),
        left_out={}, snapshot="",
    )  # fmt: skip
    at = {name: np.searchsorted(every, key) for name, key in keys.items()}
    parted = Split(*(np.unique(at[name]) for name in ("train", "valid", "test")), {})
    return Set(folder, triples, parted, at["measured"])


def write_open(folder: Path) -> None:
    """The open graph's triples in three parts, every predicate."""
    triples = read_triples(kgmed.open_graph().local_store().snapshot)
    made = split(triples)
    for name in ("train", "valid", "test"):
        rows = ("\t".join(triples.names_at(t)) for t in getattr(made, name).tolist())
        (folder / f"{name}.tsv").write_text("".join(f"{row}\n" for row in rows))
    symmetric = [name for name, yes in zip(triples.predicates, triples.symmetric) if yes]  # noqa: B905
    (folder / "symmetric.txt").write_text("\n".join(symmetric))
    kinds = (triples.categories[kind] for kind in triples.types.tolist())
    told = (f"{id}\t{kind}\n" for id, kind in zip(triples.ids, kinds, strict=True))
    (folder / "categories.tsv").write_text("".join(told))


def write_public(folder: Path, name: str, peers: Path) -> None:
    """A set as PyKEEN's wheel holds it."""
    code = "import pathlib, pykeen; print(pathlib.Path(pykeen.__file__).parent / 'datasets')"
    shown = subprocess.run([peers, "-c", code], capture_output=True, text=True, check=True)
    for part in ("train", "valid", "test"):
        text = (Path(shown.stdout.strip()) / name / f"{part}.txt").read_text()
        (folder / f"{part}.tsv").write_text(text)
    (folder / "symmetric.txt").write_text("")


def write_measured(folder: Path) -> None:
    """Which rows of test are ranked."""
    lines = (folder / "test.tsv").read_text().splitlines(keepends=True)
    chosen = np.random.default_rng(0).permutation(len(lines))[:MEASURED]
    (folder / "measured.tsv").write_text("".join(lines[n] for n in np.sort(chosen).tolist()))


def own(found: Set, settings: Settings, seconds: float) -> tuple[Any, dict[str, float]]:
    """kgmed's scores, trained for so many CPU seconds at most."""
    train(found.triples, found.split, replace(settings, epochs=1))  # imports, and first calls
    begun = time.process_time()
    train(found.triples, found.split, replace(settings, epochs=1))
    per_epoch = time.process_time() - begun
    begun = time.process_time()
    epochs = max(int(seconds / per_epoch), 1)
    trained = train(found.triples, found.split, replace(settings, epochs=epochs))
    spent = time.process_time() - begun
    return trained.scores(found.triples), {
        "seconds": spent, "epochs": len(trained.history), "valid_mrr": trained.mrr,
        "triples_per_s": len(trained.history) * len(found.split.train) / spent,
    }  # fmt: skip


def run(chosen: argparse.Namespace, name: str, folder: Path) -> list[dict[str, Any]]:
    """Both libraries on one set."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == "open":
        write_open(folder)
    else:
        write_public(folder, name, chosen.peers)
    write_measured(folder)
    found = read(folder)
    seconds, search = (
        (chosen.seconds, chosen.search)
        if name == "open"
        else (chosen.seconds / 3, chosen.search / 3)
    )
    say(f"{name}: {len(found.triples):,} triples, {found.triples.concepts:,} concepts, "
        f"{len(found.triples.predicates)} predicates; {seconds:.0f} CPU s a model")  # fmt: skip
    rows = []
    for kind in chosen.models:
        for spare in (True, False):
            settings = Settings(kind=kind, dimension=chosen.dimension, spare_known=spare)
            scores, told = own(found, settings, seconds)
            rows.append({"set": name, "model": kind, "library": "kgmed",
                         "way": "spare_known" if spare else "not spare_known", **told,
                         **measures(found, scores)})  # fmt: skip
            say(json.dumps(rows[-1]))
    if chosen.peers:
        command = [chosen.peers, "-W", "ignore", Path(__file__).with_name("learn_pykeen_peer.py"),
                   folder, ",".join(chosen.models), "--seconds", seconds, "--search", search,
                   "--dimension", chosen.dimension]  # fmt: skip
        done = subprocess.run(
            list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True
        )
        for line in done.stdout.splitlines():
            told = json.loads(line)
            file = folder / f"{told['model']}.npy"
            table = np.load(file, mmap_mode="r")
            given = Either(Given(found, table, "subject"), Given(found, table, "object"))
            rows.append({"set": name, "library": "PyKEEN", **measures(found, given),
                         **{f"its_{key}" if key in ("mrr", "hits_10") else key: value
                            for key, value in told.items()}})  # fmt: skip
            say(json.dumps(rows[-1]))
            file.unlink()
    return rows


def measures(found: Set, scores: Any) -> dict[str, float]:
    """Ranks among the categories' concepts and among all."""
    near, far = (ranked(found, scores, everywhere=everywhere) for everywhere in (False, True))
    return {**near, **{f"{name}_of_all": value for name, value in far.items()}}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """All figures, a line a model and library."""
    lines = ["| set | model | library | MRR, Hits@10 | among all | by its own evaluator | epochs, "
             "CPU s | triples/s |", "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for row in sorted(rows, key=lambda row: (row["set"], KINDS.index(row["model"]))):
        its = f"{row['its_mrr']:.3f}, {row['its_hits_10']:.3f}" if "its_mrr" in row else ""
        name = row["library"] + (f", {row['way']}" if "way" in row else "")
        lines.append(
            f"| {row['set']} | {row['model']} | {name} | {row['mrr']:.3f}, {row['hits_10']:.3f} "
            f"| {row['mrr_of_all']:.3f}, {row['hits_10_of_all']:.3f} | {its} "
            f"| {row['epochs']:.0f}, {row['seconds']:.0f} | {row['triples_per_s']:,.0f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """The command; 1 where the evaluators differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peers", type=Path, help="Python of an environment with PyKEEN")
    parser.add_argument("--sets", type=lambda text: text.split(","), default=["open", *PUBLIC])
    parser.add_argument("--models", type=lambda text: text.split(","), default=list(KINDS))
    parser.add_argument("--seconds", type=float, default=60.0,
                        help="CPU seconds a model; a third on the small sets")  # fmt: skip
    parser.add_argument("--search", type=float, default=15.0, help="for each way that is tried")
    parser.add_argument("--dimension", type=int, default=64)
    parser.add_argument("--work", type=Path, help="folder for the files; else a temporary one")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    if not chosen.peers and set(chosen.sets) & set(PUBLIC):
        parser.error("the public sets come with PyKEEN: --peers PYTHON, or --sets open")
    torch_package().set_num_threads(1)
    with tempfile.TemporaryDirectory() as made:
        work = chosen.work or Path(made)
        rows = [row for name in chosen.sets for row in run(chosen, name, work / name)]
    print(table(rows))
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1) + "\n")
    apart = [row for row in rows if "its_mrr" in row
             and abs(row["its_mrr"] - row["mrr_of_all"]) > AGREE]  # fmt: skip
    for row in apart:
        say(f"{row['set']}, {row['model']}: PyKEEN's evaluator gives {row['its_mrr']:.5f}, "
            f"kgmed's {row['mrr_of_all']:.5f}")  # fmt: skip
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())

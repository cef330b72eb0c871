"""Triples with something to learn in them: drugs of a kind treat, target and interact alike."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from support import RowSource, concept, source, tables_of

from kgmed.builders.pipeline import build
from kgmed.kg.store.snapshot import Snapshot, open_snapshot
from kgmed.reasoning.plausibility.triples.data import Triples

SIZES = {"Drug": 60, "Disease": 36, "Gene": 24, "DrugClass": 6}
KINDS = 6
"""Kinds of drug; a drug, disease or gene is of the kind that its number leaves over."""


def lines(sizes: Mapping[str, int] = SIZES, seed: int = 0) -> list[tuple[str, str, str]]:
    """Subject, predicate and object, by name: what a drug's kind makes likely, and some noise."""
    rng = np.random.default_rng(seed)
    found = []
    drugs, diseases = range(sizes["Drug"]), range(sizes["Disease"])
    for a in drugs:
        found += [
            (f"Drug{a}", "interacts_with", f"Drug{b}")
            for b in range(a)
            if rng.random() < (0.6 if (a + b) % KINDS in (1, 4) else 0.02)
        ]
        found += [
            (f"Drug{a}", "treats", f"Disease{b}")
            for b in diseases
            if rng.random() < (0.6 if (a - b) % KINDS == 0 else 0.02)
        ]
        found += [
            (f"Drug{a}", "inhibits", f"Gene{b}")
            for b in range(sizes["Gene"])
            if rng.random() < (0.5 if (a - b) % KINDS in (0, 2) else 0.02)
        ]
        found.append((f"Drug{a}", "in_drug_class", f"DrugClass{a % sizes['DrugClass']}"))
    return found


def toy(sizes: Mapping[str, int] = SIZES, seed: int = 0) -> Triples:
    """The lines as triples, without a graph."""
    rows = lines(sizes, seed)
    kinds = sorted(sizes)
    names = sorted({end for s, _p, o in rows for end in (s, o)})
    predicates = sorted({p for _s, p, _o in rows})
    place = {name: n for n, name in enumerate(names)}
    symmetric = np.array([name == "interacts_with" for name in predicates])
    found = set()
    for s, p, o in rows:
        a, code, b = place[s], predicates.index(p), place[o]
        found.add((code, min(a, b), max(a, b)) if symmetric[code] else (code, a, b))
    p, s, o = np.array(sorted(found), np.int32).T
    types = [kinds.index(name.rstrip("0123456789")) for name in names]
    return Triples(
        s=s.copy(), p=p.copy(), o=o.copy(), ids=tuple(names), types=np.array(types, np.int32),
        categories=tuple(kinds), predicates=tuple(predicates), symmetric=symmetric,
        families=np.arange(len(predicates), dtype=np.int32),
        first=np.arange(len(s) + 1), rows=np.arange(len(s)), origin=np.zeros(len(s), np.int32),
        origins=(("infores:a", "1"),), left_out={}, snapshot="0" * 64,
    )  # fmt: skip


SUFFIXES = ("olol", "statin", "pril", "mycin", "azole", "mab")
"""Kind -> how the names of its concepts end, where names tell it."""
BEGINNINGS = ("bo", "cu", "de", "fi", "ga", "hu", "ji", "ke", "lo", "mu")


def telling(name: str) -> str:
    """A name that ends as those of its kind do: Drug7 is of kind 1, like Disease1."""
    word = name.rstrip("0123456789")
    number = int(name[len(word) :])
    middle = BEGINNINGS[number // KINDS % 10] + BEGINNINGS[number // KINDS // 10]
    return f"{word.lower()[:2]}{middle}{SUFFIXES[number % KINDS]}"


def sources(
    seed: int = 0,
    more: Sequence[Mapping[str, Any]] = (),
    *,
    name_of: Callable[[str], str] = str,
    alone: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> list[RowSource]:
    """The lines as a source; ``more`` are further statements' rows, ``alone`` concepts without a
    statement, local id -> name and category."""
    rows = lines(seed=seed)
    ends = sorted({end for s, _p, o in rows for end in (s, o)})
    things = [concept(f"x:{name}", name_of(name), name.rstrip("0123456789")) for name in ends]
    things += [concept(f"x:{id}", name, category) for id, (name, category) in alone.items()]
    told = [{"subject": f"x:{s}", "predicate": p, "object": f"x:{o}"} for s, p, o in rows]
    return [source(statements=[*told, *map(dict, more)], **tables_of(things))]


def graph(
    root: Path, seed: int = 0, more: Sequence[Mapping[str, Any]] = (), **named: Any
) -> Snapshot:
    """The lines as a graph in a folder; the rest as for :func:`sources`."""
    build(sources(seed, more, **named), root)
    return open_snapshot(root)


def scores_of_numpy(snapshot: Snapshot, asked: Sequence[tuple[str, str, str]]) -> list[float]:
    """The probabilities that a new process gives, which must do without heavy packages."""
    code = """
import json, sys
from pathlib import Path
from kgmed.kg.store.snapshot import open_snapshot
from kgmed.reasoning.plausibility.scorer import Scorer
scorer = Scorer.open(open_snapshot(Path(sys.argv[1])))
print(json.dumps(scorer.score(json.loads(sys.argv[2]))))
heavy = {"torch", "torch_geometric", "scipy", "sklearn", "safetensors", "duckdb", "pyarrow"}
print(sorted(heavy & set(sys.modules)))
"""
    told = subprocess.run(
        [sys.executable, "-c", code, str(snapshot.root), json.dumps(asked)],
        check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    assert told[1] == "[]"
    found: list[float] = json.loads(told[0])
    return found

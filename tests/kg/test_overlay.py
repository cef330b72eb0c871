"""An overlay is read as a graph that was built with its changes: every method, every order."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import RowSource, concept, source

from kgmed.builders.overlay import drop_overlay, make_overlay
from kgmed.builders.pipeline import build
from kgmed.kg.errors import StoreError, UnknownConcept
from kgmed.kg.model import Retraction, Value, statement_id
from kgmed.kg.paths.find import find_paths
from kgmed.kg.predicates import registry
from kgmed.kg.store.batch import Batch
from kgmed.kg.store.embedded import EmbeddedStore, open_store
from kgmed.kg.store.overlay import OverlayStore
from kgmed.kg.store.snapshot import corrupt_files, open_snapshot

OLD = [f"mesh:D{n}" for n in (1, 3, 5, 7)] + ["doid:5", "umls:C0000005"]
NEW = ["chebi:2", "mesh:D2", "mesh:D4", "mesh:D8", "zfin:9"]
EQUIVALENT = {"mesh:D1": "chebi:1", "doid:5": "mondo:5"}
"""What the base joins: additions may use either id."""
CATEGORIES = {
    id: kinds
    for id, kinds in zip(
        [*OLD, *NEW],
        [["Drug"], ["Drug", "Food"], ["Disease"], [], ["Disease"], ["Gene"]] * 2,
        strict=False,
    )
}
WORDS = ["aspirin tablet", "Aspirin", "tablet of salt", "阿司匹林片", "阿司匹林", "salt", "Salts"]
KNOWN = ["interacts_with", "treats", "subclass_of", "home_made"]
UNKNOWN = ["another_made", "zzz_made"]


def rows(ids: list[str], predicates: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    def made(
        subject: str, predicate: str, object: str, negated: bool, qualifiers: str, is_value: bool
    ) -> dict[str, Any]:
        row = {"subject": subject, "predicate": predicate, "negated": negated}
        if is_value:
            return {**row, "value": object[-1], "value_type": "number", "unit": "h"}
        return {**row, "object": object, "qualifiers": qualifiers, "source_record": object}

    end = st.sampled_from(ids)
    return st.builds(
        made,
        end,
        st.sampled_from(predicates),
        end,
        st.sampled_from([False, False, False, True]),
        st.sampled_from(["", '{"severity":"Critical"}']),
        st.sampled_from([False, False, False, False, True]),
    ).filter(lambda row: row.get("object") != row["subject"] and _is_down(row))


def _is_down(row: dict[str, Any]) -> bool:
    """No cycle of subclass_of: a build and an overlay may break one at different edges."""
    return row["predicate"] != "subclass_of" or row.get("object", "") < row["subject"]


def _is_loop(row: dict[str, Any]) -> bool:
    """Both ends are one concept: neither a build nor an overlay keeps such a statement."""
    return EQUIVALENT.get(row["subject"]) == row.get("object") or (
        EQUIVALENT.get(row.get("object", "")) == row["subject"]
    )


def names(ids: list[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    row = st.builds(
        lambda id, text, kind: {
            "id": id, "text": text, "kind": kind, "language": "en" if text.isascii() else "zh",
        },
        st.sampled_from(ids),
        st.sampled_from(WORDS),
        st.sampled_from(["preferred", "synonym", "synonym", "abbreviation", "brand"]),
    )  # fmt: skip
    return st.lists(row, max_size=8, unique_by=lambda r: (r["id"], r["text"]))


def id_of(row: dict[str, Any], infores: str) -> str:
    subject, object = row["subject"], row.get("object", "")
    entry = registry().get(row["predicate"])
    if entry is not None and entry.symmetric and subject > object and object:
        subject, object = object, subject
    value = Value(row["value"], row["value_type"], row["unit"]) if "value" in row else None
    return statement_id(
        primary_knowledge_source=infores,
        subject=subject,
        predicate=row["predicate"],
        object=object,
        value=value,
        negated=row["negated"],
        qualifiers=row.get("qualifiers", ""),
    )


def concepts(ids: list[str], known: list[str]) -> list[dict[str, Any]]:
    return [{"id": id, "categories": [] if id in known else CATEGORIES[id]} for id in ids]


def own_names(ids: list[str]) -> list[dict[str, Any]]:
    """Every concept of the base has a preferred English name of its own."""
    return [
        {"id": id, "text": f"thing {n}", "language": "en", "kind": "preferred"}
        for n, id in enumerate(ids)
    ]


MAPPINGS = [
    {"subject": a, "predicate": "skos:exactMatch", "object": b, "confidence": 1.0}
    for a, b in EQUIVALENT.items()
]
MORE_MAPPINGS = [
    {"subject": "mesh:D1", "predicate": "skos:broadMatch", "object": "icd10:A", "confidence": 0.8},
    {"subject": "mesh:D3", "predicate": "skos:relatedMatch", "object": "mesh:D4"},
    {"subject": "mesh:D8", "predicate": "skos:broadMatch", "object": "mesh:D8"},
    {"subject": "mesh:D3", "predicate": "skos:exactMatch", "object": "mesh:D5", "modifier": "Not"},
]


def errata(path: Path, ids: list[str]) -> Path:
    lines = ["statement_id\treason\twho\tdate"]
    lines += [f"{id}\twrong\tDr. Li\t2026-11-20" for id in ids]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@st.composite
def edited(draw: st.DrawFn) -> tuple[RowSource, RowSource, list[str]]:
    """A base, what is added to it, and what is retracted of either."""
    every = [*OLD, *NEW, *EQUIVALENT.values()]
    of_base = draw(st.lists(rows(OLD, KNOWN), max_size=30))
    of_more = draw(st.lists(rows(every, KNOWN + UNKNOWN), max_size=20))
    base = source(
        "infores:base",
        concepts=concepts(OLD, []),
        names=own_names(OLD) + draw(names(OLD)),
        statements=of_base,
        mappings=MAPPINGS,
    )
    infores = draw(st.sampled_from(["infores:base", "infores:more"]))
    more = source(
        infores,
        concepts=concepts(every, OLD + list(EQUIVALENT.values())),
        names=draw(names(every)),
        statements=of_more,
        mappings=draw(st.lists(st.sampled_from(MORE_MAPPINGS), unique_by=str)),
    )
    said = [(r, "infores:base") for r in of_base] + [(r, infores) for r in of_more]
    ids = sorted({id_of(row, by) for row, by in said if not _is_loop(row)})
    gone = draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
    return base, more, gone


def rebuilt(base: RowSource, more: RowSource, gone: list[str]) -> list[RowSource]:
    """The sources of the edited graph: what an overlay leaves out isn't in them."""
    there = {id_of(row, base.info.infores) for row in base.rows["statements"]}
    concept_of = {b: a for a, b in EQUIVALENT.items()}
    named = {(concept_of.get(row["id"], row["id"]), row["text"]) for row in base.rows["names"]}
    kept = {
        "statements": [
            row
            for row in more.rows["statements"]
            if id_of(row, more.info.infores) not in {*gone, *there}
        ],
        "names": [
            row
            for row in more.rows["names"]
            if (concept_of.get(row["id"], row["id"]), row["text"]) not in named
        ],
    }
    stand = [r for r in base.rows["statements"] if id_of(r, base.info.infores) not in gone]
    return [
        RowSource(base.info, {**base.rows, "statements": stand}),
        RowSource(more.info, {**more.rows, **kept}),
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("overlay")


def both(
    folder: Path, base: RowSource, more: RowSource, gone: list[str]
) -> tuple[OverlayStore, EmbeddedStore]:
    """The overlay's store and that of the edited graph, built anew."""
    for name in ("overlaid", "rebuilt"):
        shutil.rmtree(folder / name, ignore_errors=True)
    build([base], folder / "overlaid")
    errata_file = errata(folder / "errata.tsv", gone)
    make_overlay(folder / "overlaid", errata=[errata_file], sources=[more])
    build(rebuilt(base, more, gone), folder / "rebuilt")
    overlaid = open_store(folder / "overlaid")
    assert isinstance(overlaid, OverlayStore)
    return overlaid, open_store(folder / "rebuilt")


Check = Callable[[EmbeddedStore], Any]
IDS = [*OLD, *NEW, *EQUIVALENT.values(), "mesh:nothing"]
PAIRS = [(a, b) for a in IDS for b in IDS]
PREDICATES = [None, [], ["treats"], ["zzz_made", "home_made", "treats"], ["another_made"], KNOWN]
TRIPLES = [(a, p, b) for a, b in PAIRS for p in KNOWN + UNKNOWN]
KEYS = ["aspirin", "salt", "salts", "aspirin tablet", "阿司匹林", "thing 1", "no such"]

CHECKS: dict[str, Check] = {
    "info": lambda s: replace(s.info(), uri="", snapshot="", created="", format=0, overlay=None),
    "coverage": lambda s: s.coverage(),
    "resolve": lambda s: s.resolve(IDS),
    "concepts": lambda s: [
        c and (c.id, c.categories, list(c.names.items()), c.equivalent_ids, c.sources)
        for c in s.concepts(IDS)
    ],
    "degrees": lambda s: s.degrees(IDS),
    "neighbors": lambda s: [
        s.neighbors(IDS, predicates=some, direction=way, limit=limit)  # type: ignore[arg-type]
        for some in PREDICATES
        for way in ("out", "in", "both")
        for limit in (None, 0, 1, 2, 5)
    ],
    "find_statements": lambda s: s.find_statements(TRIPLES),
    "has_statements": lambda s: s.has_statements(TRIPLES),
    "statements": lambda s: s.statements([e.statement for es in s.neighbors(IDS) for e in es]),
    "between": lambda s: [s.between(PAIRS, predicates=some) for some in PREDICATES],
    "values": lambda s: [s.values(IDS, predicates=some) for some in PREDICATES],
    "mappings": lambda s: s.mappings(IDS),
    "scan": lambda s: [list(s.scan(predicate=p)) for p in (None, *KNOWN, *UNKNOWN, "unheard")],
    "expand": lambda s: [
        [
            None if (node := s.node(id)) is None
            else s.node_ids(s.expand([node], predicates=some)[0])
            for id in IDS
        ]
        for some in PREDICATES
    ],
    "order of nodes": lambda s: s.node_ids(sorted(n for id in IDS if (n := s.node(id)) is not None)),  # type: ignore[type-var]
    "node_degrees": lambda s: s.node_degrees([n for id in IDS if (n := s.node(id)) is not None]),
    "paths": lambda s: [
        find_paths(s, a, b, registry=registry(), hops=3, predicates=some)
        for a, b in PAIRS[::3]
        for some in (None, ["treats", "zzz_made"])
    ],
    "exact": lambda s: s.lexicon.exact([*KEYS, ""]),
    "prefix": lambda s: [s.lexicon.prefix(k, limit=n) for k in ("a", "s", "t", "阿") for n in (1, 3, 20)],
    "tokens": lambda s: [
        s.lexicon.tokens(words, limit=n)
        for words in (["aspirin"], ["tablet", "aspirin"], ["salt"], ["林", "阿"], ["thing"], [])
        for n in (1, 3, 60)
    ],
    "fuzzy": lambda s: [s.lexicon.fuzzy(k) for k in ("asprin", "tablte", "阿司匹林瓶", "thimg 1", "")],
    "names": lambda s: s.lexicon.names(IDS),
}  # fmt: skip


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(edited())
def test_an_overlay_is_read_as_the_edited_graph_built_anew(
    folder: Path, example: tuple[RowSource, RowSource, list[str]]
) -> None:
    overlaid, anew = both(folder, *example)
    try:
        for name, check in CHECKS.items():
            assert check(overlaid) == check(anew), name
    finally:
        overlaid.close()
        anew.close()

"""An overlay is read as a graph that was built with its changes: every method, every order."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import RowSource, concept, source

from kgmed.builders.overlay import drop_overlay, make_overlay
from kgmed.builders.pipeline import build
from kgmed.kg.diff.comparison import compare
from kgmed.kg.errors import DataError, RowError, StoreError
from kgmed.kg.linking.normalize import tokens
from kgmed.kg.linking.stems import name_hash
from kgmed.kg.model import Retraction, Value, statement_id
from kgmed.kg.paths.find import find_paths, shortest_ways
from kgmed.kg.predicates import registry
from kgmed.kg.store.batch import Batch
from kgmed.kg.store.embedded import EmbeddedStore, open_store
from kgmed.kg.store.overlay import OverlayStore
from kgmed.kg.store.snapshot import corrupt_files, open_snapshot

OLD = [f"mesh:D{n}" for n in (1, 3, 5, 7)] + ["doid:5", "umls:C0000005"]
NEW = ["chebi:2", "mesh:D2", "mesh:D4", "mesh:D8", "zfin:9"]
EQUIVALENT = {"mesh:D1": "chebi:1", "doid:5": "mondo:5"}
"""What the base joins: additions may use either id."""
KINDS = [["Drug"], ["Drug", "Food"], ["Disease"], [], ["Disease"], ["Gene"]]
CATEGORIES = dict(zip([*OLD, *NEW], KINDS * 2, strict=False))
WORDS = ["aspirin tablet", "Aspirin", "tablet of salt", "阿司匹林片", "阿司匹林", "salt", "Salts"]
KNOWN = ["interacts_with", "treats", "subclass_of", "home_made"]
UNKNOWN = ["another_made", "zzz_made"]


def rows(ids: list[str], predicates: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    def made(  # noqa: PLR0917  hypothesis gives them in order
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


def names(ids: list[str], kinds: list[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    def made(of: str, text: str, kind: str) -> dict[str, Any]:
        return {"id": of, "text": text, "kind": kind, "language": language(text)}

    row = st.builds(made, st.sampled_from(ids), st.sampled_from(WORDS), st.sampled_from(kinds))
    return st.lists(row, max_size=8, unique_by=lambda r: (r["id"], r["text"]))


def language(text: str) -> str:
    return "en" if text.isascii() else "zh"


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


CHINESE = OLD[:3]


def own_names() -> list[dict[str, Any]]:
    """Of each language that the base names a concept in, it has a preferred name.

    A build doesn't store what else a name was that it preferred, so that an overlay can't know.
    """
    texts = {id: f"thing {n}" for n, id in enumerate(OLD)}
    rows = [(id, text, "en") for id, text in texts.items()]
    rows += [(id, f"东西{n}", "zh") for n, id in enumerate(CHINESE)]
    return [
        {"id": id, "text": text, "language": language, "kind": "preferred"}
        for id, text, language in rows
    ]


OTHER_KINDS = ["synonym", "synonym", "abbreviation", "brand"]
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
        names=own_names()
        + [
            row
            for row in draw(names(OLD, OTHER_KINDS))
            if row["language"] == "en" or row["id"] in CHINESE
        ],
        statements=of_base,
        mappings=MAPPINGS,
    )
    infores = draw(st.sampled_from(["infores:base", "infores:more"]))
    more = source(
        infores,
        concepts=concepts(every, OLD + list(EQUIVALENT.values())),
        names=draw(names(every, ["preferred", *OTHER_KINDS])),
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
HASHES = [name_hash(tokens(key)) for key in (*KEYS, "tablets aspirin", "things 1")]


def nodes(store: EmbeddedStore) -> list[Any]:
    return [node for id in IDS if (node := store.node(id)) is not None]


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
    "order of nodes": lambda s: s.node_ids(sorted(nodes(s))),
    "node_degrees": lambda s: s.node_degrees(nodes(s)),
    "paths": lambda s: [
        find_paths(s, a, b, registry=registry(), hops=3, predicates=some)
        for a, b in PAIRS[::3]
        for some in (None, ["treats", "zzz_made"])
    ],
    "exact": lambda s: s.lexicon.exact([*KEYS, ""]),
    "prefix": lambda s: [
        s.lexicon.prefix(k, limit=n) for k in ("a", "s", "t", "阿") for n in (1, 3, 20)
    ],
    "tokens": lambda s: [
        s.lexicon.tokens(words, limit=n)
        for words in (["aspirin"], ["tablet", "aspirin"], ["salt"], ["林", "阿"], ["thing"], [])
        for n in (1, 3, 60)
    ],
    "fuzzy": lambda s: [
        s.lexicon.fuzzy(k) for k in ("asprin", "tablte", "阿司匹林瓶", "thimg 1", "")
    ],
    "hashes": lambda s: (
        s.lexicon.held(HASHES), s.lexicon.hashed(HASHES, limit=50)
    ),
    "one edit": lambda s: [s.lexicon.one_edit(word) for word in ("asprin", "tablte", "aspirin")],
    "names": lambda s: s.lexicon.names(IDS),
}  # fmt: skip


def batch_differs(overlaid: OverlayStore, anew: EmbeddedStore) -> list[str]:
    """Where batch reads of the overlay differ from single reads of the graph built anew."""
    batch = Batch(overlaid.snapshot)
    columns = dict(zip(("subject", "predicate", "object"), zip(*TRIPLES, strict=True), strict=True))
    found = batch.check_triples(pa.table(columns)).tolist()
    wrong = [] if found == anew.has_statements(TRIPLES) else ["triples"]
    if find_spec("numba") is None:
        return wrong
    starts, ends = (batch.numbers(list(column)) for column in zip(*PAIRS, strict=True))
    for some in (None, ["treats", "zzz_made"]):
        found = batch.distances(starts, ends, hops=3, predicates=some).tolist()
        if found != [_distance(anew, a, b, some) for a, b in PAIRS]:
            wrong.append(f"distances {some}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kgmed.kg.store.batch._numba_search", lambda: None)
        if batch.check_triples(pa.table(columns)).tolist() != anew.has_statements(TRIPLES):
            wrong.append("triples without numba")
    return wrong


def _distance(store: EmbeddedStore, a: str, b: str, predicates: list[str] | None) -> int:
    first, last = store.node(a), store.node(b)
    if first is None or last is None:
        return -1
    if first == last:
        return 0
    ways = shortest_ways(store, first, last, hops=3, predicates=predicates)[0]
    return len(ways[0]) - 1 if ways else -1


Example = tuple[RowSource, RowSource, list[str]]
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def is_read_as_built_anew(folder: Path, example: Example) -> None:
    overlaid, anew = both(folder, *example)
    try:
        for name, check in CHECKS.items():
            assert check(overlaid) == check(anew), name
        assert batch_differs(overlaid, anew) == []
        with compare(anew.snapshot, overlaid.snapshot) as found:
            assert found.summary.same, found.with_examples(3)
        assert not list(corrupt_files(overlaid.snapshot))
    finally:
        overlaid.close()
        anew.close()


@settings(max_examples=8, suppress_health_check=SLOW)
@given(example=edited())
def test_an_overlay_is_read_as_the_edited_graph_built_anew(folder: Path, example: Example) -> None:
    is_read_as_built_anew(folder, example)


@pytest.mark.stress
@settings(max_examples=500, suppress_health_check=SLOW)
@given(example=edited())
def test_many_overlays_are_read_as_graphs_built_anew(folder: Path, example: Example) -> None:
    is_read_as_built_anew(folder, example)


# Single facts ------------------------------------------------------------------------------------

DRUGS = [
    concept("mesh:D1", "warfarin", "Drug"),
    concept("mesh:D2", "aspirin", "Drug"),
    concept("mesh:D3", "gout", "Disease"),
]
FACTS: list[dict[str, Any]] = [
    {"subject": "mesh:D1", "predicate": "interacts_with", "object": "mesh:D2"},
    {"subject": "mesh:D2", "predicate": "treats", "object": "mesh:D3"},
    {"subject": "mesh:D1", "predicate": "has_half_life", "value": "40", "value_type": "number"},
]
LINKS = [
    {
        "path": "R1", "start": "mesh:D1", "end": "mesh:D3", "position": place,
        **{key: fact[key] for key in ("subject", "predicate", "object")},
    }
    for place, fact in enumerate(FACTS[:2])
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tables = {
        "concepts": [entry["concept"] for entry in DRUGS],
        "names": [entry["name"] for entry in DRUGS],
    }
    build([source("infores:base", **tables, statements=FACTS, paths=LINKS)], tmp_path / "graph")
    return tmp_path / "graph"


def fact(number: int, infores: str = "infores:base") -> str:
    row = FACTS[number]
    value = Value(row["value"], row["value_type"]) if "value" in row else None
    return statement_id(
        primary_knowledge_source=infores,
        subject=row["subject"],
        predicate=row["predicate"],
        object=row.get("object", ""),
        value=value,
    )


def more(*statements: dict[str, Any], **tables: list[dict[str, Any]]) -> RowSource:
    return source("infores:more", statements=list(statements), **tables)


def hash_of(root: Path) -> str:
    return str(open_snapshot(root).manifest["snapshot"])


TREATS = {"subject": "mesh:D1", "predicate": "treats", "object": "mesh:D3"}


def test_a_retracted_statement_is_read_marked_and_found_nowhere(root: Path, tmp_path: Path) -> None:
    make_overlay(root, errata=[errata(tmp_path / "e.tsv", [fact(0), fact(2)[:9]])])
    store = open_store(root)
    for number in (0, 2):
        found = store.statements([fact(number)])[0]
        assert found is not None
        assert found.retracted == Retraction("wrong", "Dr. Li", "2026-11-20")
    assert [s.id for s in store.retracted()] == sorted([fact(0), fact(2)])
    assert store.neighbors(["mesh:D1"]) == [[]]
    assert store.values(["mesh:D1"]) == [[]]
    assert store.between([("mesh:D1", "mesh:D2")]) == [[]]
    assert [s.id for s in store.scan()] == [fact(1)]
    assert store.statements([fact(1)])[0].retracted is None  # type: ignore[union-attr]


def test_a_path_with_a_retracted_link_is_none(root: Path, tmp_path: Path) -> None:
    assert len(open_store(root).curated_paths("mesh:D1", "mesh:D3")) == 1
    make_overlay(root, errata=[errata(tmp_path / "e.tsv", [fact(1)])])
    store = open_store(root)
    assert store.curated_paths("mesh:D1", "mesh:D3") == []
    assert store.info().paths == 0


def test_the_store_of_the_base_alone_refuses_an_overlay(root: Path, tmp_path: Path) -> None:
    make_overlay(root, errata=[errata(tmp_path / "e.tsv", [fact(0)])])
    with pytest.raises(StoreError, match="open_store opens both"):
        EmbeddedStore(root)


def test_a_second_overlay_folds_into_one(root: Path, tmp_path: Path) -> None:
    one, two = (errata(tmp_path / f"{n}.tsv", [fact(n)]) for n in (0, 1))
    first, second = more(TREATS), source("infores:other", statements=[{**TREATS, "negated": True}])
    make_overlay(root, errata=[one], sources=[first])
    make_overlay(root, errata=[two], sources=[second])
    step_by_step = hash_of(root)
    info = open_store(root).info().overlay
    assert info is not None
    assert (info.retracted, info.statements) == (2, 2)
    make_overlay(root, errata=[one, two], sources=[first, second], replace=True)
    assert hash_of(root) == step_by_step
    make_overlay(root, errata=[two, one], sources=[first, second], replace=True)
    assert hash_of(root) == step_by_step
    make_overlay(root, errata=[one], replace=True)
    assert open_store(root).info().overlay.statements == 0  # type: ignore[union-attr]
    assert len(open_store(root).retracted()) == 1


def test_an_added_statement_can_be_retracted_and_restored(root: Path, tmp_path: Path) -> None:
    make_overlay(root, sources=[more(TREATS)])
    (added,) = open_store(root).added()
    with_it = hash_of(root)
    make_overlay(root, errata=[errata(tmp_path / "e.tsv", [added.id])])
    store = open_store(root)
    assert store.added() == []
    assert store.statements([added.id]) == [
        replace(added, retracted=Retraction("wrong", "Dr. Li", "2026-11-20"))
    ]
    assert store.has_statements([("mesh:D1", "treats", "mesh:D3")]) == [False]
    back = tmp_path / "back.tsv"
    back.write_text(f"statement_id\treason\twho\tdate\taction\n{added.id}\t\t\t\trestore\n")
    make_overlay(root, errata=[back])
    assert open_store(root).added() == [added]
    assert hash_of(root) == with_it


def test_the_base_is_current_again_where_nothing_is_left(root: Path, tmp_path: Path) -> None:
    before = hash_of(root)
    make_overlay(root, errata=[errata(tmp_path / "e.tsv", [fact(0)])])
    assert hash_of(root) != before
    back = tmp_path / "back.tsv"
    back.write_text(f"statement_id\treason\twho\tdate\taction\n{fact(0)}\t\t\t\trestore\n")
    make_overlay(root, errata=[back])
    assert hash_of(root) == before
    assert open_snapshot(root).base is None
    make_overlay(root, sources=[more(TREATS)])
    drop_overlay(root)
    assert hash_of(root) == before


def test_what_the_base_holds_is_counted_and_not_added(root: Path) -> None:
    again = RowSource(
        source("infores:base").info,
        {"statements": FACTS, "names": [DRUGS[0]["name"]], "concepts": []},
    )
    made = make_overlay(root, sources=[again])
    assert made.report.statements == {
        "read": 3, "added": 0, "already in the graph": 3, "both ends are one concept": 0,
        "the same statement of the same source": 0,
    }  # fmt: skip
    assert made.report.already_there["names already there"] == 1
    assert open_store(root).info().statements == 2


def test_the_same_files_are_added_once(root: Path) -> None:
    make_overlay(root, sources=[more(TREATS)])
    before = hash_of(root)
    made = make_overlay(root, sources=[more(TREATS)])
    assert made.report.added_before == ["infores:more"]
    assert hash_of(root) == before


def test_another_category_of_a_known_concept_is_listed_and_left_to_a_build(root: Path) -> None:
    made = make_overlay(
        root, sources=[more(TREATS, concepts=[{"id": "mesh:D1", "categories": ["Food", "Drug"]}])]
    )
    (rows,) = made.report.findings.values()
    assert rows == [{"id": "mesh:D1", "has": "Drug", "also": "Food"}]
    assert open_store(root).concepts(["mesh:D1"])[0].categories == ("Drug",)  # type: ignore[union-attr]


def test_an_added_subclass_that_would_close_a_cycle_becomes_broader(root: Path) -> None:
    up = {"subject": "mesh:D1", "predicate": "subclass_of", "object": "mesh:D2"}
    down = {"subject": "mesh:D2", "predicate": "subclass_of", "object": "mesh:D1"}
    make_overlay(root, sources=[more(up)])
    made = make_overlay(root, sources=[source("infores:other", statements=[down])])
    assert made.report.cycles == [
        {"subject": "mesh:D2", "object": "mesh:D1", "source": "infores:other"}
    ]
    kinds = [e.predicate for e in open_store(root).neighbors(["mesh:D2"], direction="out")[0]]
    assert kinds == ["broader", "treats"]


@pytest.mark.parametrize(
    "tables",
    [
        {"mappings": [{"subject": "mesh:D1", "predicate": "skos:exactMatch", "object": "x:9"}]},
        {"mappings": [{"subject": "mesh:D1", "predicate": "owl:sameAs", "object": "mesh:D2"}]},
        {"statements": [{"subject": "mesh:D1", "predicate": "same_as", "object": "mesh:D2"}]},
        {"statements": [{"subject": "mesh:D9", "predicate": "exact_match", "object": "mesh:D2"}]},
    ],
)
def test_a_change_of_identity_is_refused(root: Path, tables: dict[str, Any]) -> None:
    before = hash_of(root)
    with pytest.raises(DataError, match=r"An overlay leaves identity as it is.*--overrides"):
        make_overlay(root, sources=[source("infores:more", **tables)])
    assert hash_of(root) == before
    assert [p.name for p in (root / "generations").iterdir()] == [open_snapshot(root).folder.name]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("00000000\twrong\tme\t2026-11-20", r"line 2: found statement_id '00000000', which the gr"),
        ("ID\t\tme\t2026-11-20", r"line 2: found an empty reason"),
        ("ID\twrong\t\t2026-11-20", r"line 2: found an empty who"),
        ("ID\twrong\tme\tyesterday", r"line 2: found date 'yesterday', expected a date such as"),
        ("ID\twrong\tme\t2026-11-20\tdelete", r"found action 'delete', expected retract or res"),
        ("ID\twrong\tme\t2026-11-20\trestore", r"which isn't retracted"),
        ("D000001\twrong\tme\t2026-11-20", r"expected 8 to 32 hexadecimal digits"),
        ("ID\ta\tb\tc\td\te", r"found 6 fields, expected 5"),
    ],
)
def test_a_bad_row_of_errata_says_what_to_do_or_is_set_aside(
    root: Path, tmp_path: Path, line: str, message: str
) -> None:
    path, aside = tmp_path / "errata.tsv", tmp_path / "aside.tsv"
    good = f"{fact(1)}\twrong\tme\t2026-11-20\t"
    line = line.replace("ID", fact(0))
    path.write_text(f"statement_id\treason\twho\tdate\taction\n{line}\n\n{good}\n")
    with pytest.raises(RowError, match=message):
        make_overlay(root, errata=[path])
    made = make_overlay(root, errata=[path], on_error="skip", quarantine=aside)
    (rows,) = made.report.errata.values()
    assert (rows["read"], rows["kept"], sum(rows["skipped"].values())) == (2, 1, 1)
    assert line in aside.read_text()
    assert [s.id for s in open_store(root).retracted()] == [fact(1)]


def test_errata_without_the_columns_say_which_are_missing(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "errata.tsv"
    path.write_text("id\treason\n")
    with pytest.raises(DataError, match="expected also statement_id, who, date"):
        make_overlay(root, errata=[path])
    path.write_text("")
    with pytest.raises(DataError, match="found an empty file"):
        make_overlay(root, errata=[path])


def test_pruning_keeps_the_base_that_an_overlay_lies_on(root: Path) -> None:
    base = open_snapshot(root).folder.name
    for number in range(4):
        make_overlay(root, sources=[more({**TREATS, "source_record": str(number)})])
        names = {path.name for path in (root / "generations").iterdir()}
        assert base in names
        assert len(names) <= 3
    open_store(root).close()
    build([source("infores:base", statements=FACTS)], root)
    build([source("infores:base", statements=FACTS[:2])], root)
    assert base not in {path.name for path in (root / "generations").iterdir()}


@pytest.mark.parametrize("part", ["overlay", "base"])
def test_a_flipped_byte_of_overlay_or_base_is_found(root: Path, tmp_path: Path, part: str) -> None:
    make_overlay(root, errata=[errata(tmp_path / "e.tsv", [fact(0)])], sources=[more(TREATS)])
    snapshot = open_snapshot(root)
    folder = snapshot.folder if part == "overlay" else snapshot.base.folder  # type: ignore[union-attr]
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size):
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        with pytest.raises(StoreError):
            open_store(root)
        path.write_bytes(before)
    open_store(root).close()


def test_a_kill_leaves_the_current_generation_in_use(root: Path, tmp_path: Path) -> None:
    before = hash_of(root)
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from kgmed.builders.overlay import make, make_overlay\n"
        "make.publish = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "make_overlay(sys.argv[1], errata=[Path(sys.argv[2])])\n"
    )
    path = errata(tmp_path / "e.tsv", [fact(0)])
    done = subprocess.run([sys.executable, "-c", code, str(root), str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [p.name for p in (root / "generations").iterdir() if p.name.startswith(".")]
    assert hash_of(root) == before
    make_overlay(root, errata=[path])
    assert not [p.name for p in (root / "generations").iterdir() if p.name.startswith(".")]
    assert len(open_store(root).retracted()) == 1


def test_a_plain_graph_imports_nothing_of_overlays(root: Path) -> None:
    code = (
        "import sys; from kgmed.kg.store.embedded import open_store; open_store(sys.argv[1]);"
        "print([m for m in sys.modules if 'overlay' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_an_overlay_imports_nothing_heavy_to_be_asked(root: Path) -> None:
    make_overlay(root, sources=[more(TREATS)])
    code = (
        "import sys; from kgmed.kg.store.embedded import open_store; s = open_store(sys.argv[1]);"
        "assert s.neighbors(['mesh:D1'])[0]; s.lexicon.exact(['gout']);"
        "print([m for m in ('numpy', 'pyarrow', 'duckdb', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"

"""Paths in the order of a trained model, and claims of the open graph that such a model is asked
about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import UsageError
from kgmed.kg.paths.find import find_paths
from kgmed.reasoning.claims.batch import verify_file
from kgmed.reasoning.claims.batch.singly import Row, Singly
from kgmed.reasoning.plausibility.uses.paths import path_scores, step_scores

PAIRS = [("metformin", "gout"), ("warfarin", "EGFR"), ("imatinib", "asthma"), ("aspirin", "ABL1")]


@pytest.fixture(scope="module")
def learned(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """A copy of the open graph with a model of path counts beside it."""
    root = tmp_path_factory.mktemp("open") / "graph"
    shutil.copytree(
        graph.local_store().snapshot.root, root, ignore=shutil.ignore_patterns("learned")
    )
    with open_graph(root) as opened:
        opened.learn_train(model="paths", name="near")
        yield opened


def nodes(graph: Graph, start: str, end: str, **how: str) -> list[tuple[str, ...]]:
    return [path.nodes for path in graph.find_paths(start, end, limit=64, **how)]  # type: ignore[arg-type]


def test_the_same_paths_come_in_another_order(learned: Graph) -> None:
    moved = 0
    for start, end in PAIRS:
        default = nodes(learned, start, end)
        found = nodes(learned, start, end, rank="learned", model="near")
        assert found == nodes(learned, start, end, rank="learned", model="near")
        assert sorted(found) == sorted(default)
        moved += found != default
        limited = learned.find_paths(start, end, rank="learned", model="near", limit=3)
        assert [path.nodes for path in limited] == found[:3]
    assert moved > 0


def test_the_order_is_by_score_and_ties_keep_the_default(learned: Graph) -> None:
    scorer = learned.scorer("near")
    ends = (learned.named("metformin"), learned.named("gout"))
    every = find_paths(learned.store, *ends, registry=learned.registry, limit=64).paths
    scores = dict(zip((path.nodes for path in every), path_scores(scorer, every), strict=True))
    ranked = [scores[one] for one in nodes(learned, *ends, rank="learned", model="near")]
    assert ranked == sorted(ranked, reverse=True)
    level = find_paths(
        learned.store, *ends, registry=learned.registry, limit=64,
        rank=lambda some: [0.0] * len(some),
    ).paths  # fmt: skip
    assert level == every
    turned = find_paths(
        learned.store, *ends, registry=learned.registry, limit=64,
        rank=lambda some: [float(n) for n in range(len(some))],
    ).paths  # fmt: skip
    assert turned == every[::-1]


def test_scores_are_those_of_the_counts(learned: Graph) -> None:
    scorer = learned.scorer("near")
    path = learned.find_paths("metformin", "gout", limit=1)[0]
    start, *between, end = path.nodes
    assert between
    ties = []
    for one in between:
        s, m, e = (np.array([scorer.number(id)], np.int32) for id in (start, one, end))
        counts = [float(scorer.paths.by_length(a, m)[1:].sum()) for a in (s, e)]
        ties.append(sum(np.log(count + 1e-4) for count in counts))
    (expected,) = step_scores(scorer, [path])
    assert path_scores(scorer, [path]) == [pytest.approx(np.mean(ties) + expected)]
    s, o = (np.array([scorer.number(id) for id in some], np.int32)
            for some in (path.nodes[:-1], path.nodes[1:]))  # fmt: skip
    direct = np.array(
        [scorer.paths.by_length(s[n : n + 1], o[n : n + 1])[0, 0] for n in range(len(s))]
    )
    assert scorer.paths.steps(s, o) == pytest.approx(direct)
    assert scorer.paths.steps(np.array([-1, 0], np.int32), np.array([0, -1], np.int32)).sum() == 0


def test_a_path_through_what_the_model_has_not_seen_comes_last(learned: Graph) -> None:
    scorer = learned.scorer("near")
    some = list(learned.find_paths("metformin", "gout", limit=5))
    before = path_scores(scorer, some)
    unseen = some[0].nodes[1]
    scorer._numbers[unseen] = -1
    after = path_scores(scorer, some)
    for path, old, new in zip(some, before, after, strict=True):
        assert (new < old) == (unseen in path.nodes)


def test_what_is_not_there_is_refused(learned: Graph) -> None:
    with pytest.raises(UsageError, match="expected one of: default, learned"):
        learned.find_paths("metformin", "gout", rank="best")
    with pytest.raises(UsageError, match="expected one of: near"):
        learned.find_paths("metformin", "gout", rank="learned")


def test_ambiguous_names_of_a_table_are_asked_about_as_those_of_single_claims(
    learned: Graph, tmp_path: Path
) -> None:
    drugs = ["warfarin", "imatinib", "aspirin", "prednisone", "lithium", "metformin", "rituximab"]
    names = ["MS", "RA", "ALL", "AD", "PD", "CF", "cold", "depression", "HD", "AS", "diabetis"]
    asked = [(drug, "treats", name) for drug in drugs for name in names]
    table = pa.table(
        dict(zip(("subject", "predicate", "object"), zip(*asked, strict=True), strict=True))
    )
    source, out = tmp_path / "t.parquet", tmp_path / "o.parquet"
    pq.write_table(table, source)
    verify_file(learned.local_store().snapshot.root, source, out, model="near")
    found = pq.read_table(out).to_pylist()
    single = Singly(learned.store, learned.registry)
    claims = [single._claim(Row(*one, False, {})) for one in asked]
    told = [one.plausibility for one in learned.verify_claims(claims, plausibility="near")]
    assert [row["plausibility"] for row in found] == [one and one.probability for one in told]
    unsure = [not isinstance(one.object, str) and bool(one.object.alternatives) for one in claims]
    known = [row["plausibility"] is not None for row in found]
    assert sum(a and b for a, b in zip(unsure, known, strict=True)) > 5

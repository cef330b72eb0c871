"""Suggestions for curators: what is suggested, and that nothing comes in before it is accepted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from plausible import graph as toy

import kgmed
from kgmed.builders.config import BuildConfig, make_sources
from kgmed.builders.overlay import make_overlay
from kgmed.builders.source_configs import KgxConfig, SssomConfig
from kgmed.facade import Graph
from kgmed.kg.errors import DataError, UsageError
from kgmed.kg.suggestion import SOURCE, VALIDATED, Suggestions
from kgmed.reasoning.claims.model import Claim
from kgmed.wire import adapter

OPEN = "a suggestion that no curator has accepted"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    found = kgmed.open_graph(str(toy(tmp_path_factory.mktemp("suggest") / "graph").root))
    found.learn_train(model="paths", share=0.15)
    return found


@pytest.fixture(scope="module")
def found(graph: Graph) -> Suggestions:
    return graph.learn_suggest("treats", limit=12)


def triples(found: Suggestions) -> list[tuple[str, str, str]]:
    return [(one.subject, one.predicate, one.object) for one in found.suggestions]


def test_what_is_suggested_is_neither_stated_nor_refuted(graph: Graph, found: Suggestions) -> None:
    claims = [Claim(*triple) for triple in triples(found)]
    assert len(claims) == 12
    assert {c.verdict for c in graph.verify_claims(claims)} <= {"UNSUPPORTED", "NOT_COVERED"}
    told = [one.probability for one in found.suggestions]
    assert told == sorted(told, reverse=True)
    assert told == pytest.approx(graph.plausibility(triples(found)), abs=1e-6)
    assert found.looked_at.concepts == found.looked_at.among > 50


def test_the_best_over_the_graph_are_the_best_of_each_concept(
    graph: Graph, found: Suggestions
) -> None:
    least = found.suggestions[-1].probability
    for concept in {one.subject for one in found.suggestions}:
        alone = graph.learn_suggest("treats", [concept], limit=12)
        mine = [t for t in triples(found) if t[0] == concept]
        best = [
            (one.subject, one.predicate, one.object)
            for one in alone.suggestions
            if one.probability > least
        ]
        assert set(best) <= set(mine) <= set(triples(alone))


def test_a_symmetric_pair_is_suggested_once_and_never_the_other_way_round(graph: Graph) -> None:
    found = graph.learn_suggest("interacts_with", limit=50)
    pairs = [frozenset((s, o)) for s, _p, o in triples(found)]
    assert len(set(pairs)) == len(pairs) > 10
    turned = [Claim(o, p, s) for s, p, o in triples(found)]
    assert "SUPPORTED" not in {c.verdict for c in graph.verify_claims(turned)}


def test_subjects_can_be_looked_for_and_improbable_ones_left_out(graph: Graph) -> None:
    found = graph.learn_suggest("treats", ["Disease3"], end="subject", min_probability=0.6)
    assert {o for _s, _p, o in triples(found)} == {"x:Disease3"}
    assert min(one.probability for one in found.suggestions) >= 0.6
    assert graph.learn_suggest("treats", min_probability=1.0).suggestions == ()


def test_paths_are_statements_that_lead_from_subject_to_object(
    graph: Graph, found: Suggestions
) -> None:
    with_paths = [one for one in found.suggestions if one.paths]
    assert with_paths
    for one in with_paths:
        statements = graph.store.statements(list(one.paths[0]))
        ends = [end for s in statements if s is not None for end in (s.subject, s.object)]
        assert ends.count(one.subject) == ends.count(one.object) == 1


def test_what_cant_be_suggested_is_told(graph: Graph) -> None:
    with pytest.raises(UsageError, match="Found predicate 'causes', expected one that the model"):
        graph.learn_suggest("causes")
    with pytest.raises(UsageError, match="Found end 'middle'"):
        graph.learn_suggest("treats", end="middle")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="there is no such file"):
        graph.learn_suggest("treats", reviewed=["gone.tsv"])


# The round of a review ----------------------------------------------------------------------------

Fill = Callable[[Path, dict[int, str]], None]


def fill_table(path: Path, reviews: dict[int, str]) -> None:
    """A curator's marks, by row."""
    lines = path.read_text().splitlines()
    first = next(n for n, line in enumerate(lines) if not line.startswith("#")) + 1
    assert lines[first - 1].endswith("\treview\treviewer\treview_date")
    for row, review in reviews.items():
        assert lines[first + row].endswith("\t\t\t")
        kept = lines[first + row].removesuffix("\t\t\t")
        lines[first + row] = f"{kept}\t{review}\tDr. Li\t2026-11-22"
    path.write_text("\n".join(lines) + "\n")


def fill_objects(path: Path, reviews: dict[int, str]) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row, review in reviews.items():
        rows[row] |= {"review": review, "reviewer": "Dr. Li", "review_date": "2026-11-22"}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


FORMS: list[tuple[str, str, Fill]] = [
    ("kgx", "some_edges.tsv", fill_table),
    ("kgx", "some_edges.jsonl", fill_objects),
    ("sssom", "some.sssom.tsv", fill_table),
]


@pytest.fixture(params=FORMS, ids=[name for _format, name, _fill in FORMS])
def written(
    request: pytest.FixtureRequest, graph: Graph, found: Suggestions, tmp_path: Path
) -> tuple[Path, Fill]:
    format, name, fill = request.param
    graph.write_suggestions(found, tmp_path / name, format=format)
    return tmp_path / name, fill


def built(path: Path, out: Path) -> tuple[Graph, dict[str, int]]:
    """The toy graph with a file of suggestions, and what was set aside of it."""
    made = kgmed.build(
        out, open=False, sssom=path if ".sssom." in path.name else (),
        edges=() if ".sssom." in path.name else path,
    )  # fmt: skip
    counts = next(
        rows for source in made.report.sources for name, rows in source.files.items()
        if name == path.name
    )  # fmt: skip
    assert counts["read"] == counts["kept"] + sum(counts["skipped"].values())
    return kgmed.open_graph(str(out)), counts["skipped"]


def overlaid(graph: Graph, path: Path, root: Path) -> tuple[Graph, Graph, dict[str, int]]:
    """A copy of a graph before and after an overlay of the file."""
    shutil.copytree(graph.local_store().snapshot.root, root)
    before = kgmed.open_graph(str(root))
    config: KgxConfig | SssomConfig
    if ".sssom." in path.name:
        config = SssomConfig(type="sssom", paths=(path,))
    else:
        nodes = path.with_name(path.name.replace("edges", "nodes"))
        config = KgxConfig(type="kgx", nodes=(nodes,), edges=(path,))
    sources = make_sources(BuildConfig(source=(config,), open=False), None)
    make_overlay(root, sources=sources)
    skipped: dict[str, int] = {}
    for source in sources:
        skipped |= dict(source.tallies[path.name].skipped)
    return before, kgmed.open_graph(str(root)), skipped


def test_open_suggestions_add_nothing_to_a_graph(
    written: tuple[Path, Fill], graph: Graph, tmp_path: Path
) -> None:
    before, after, skipped = overlaid(graph, written[0], tmp_path / "graph")
    assert skipped == {OPEN: 12}
    one, other = before.info(), after.info()
    assert (one.concepts, one.statements, one.names) == (
        other.concepts, other.statements, other.names
    )  # fmt: skip
    assert after.local_store().added() == []
    assert before.store.concepts(["x:Drug3"]) == after.store.concepts(["x:Drug3"])


def test_an_accepted_one_comes_in_with_who_accepted_it(
    written: tuple[Path, Fill], graph: Graph, found: Suggestions, tmp_path: Path
) -> None:
    path, fill = written
    fill(path, {3: "accepted", 5: "rejected", 6: "perhaps"})
    _before, after, skipped = overlaid(graph, path, tmp_path / "graph")
    assert skipped == {
        OPEN: 9, "a suggestion that a curator rejected": 1,
        "a suggestion whose review is neither accepted nor rejected": 1,
    }  # fmt: skip
    (added,) = after.local_store().added()
    wanted = found.suggestions[3]
    assert added.id == wanted.id
    assert (added.subject, added.predicate, added.object) == triples(found)[3]
    assert (added.primary_knowledge_source, added.agent_type) == (SOURCE, VALIDATED)
    assert added.knowledge_level == "prediction"
    assert added.qualifiers == {}
    assert added.text == (
        f"Suggested by default (paths), probability {round(wanted.probability, 4):g}; accepted by "
        "Dr. Li, 2026-11-22."
    )
    (checked,) = after.verify_claims([Claim(*triples(found)[3])])
    assert checked.verdict == "SUPPORTED"


def test_a_build_takes_in_the_accepted_alone(
    written: tuple[Path, Fill], found: Suggestions, tmp_path: Path
) -> None:
    path, fill = written
    empty, skipped = built(path, tmp_path / "empty")
    assert (empty.info().statements, empty.info().concepts) == (0, 0)
    assert skipped == {OPEN: 12}
    fill(path, {0: "Accepted", 1: "rejected"})
    made, skipped = built(path, tmp_path / "graph")
    assert skipped == {OPEN: 10, "a suggestion that a curator rejected": 1}
    assert made.info().statements == 1
    statement = made.statement(found.suggestions[0].id)
    assert statement.agent_type == VALIDATED


def test_what_was_decided_is_not_suggested_again(
    written: tuple[Path, Fill], graph: Graph, found: Suggestions
) -> None:
    path, fill = written
    fill(path, {0: "rejected", 1: "accepted"})
    again = graph.learn_suggest("treats", limit=12, reviewed=[path])
    assert not set(triples(found)[:2]) & set(triples(again))
    assert set(triples(found)[2:]) <= set(triples(again))
    assert again.left_out["rejected by a curator"] == 1
    assert again.left_out["accepted by a curator"] == 1


def test_an_accepted_one_stays_in_a_graph_that_is_written_and_read_again(
    graph: Graph, found: Suggestions, tmp_path: Path
) -> None:
    edges = tmp_path / "some_edges.tsv"
    graph.write_suggestions(found, edges)
    fill_table(edges, {0: "accepted"})
    made, _skipped = built(edges, tmp_path / "graph")
    made.write_kgx(tmp_path / "kgx", format="tsv", allow_restricted=[SOURCE])
    again = kgmed.build(
        tmp_path / "again", open=False, nodes=tmp_path / "kgx" / "nodes.tsv",
        edges=tmp_path / "kgx" / "edges.tsv",
    )  # fmt: skip
    assert again.report.sources
    reopened = kgmed.open_graph(str(tmp_path / "again"))
    id = found.suggestions[0].id
    assert reopened.statement(id).text == made.statement(id).text


def test_a_column_of_that_name_in_anothers_file_is_a_qualifier(tmp_path: Path) -> None:
    edges = tmp_path / "edges.tsv"
    edges.write_text("subject\tpredicate\tobject\treview\nx:a\tbiolink:treats\tx:b\tpending\n")
    made, skipped = built(edges, tmp_path / "graph")
    assert skipped == {}
    (statement,) = made.store.scan()
    assert statement.qualifiers == {"review": "pending"}


def test_a_suggestion_without_its_review_column_is_set_aside(
    graph: Graph, found: Suggestions, tmp_path: Path
) -> None:
    edges = tmp_path / "some_edges.tsv"
    graph.write_suggestions(found, edges)
    rows = [line.split("\t") for line in edges.read_text().splitlines()]
    level = rows[0].index("knowledge_level")
    cut = [row[:-3] for row in rows]
    for row in cut[1:]:
        row[level] = "knowledge_assertion"
    edges.write_text("\n".join("\t".join(row) for row in cut) + "\n")
    _before, after, skipped = overlaid(graph, edges, tmp_path / "graph")
    assert skipped == {OPEN: 12}
    assert after.local_store().added() == []


def test_text_with_quotes_and_tabs_is_one_cell(
    graph: Graph, found: Suggestions, tmp_path: Path
) -> None:
    odd = replace(found.suggestions[0], subject_name='"odd"\tname', coverage="two\nlines")
    some = replace(found, suggestions=(odd,))
    path = tmp_path / "odd.sssom.tsv"
    graph.write_suggestions(some, path, format="sssom")
    fill_table(path, {0: "accepted"})
    assert built(path, tmp_path / "graph")[0].info().statements == 1
    assert graph.learn_suggest("treats", limit=12, reviewed=[path]).left_out[
        "accepted by a curator"
    ]


def test_the_command_writes_candidates_and_says_that_they_are_open(
    graph: Graph, tmp_path: Path
) -> None:
    root = str(graph.local_store().snapshot.root)

    def suggest(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "kgmed.cli", "learn", "suggest", *words, "--graph", root]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    done = suggest("Drug3", "--predicate", "treats", "--limit", "3", "--out", "a_edges.tsv")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("treats: 3 suggestions of default (paths); looked at 1 of ")
    assert "open until a curator writes accepted or rejected under review" in done.stderr
    assert len((tmp_path / "a_edges.tsv").read_text().splitlines()) == 4
    done = suggest("--predicate", "treats", "--json", "-q")
    told = adapter("kgmed.suggestions/1").validate_json(done.stdout)
    assert len(told.suggestions) == 100
    assert suggest("--predicate", "treats", "--min-probability", "1").returncode == 3
    done = suggest("--predicate", "treats", "--out", "a.tsv")
    assert (done.returncode, "NAME_edges.tsv" in done.stderr) == (2, True)

"""What is read and built again when a build is repeated: what has changed, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from kgmed.builders import pipeline
from kgmed.builders.identity import IdentityRules
from kgmed.builders.kgx import KgxSource
from kgmed.builders.overlay import make_overlay
from kgmed.builders.pipeline import Build, build
from kgmed.builders.source import TableName
from kgmed.builders.staged_cache import StagedCache

Again = Callable[..., tuple[Build, set[str]]]
READ: list[str] = []
"""The names of the sources that were read, once for each table."""


class Noted(KgxSource):
    """A KGX source that notes being read."""

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        READ.append(self.info.name)
        return super().batches(table)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}_nodes.tsv").write_text(
            f"id\tcategory\tname\nHP:1\tbiolink:Disease\tfever {name}\nHP:2\tbiolink:Drug\tx\n"
        )
        (folder / f"{name}_edges.tsv").write_text(
            "subject\tpredicate\tobject\nHP:2\tbiolink:treats\tHP:1\nHP:2\tbiolink:treats\n"
        )
    return folder


@pytest.fixture
def again(files: Path, tmp_path: Path) -> Again:
    """Build from both sources; gives what was made and which sources were read."""

    def run(
        names: str = "ab", *, rules: IdentityRules | None = None, force: bool = False
    ) -> tuple[Build, set[str]]:
        READ.clear()
        aside = tmp_path / "aside.tsv"
        aside.unlink(missing_ok=True)
        sources = [
            Noted(files / f"{n}_nodes.tsv", files / f"{n}_edges.tsv",
                  on_error="skip", quarantine=aside)
            for n in names
        ]  # fmt: skip
        cache = StagedCache(tmp_path / "graph" / "staged", quarantine=aside)
        made = build(sources, tmp_path / "graph", cache=cache, rules=rules, force=force)
        assert aside.read_text().count("HP:2\tbiolink:treats\n") == len(names)
        return made, {name[0] for name in READ}

    return run


def generations(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "graph" / "generations").iterdir())


def test_nothing_changed_is_nothing_built(tmp_path: Path, again: Again) -> None:
    first, read = again()
    assert (first.was_there, read) == (False, {"a", "b"})
    there = generations(tmp_path)
    second, read = again()
    assert (second.was_there, read) == (True, set())
    assert second.snapshot.manifest == first.snapshot.manifest
    assert second.report == first.report
    assert generations(tmp_path) == there


def test_force_builds_from_what_was_read(tmp_path: Path, again: Again) -> None:
    first, _ = again()
    second, read = again(force=True)
    assert (second.was_there, read) == (False, set())
    assert second.snapshot.folder != first.snapshot.folder
    assert second.snapshot.manifest["snapshot"] == first.snapshot.manifest["snapshot"]


def test_only_what_changed_is_read_and_the_graph_is_built(files: Path, again: Again) -> None:
    first, _ = again()
    path = files / "b_nodes.tsv"
    path.write_text(path.read_text().replace("fever b", "febris"))
    second, read = again()
    assert (second.was_there, read) == (False, {"b"})
    assert second.snapshot.manifest["snapshot"] != first.snapshot.manifest["snapshot"]


def test_other_rules_order_or_predicates_build_the_graph(
    again: Again, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    again()
    for made, read in (again("ba"), again("ba", rules=IdentityRules(align=())),
                       again("a")):  # fmt: skip
        assert (made.was_there, read) == (False, set())
    again()
    monkeypatch.setattr(pipeline, "digest", lambda: "other predicates")
    assert not again()[0].was_there


def test_an_overlay_makes_way_for_the_build(tmp_path: Path, files: Path, again: Again) -> None:
    first, _ = again()
    more = files / "more.tsv"
    more.write_text("id\tcategory\tname\nHP:3\tbiolink:Disease\tcough\n")
    make_overlay(tmp_path / "graph", sources=[KgxSource(more, None)])
    second, _ = again()
    assert not second.was_there
    assert second.snapshot.base is None
    assert second.snapshot.manifest["snapshot"] == first.snapshot.manifest["snapshot"]


def test_a_damaged_graph_is_built_again(again: Again) -> None:
    first, _ = again()
    (first.snapshot.folder / "names.sqlite").write_bytes(b"damaged")
    second, read = again()
    assert (second.was_there, read) == (False, set())


def test_damaged_staged_rows_are_read_again(tmp_path: Path, again: Again) -> None:
    again()
    table = sorted((tmp_path / "graph" / "staged").glob("*/names.parquet"))[0]
    table.write_bytes(b"damaged")
    made, read = again(force=True)
    assert len(read) == 1
    assert made.snapshot.manifest["counts"]["concepts"] == 2

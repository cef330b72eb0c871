"""The snapshot directory: what opens, what is refused, and that no flipped byte goes unseen."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from support import concept, exact, source, tables_of

from kgmed.builders.pipeline import build
from kgmed.kg.errors import CorruptSnapshot, FormatVersion, NotAGraph, StoreError
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.snapshot import FORMAT, corrupt_files, open_snapshot


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("snapshot") / "graph"
    _build(root)
    return root


def _build(root: Path, *, extra: str = "mesh:D000009") -> str:
    ids = [concept(f"mesh:D{i:06d}", f"drug {i}", "Drug") for i in range(8)]
    statements = [
        {"subject": f"mesh:D{i:06d}", "predicate": "treats", "object": extra, "text": "x" * i}
        for i in range(8)
    ]
    made = build(
        [
            source(
                **tables_of(ids), statements=statements, mappings=[exact("mesh:D000001", "chebi:1")]
            )
        ],
        root,
    )
    return str(made.snapshot.manifest["snapshot"])


@pytest.fixture
def graph_copy(built: Path, tmp_path: Path) -> Path:
    target = tmp_path / "graph"
    shutil.copytree(built, target)
    return target


def _flip(path: Path, offset: int, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1 << bit
    path.write_bytes(bytes(data))


def _read_all(store: EmbeddedStore) -> None:
    store.statements([edge.statement for edge in store.neighbors(["mesh:D000007"])[0]])


def _problems(root: Path) -> str:
    try:
        return "\n".join(corrupt_files(open_snapshot(root)))
    except StoreError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(6))
def test_a_flipped_byte_is_found_at_open_and_by_check(graph_copy: Path, seed: int) -> None:
    chance = random.Random(seed)
    files = sorted(p for p in graph_copy.rglob("*") if p.is_file() and p.stat().st_size)
    for path in files:
        before = path.read_bytes()
        _flip(path, chance.randrange(len(before)), chance.randrange(8))
        with pytest.raises(StoreError):
            EmbeddedStore(graph_copy)
        assert _problems(graph_copy)
        path.write_bytes(before)
    EmbeddedStore(graph_copy).close()


def test_a_large_snapshot_finds_a_flipped_block_when_it_is_touched(
    graph_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgmed.kg.store.snapshot.VERIFY_AT_OPEN", 0)
    folder = open_snapshot(graph_copy).folder
    for name in ("out_nbr", "out_p", "out_off", "st_id", "details"):
        before = (folder / "csr" / f"{name}.bin").read_bytes()
        _flip(folder / "csr" / f"{name}.bin", len(before) - 1, 3)
        store = EmbeddedStore(graph_copy)
        with pytest.raises(CorruptSnapshot, match=f"{name}.bin: bytes"):
            _read_all(store)
        assert any(f"{name}.bin" in line for line in corrupt_files(store.snapshot))
        store.close()
        (folder / "csr" / f"{name}.bin").write_bytes(before)


@pytest.mark.parametrize("cut", [0, 1, 1000])
def test_a_truncated_file_is_found(graph_copy: Path, cut: int) -> None:
    path = open_snapshot(graph_copy).folder / "names.sqlite"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CorruptSnapshot, match=r"names\.sqlite: found"):
        EmbeddedStore(graph_copy)


def test_a_missing_file_is_found(graph_copy: Path) -> None:
    (open_snapshot(graph_copy).folder / "csr" / "in_p.bin").unlink()
    with pytest.raises(CorruptSnapshot, match=r"in_p.bin: can't be read"):
        EmbeddedStore(graph_copy)


def test_a_foreign_file_in_the_generation_is_found(graph_copy: Path) -> None:
    (open_snapshot(graph_copy).folder / "stray.txt").write_text("x")
    assert "stray.txt: not part of this snapshot" in _problems(graph_copy)


def test_no_graph_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotAGraph, match=r"there is nothing here.*kgmed build"):
        EmbeddedStore(tmp_path / "nowhere")
    with pytest.raises(NotAGraph, match="not a kgmed graph"):
        EmbeddedStore(tmp_path)
    (tmp_path / "CURRENT").write_bytes(b"\xff\xfe something else")
    with pytest.raises(NotAGraph, match="not the pointer file"):
        EmbeddedStore(tmp_path)


def test_a_newer_format_asks_for_an_upgrade(graph_copy: Path) -> None:
    pointer = graph_copy / "CURRENT"
    pointer.write_text(pointer.read_text().replace(f"kgmed-graph {FORMAT} ", "kgmed-graph 77 "))
    with pytest.raises(
        FormatVersion, match=r"format 77; this kgmed reads format \d and, of overlays, \d\. Upgrade"
    ):
        EmbeddedStore(graph_copy)


def test_a_pointer_out_of_the_folder_is_refused(graph_copy: Path) -> None:
    pointer = graph_copy / "CURRENT"
    words = pointer.read_text().split(" ")
    pointer.write_text(" ".join([*words[:2], "../../elsewhere", words[3]]))
    with pytest.raises(NotAGraph, match="no generation name"):
        EmbeddedStore(graph_copy)


def test_a_build_does_not_overwrite_a_folder_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("my thesis")
    with pytest.raises(NotAGraph, match=r"other files \(thesis.txt"):
        _build(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "my thesis"


def test_a_reader_keeps_the_generation_that_it_opened(tmp_path: Path) -> None:
    root = tmp_path / "graph"
    first = _build(root)
    store = EmbeddedStore(root)
    second = _build(root, extra="mesh:D000077")
    assert store.info().snapshot == first
    assert store.has_statements([("mesh:D000001", "treats", "mesh:D000009")]) == [True]
    newer = EmbeddedStore(root)
    assert newer.info().snapshot == second
    assert newer.has_statements([("mesh:D000001", "treats", "mesh:D000009")]) == [False]
    store.close()
    newer.close()


def test_only_the_last_generations_are_kept(tmp_path: Path) -> None:
    root = tmp_path / "graph"
    for number in range(4):
        _build(root, extra=f"mesh:D0001{number:02d}")
    assert len(list((root / "generations").iterdir())) == 2
    (root / "generations" / ".building-999999999" / "generation").mkdir(parents=True)
    _build(root, extra="mesh:D000200")
    assert not (root / "generations" / ".building-999999999").exists()


def test_the_same_rows_have_the_same_hash_in_any_order(tmp_path: Path) -> None:
    ids = [concept(f"mesh:D{i:06d}", f"drug {i}", "Drug") for i in range(30)]
    rows = [
        {
            "subject": f"mesh:D{i:06d}",
            "predicate": "interacts_with",
            "object": f"mesh:D{i // 2:06d}",
        }
        for i in range(1, 30)
    ]
    hashes = set()
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        random.Random(seed).shuffle(ids)
        made = build([source(**tables_of(ids), statements=rows)], tmp_path / str(seed))
        hashes.add(made.snapshot.manifest["snapshot"])
    assert len(hashes) == 1
    rows[0]["qualifiers"] = json.dumps({"severity": "Critical"})
    changed = build([source(**tables_of(ids), statements=rows)], tmp_path / "changed")
    assert changed.snapshot.manifest["snapshot"] not in hashes

"""``kgmed overlay`` as a process: a graph corrected, asked, listed and set back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kgmed.wire import adapter

KGMED = [sys.executable, "-m", "kgmed.cli"]

NODES = """id	category	name
DRUGBANK:DB00682	biolink:Drug	Warfarin
HP:0001892	biolink:PhenotypicFeature	Abnormal bleeding
HP:0000421	biolink:PhenotypicFeature	Epistaxis
"""
EDGES = """subject	predicate	object	primary_knowledge_source	release	licence
DRUGBANK:DB00682	biolink:has_side_effect	HP:0001892	infores:ward	1	CC0-1.0
DRUGBANK:DB00682	biolink:has_side_effect	HP:0000421	infores:ward	1	CC0-1.0
"""


def kgmed(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run([*KGMED, *arguments], capture_output=True, cwd=cwd, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "nodes.tsv").write_text(NODES)
    (tmp_path / "edges.tsv").write_text(EDGES)
    build = "build --nodes nodes.tsv --edges edges.tsv --no-open --out graph -q"
    assert kgmed(*build.split(), cwd=tmp_path)[0] == 0
    return tmp_path


def statement_of(work: Path, name: str) -> str:
    """The id of the statement about a side effect."""
    _, out, _ = kgmed("ask", "side effects of warfarin", "--graph", "graph", "--json", cwd=work)
    found = [item["statements"] for item in json.loads(out)["items"] if item["name"] == name]
    return str(found[0][0])


def errata(work: Path, *rows: str) -> None:
    head = "statement_id\treason\twho\tdate\taction"
    (work / "errata.tsv").write_text("\n".join([head, *rows]) + "\n")


def test_a_retracted_statement_is_never_cited_and_shown_as_retracted(work: Path) -> None:
    id = statement_of(work, "Epistaxis")
    errata(work, f"{id[:8]}\tanother drug\tDr. Li\t2026-11-20\t")
    code, out, _ = kgmed("overlay", "graph", "--errata", "errata.tsv", cwd=work)
    assert code == 0
    assert "1 statements retracted" in out
    _, out, _ = kgmed("ask", "side effects of warfarin", "--graph", "graph", "-q", cwd=work)
    assert "Abnormal bleeding" in out
    assert "Epistaxis" not in out
    assert id[:8] not in out
    _, out, _ = kgmed("show", id[:8], "--graph", "graph", cwd=work)
    assert "RETRACTED by Dr. Li, 2026-11-20: another drug. It is evidence for nothing." in out
    _, out, _ = kgmed("show", id[:8], "--graph", "graph", "--json", cwd=work)
    assert json.loads(out)["statement"]["retracted"] == {
        "reason": "another drug", "who": "Dr. Li", "date": "2026-11-20",
    }  # fmt: skip
    _, out, _ = kgmed("show", "DB00682", "--graph", "graph", cwd=work)
    assert "Epistaxis" not in out


def test_additions_answer_with_their_source_and_licence(work: Path) -> None:
    (work / "more_nodes.tsv").write_text("id\tcategory\tname\nHP:0000225\tbiolink:Bad\tGum bleed\n")
    (work / "more_edges.tsv").write_text(
        "subject\tpredicate\tobject\nDRUGBANK:DB00682\tbiolink:has_side_effect\tHP:0000225\n"
    )
    command = (
        "overlay graph --nodes more_nodes.tsv --edges more_edges.tsv --infores infores:round"
        " --name Rounds --release 7 --licence CC-BY-4.0 -q"
    )
    code, out, err = kgmed(*command.split(), cwd=work)
    assert (code, err) == (0, "")
    assert "added: 1 concepts, 1 names, 1 statements" in out
    _, out, _ = kgmed("ask", "side effects of warfarin", "--graph", "graph", "-q", cwd=work)
    assert "Gum bleed" in out
    assert "Rounds (7)" in out
    assert "CC-BY-4.0" in out
    (path,) = (p for p in work.glob("graph/generations/*") if (p / "overlay.sqlite").exists())
    report = json.loads((path / "report.json").read_text())
    assert report["statements"]["added"] == 1
    assert report["sources"][0]["findings"] == {
        "category that kgmed doesn't know": [{"category": "Bad", "count": "1"}]
    }


def test_lists_info_and_check_tell_of_the_overlay_and_drop_takes_it_off(work: Path) -> None:
    id = statement_of(work, "Epistaxis")
    errata(work, f"{id}\tanother drug\tDr. Li\t2026-11-20\t")
    (work / "new.tsv").write_text(
        "subject\tpredicate\tobject\nDRUGBANK:DB00682\tmonitored_by\tward:inr\n"
    )
    made = "overlay graph --errata errata.tsv --edges new.tsv --who Wu --reason round --json"
    code, out, err = kgmed(*made.split(), cwd=work)
    assert code == 0
    assert "no licence is stated for what is added: --licence" in err
    shape = json.loads(out)
    adapter("kgmed.overlay/1").validate_json(out)
    assert shape["report"]["actions"]["retracted"] == 1
    assert (shape["overlay"]["retracted"], shape["overlay"]["statements"]) == (1, 1)
    _, out, _ = kgmed("overlay", "graph", "--list", cwd=work)
    assert f"{id[:8]}\tWarfarin\thas_adverse_effect\tEpistaxis\tDr. Li\t2026-11-20\tanother" in out
    assert "Warfarin\tmonitored_by\tward:inr\tinfores:new" in out
    assert "\tWu\t" in out
    _, out, _ = kgmed("overlay", "graph", "--list", "--json", cwd=work)
    shape = adapter("kgmed.overlay/1").validate_json(out)
    assert [s.id for s in shape.retracted] == [id]
    assert [s.predicate for s in shape.added] == ["monitored_by"]
    assert [a.who for a in shape.additions] == ["Wu"]
    _, out, _ = kgmed("info", "--graph", "graph", cwd=work)
    assert "1 statements retracted, 1 added (kgmed overlay graph --list)" in out
    assert kgmed("check", "--graph", "graph", cwd=work)[0] == 0
    overlay = next(work.glob("graph/generations/*/overlay.sqlite"))
    data = bytearray(overlay.read_bytes())
    data[-1] ^= 1
    overlay.write_bytes(bytes(data))
    code, out, _ = kgmed("check", "--graph", "graph", cwd=work)
    assert code == 1
    assert "overlay.sqlite: its CRC-32 differs" in out
    data[-1] ^= 1
    overlay.write_bytes(bytes(data))
    _, out, _ = kgmed("overlay", "graph", "--drop", cwd=work)
    assert "as built: no overlay lies on it" in out
    assert statement_of(work, "Epistaxis") == id


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("overlay graph", 2, "Expected --errata, --nodes or --edges files, or --list, or --drop."),
        ("overlay graph --list --drop", 2, "Expected --errata"),
        ("overlay kgmed:open --list", 2, "make one of your own with 'kgmed build --out GRAPH'"),
        ("overlay nowhere --list", 1, "there is nothing here"),
        ("overlay graph --errata nothing.tsv", 1, "nothing.tsv: can't be read"),
        ("overlay graph --nodes nothing.tsv", 2, "nothing.tsv: there is no such file"),
        ("overlay graph --errata errata.tsv --on-error ask", 2, "expected one of: stop, skip"),
        ("overlay graph --errata errata.tsv", 1, "errata.tsv line 2: found statement_id"),
        ("overlay graph --nodes same.tsv", 1, "build the graph again with --overrides"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(work: Path, arguments: str, code: int, message: str) -> None:
    errata(work, "ffffffff\twrong\tme\t2026-11-20\t")
    (work / "same.tsv").write_text("id\tcategory\tsame_as\nx:1\tbiolink:Drug\tDRUGBANK:DB00682\n")
    found, out, err = kgmed(*arguments.split(), cwd=work)
    assert (found, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


def test_bad_rows_are_set_aside_where_asked(work: Path) -> None:
    errata(work, "ffffffff\twrong\tme\t2026-11-20\t")
    command = "overlay graph --errata errata.tsv --on-error skip -q"
    code, out, _ = kgmed(*command.split(), cwd=work)
    assert code == 0
    assert "1 rows, 0 used, 1 skipped: no such statement" in out
    assert "graph.quarantine.tsv" in out
    assert "ffffffff" in (work / "graph.quarantine.tsv").read_text()

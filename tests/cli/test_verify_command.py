"""``kgmed verify`` and ``kgmed proof`` as a user types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str | Path, stdin: str = "") -> tuple[int, str, str]:
    command = [sys.executable, "-m", "kgmed.cli", *map(str, arguments)]
    done = subprocess.run(command, input=stdin.encode(), capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_exit_code_is_for_ci(kgmed_home: Path) -> None:
    code, out, _ = run("verify", "Warfarin interacts with amiodarone.", "-q")
    assert (code, out.split()[0]) == (0, "SUPPORTED")
    text = "Warfarin does not interact with fluconazole."
    assert run("verify", text, "-q")[0] == 0
    assert run("verify", text, "-q", "--fail-on", "refuted")[0] == 1
    assert run("verify", text, "-q", "--fail-on", "unsupported,not_covered")[0] == 0
    assert run("verify", "Is warfarin safe?", "-q")[0] == 3
    code, _, told = run("verify", text, "--fail-on", "false")
    assert code != 0
    assert "expected of: supported, refuted, unsupported, not_covered" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "nothing to verify"),
        (("a text", "--stream"), "TEXT and --stream"),
        (("--file", "nowhere.txt"), "can't be read"),
        (("--triples", "t.csv"), "needs --out"),
    ],
)
def test_what_is_given_must_be_one_thing(
    kgmed_home: Path, arguments: tuple[str, ...], told: str
) -> None:
    code, _, errors = run("verify", *arguments)
    assert code not in {0, 3}
    assert told in errors
    assert "Traceback" not in errors


def test_a_stream_gives_a_line_of_json_a_sentence(kgmed_home: Path) -> None:
    text = "Imatinib inhibits ABL1. Warfarin treats gout.\nIs it safe?\n"
    code, out, _ = run("verify", "--stream", "--json", "-q", stdin=text)
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [claim["verdict"] for row in rows for claim in row["claims"]] == [
        "SUPPORTED", "UNSUPPORTED",
    ]  # fmt: skip
    assert [skipped["reason"] for row in rows for skipped in row["skipped"]] == ["question"]


def test_a_kept_verdict_is_checked_again(kgmed_home: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(run("verify", "Imatinib inhibits ABL1.", "--json", "-q")[1], "utf-8")
    code, out, _ = run("proof", kept, "-q")
    assert code == 0
    assert "Every statement and every verdict is as it was." in out
    kept.write_text(kept.read_text("utf-8").replace('"SUPPORTED"', '"REFUTED"'), "utf-8")
    code, out, _ = run("proof", kept, "-q")
    assert code == 1
    assert "claim 1: verdict: was REFUTED, now SUPPORTED" in out
    kept.write_text("[]", "utf-8")
    code, _, told = run("proof", kept)
    assert code not in {0, 1} or "kgmed verify --json" in told
    assert "Traceback" not in told


def test_a_table_keeps_its_rows_and_columns(kgmed_home: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "t.csv", tmp_path / "o.csv"
    table.write_text(
        "note,subject,predicate,object\nfirst,warfarin,interacts_with,amiodarone\n"
        '"second, with a comma",DB00682,treats,umls:C0018099\nthird,foo,bar,baz\n'
    )
    code, told, _ = run("verify", "--triples", table, "--out", out, "-q")
    assert code == 0
    assert "3 rows" in told
    rows = out.read_text().splitlines()
    assert [row.split('"')[1] for row in rows] == ["note", "first", "second, with a comma", "third"]
    assert ["SUPPORTED" in rows[1], "UNSUPPORTED" in rows[2], "NOT_COVERED" in rows[3]] == [
        True
    ] * 3

"""``kgmed export instructions``: what a user types, sees, and is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from dataset_runs import make_graph

from kgmed.wire import adapter

KGMED = [sys.executable, "-m", "kgmed.cli"]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("datasets")
    make_graph(folder / "graph")
    return folder


def export(*arguments: str | Path, cwd: Path) -> tuple[int, str, str]:
    command = [*KGMED, "export", *map(str, arguments), "--graph", "graph"]
    done = subprocess.run(command, capture_output=True, cwd=cwd, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--files", "csv"], 2, "Found the file type 'csv', expected one of: sentences"),
        (["--partition", "4/4"], 2, "Found the partition 4/4, expected I/N with I from 0"),
        (["--partition", "half"], 2, "Found --partition 'half', expected I/N"),
        (["--languages", "de"], 2, "Found the language 'de', expected one of: en, zh"),
        (["--allow-restricted", "MIT"], 2, "Found the licence or source 'MIT'"),
    ],
)
def test_what_cant_be_is_refused(arguments: list[str], code: int, told: str, work: Path) -> None:
    found, _out, err = export("corpus", "--out", "refused", *arguments, cwd=work)
    assert found == code
    assert told.replace("sentences", "jsonl, parquet, txt") in err
    assert not (work / "refused" / "README.md").exists()


def test_a_corpus_is_forecast_written_and_traced(work: Path) -> None:
    given = ["corpus", "--out", "corpus", "--tasks", "sentences", "--languages", "en"]
    code, out, err = export(*given, "--dry-run", "--json", cwd=work)
    assert code == 0, err
    forecast = adapter("kgmed.forecast/1").validate_json(out)
    assert forecast.whole
    assert not (work / "corpus").exists()
    code, out, err = export(*given, "--json", cwd=work)
    assert code == 0, err
    made = adapter("kgmed.dataset/1").validate_json(out)
    assert made.tasks == {"sentences": {"en": forecast.rows["sentences"]["en"]}}
    assert sum(made.rows["sentences"].values()) == forecast.total
    assert "kgmed: forecast: " in err
    assert "kgmed: writing the card" in err
    lines = next((work / "corpus/sentences").glob("train-*")).read_text(encoding="utf-8")
    row = next(row for row in map(json.loads, lines.splitlines()) if len(row["statements"]) == 2)
    code, out, err = export("--trace", row["id"], "--out", "corpus", cwd=work)
    assert code == 0, err
    assert row["text"] in out
    assert all(f"{id}: drug " in out for id in row["statements"])
    assert "source: infores:two 2" in out
    assert "licence: CC-BY-4.0" in out
    code, out, _err = export("--trace", row["id"], "--out", "corpus", "--json", cwd=work)
    assert [s.id for s in adapter("kgmed.trace/1").validate_json(out).statements] == row[
        "statements"
    ]


def test_what_is_left_out_is_told_and_may_be_let_out(work: Path) -> None:
    given = ["corpus", "--tasks", "sentences", "--languages", "en"]
    code, out, err = export(*given, "--out", "open", cwd=work)
    assert code == 0
    assert "left out: 1 statements of infores:held, licence UMLS (registered)" in err
    assert "let out by --allow-restricted infores:held" in err
    code, more, err = export(*given, "--out", "let", "--allow-restricted", "held", cwd=work)
    assert code == 0
    assert "left out" not in err
    assert _rows(more) == _rows(out) + 1
    code, _, err = export(*given, "--out", "let", cwd=work)
    assert code == 1
    assert "allow is held there and none here" in err


def _rows(printed: str) -> int:
    (line,) = (line for line in printed.splitlines() if line.startswith("sentences\ten"))
    return int(line.split("\t")[2].replace(",", ""))


def test_shares_add_up(work: Path) -> None:
    given = ["corpus", "--out", "shares", "--tasks", "sentences"]
    for share in ("0/2", "1/2"):
        code, out, err = export(*given, "--partition", share, cwd=work)
        assert code == 0, err
    assert "README.md: the card" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--trace", "0123456789abcdef"], "--trace needs --out DIR"),
        (["--trace", "x", "corpus", "--out", "o"], "--trace stands alone"),
        (
            ["corpus", "--graph", "graph", "--out", "o", "--tasks", "poems"],
            "the task 'poems', expected one of: sent",
        ),
        (["corpus", "--graph", "graph", "--out", "o", "--pack", "64"], "packing needs both"),
    ],
)
def test_a_wrong_use_is_told(arguments: list[str], told: str, work: Path) -> None:
    command = [*KGMED, "export", *arguments]
    done = subprocess.run(command, capture_output=True, cwd=work, check=False)
    assert done.returncode == 2
    assert told in done.stderr.decode()


def test_export_alone_prints_what_it_writes(work: Path) -> None:
    done = subprocess.run([*KGMED, "export"], capture_output=True, cwd=work, check=False)
    assert done.returncode == 0
    assert "corpus" in done.stdout.decode()
    assert "--trace" in done.stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["instructions", "--paraphrase"], "Found --paraphrase without --lm"),
        (["preferences", "--from-model"], "Found --from-model without --lm"),
        (["instructions", "--lm", "x"], "nothing for it to write"),
        (["instructions", "--paraphrase", "--generate", "--lm", "x"], "one of them at a time"),
        (["instructions", "--generate", "--lm", "no-such-folder"], "no such folder"),
        (["instructions", "--generate", "--lm", "x", "--dry-run", "--tasks", "dialogue"],
         "expected one of: generated_qa, generated_dialogue"),
        (["instructions", "--generate", "--lm", "x", "--prices", "1"], "expected IN,OUT"),
        (["instructions", "--generate", "--lm", "x", "--api-base", "http://far.example/v1",
          "--allow-restricted", "UMLS"], "Add --trusted if it may see them"),
    ],
)  # fmt: skip
def test_what_a_model_cant_be_asked_is_refused(arguments: list[str], told: str, work: Path) -> None:
    found, _out, err = export(*arguments, "--out", "refused", cwd=work)
    assert found == 2
    assert told in " ".join(err.split())


def test_what_a_model_would_be_asked_is_forecast(work: Path) -> None:
    given = ["instructions", "--generate", "--lm", "x", "--prices", "1,2", "--dry-run"]
    code, out, err = export(*given, "--out", "dry", "--json", cwd=work)
    assert code == 0, err
    asks = adapter("kgmed.forecast/1").validate_json(out).asks
    assert asks.calls > 10
    assert asks.cost == pytest.approx((asks.prompt_tokens + 2 * asks.completion_tokens) / 1e6)
    code, out, err = export(*given, "--out", "dry", cwd=work)
    assert "tokens of prompts and" in out
    assert not (work / "dry").exists()

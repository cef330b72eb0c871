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


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_task_can_be_asked_for_alone_in_one_language(lang: str, work: Path) -> None:
    """Translation reads names of the other language, which weren't asked for."""
    from kgmed.builders.datasets.tasks import TASKS

    for task in TASKS:
        given = ["--tasks", task, "--languages", lang, "--processes", "1"]
        code, out, err = export(
            "instructions", *given, "--out", f"alone-{task}-{lang}", "--json", cwd=work
        )
        if code:
            assert "No row came out" in err, (task, err)
            assert task != "translation"
            continue
        assert set(adapter("kgmed.dataset/1").validate_json(out).tasks[task]) == {lang}


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


def _questions(folder: Path, config: str, lang: str) -> list[str]:
    """What is asked, or stated, in rows of a language: texts that are long enough to be told."""
    found = []
    for path in sorted((folder / config).glob("*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if row["lang"] == lang:
                said = row.get("messages") or row.get("prompt")
                found.append(said[0]["content"] if said else row["text"])
    return found


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("kind", "task", "config"),
    [("instructions", "relation_qa", "instructions"), ("preferences", "statement", "preferences"),
     ("corpus", "sentences", "sentences"), ("corpus", "passages_one_hop", "passages_one_hop")],
)  # fmt: skip
def test_a_planted_benchmark_question_in_the_graphs_wording_is_caught(
    kind: str, task: str, config: str, lang: str, work: Path
) -> None:
    given = [kind, "--tasks", task, "--languages", lang, "--processes", "1"]
    whole, clean = f"{task}-{lang}", f"{task}-{lang}-clean"
    code, out, err = export(*given, "--out", whole, cwd=work)
    assert code == 0, err
    asked = next(text for text in _questions(work / whole, config, lang)[3:] if len(text) > 15)
    folder = work / f"exams-{task}-{lang}"
    folder.mkdir()
    exam = {"question": f"  {asked.upper()}", "options": {"A": "x"}, "answer": "A"}
    (folder / "exam.json").write_text(json.dumps([{"question": "Why?"}, exam]), encoding="utf-8")
    code, out, err = export(*given, "--out", clean, "--benchmarks", folder, "--json", cwd=work)
    assert code == 0, err
    made = adapter("kgmed.dataset/1").validate_json(out)
    held = made.filters["benchmark overlap"]
    assert held > 0
    assert made.filters["drafts"] == held + made.filters["rows"] + sum(
        made.filters[name] for name in ("exact duplicates", "balance", "bound on rows")
    )
    left = _questions(work / clean, config, lang)
    assert asked not in left
    assert len(left) == len(_questions(work / whole, config, lang)) - held
    listed = (work / clean / f"benchmark-overlap-{kind}.jsonl").read_text(encoding="utf-8")
    hits = [json.loads(line) for line in listed.splitlines()]
    assert len(hits) == held
    assert {hit["benchmark"] for hit in hits} == {f"{folder.name}/exam.json record 2, question"}
    assert f"{held} that share text" in (work / clean / "README.md").read_text(encoding="utf-8")


def test_a_question_of_ones_own_that_is_in_a_benchmark_has_no_rationale(work: Path) -> None:
    asked = {"question": "Which of these is it that drug 000 treats?", "answer": 'disease "000"'}
    other = {"question": "Tell me now what drug 001 treats.", "answer": 'disease "005"'}
    text = "".join(json.dumps(item) + "\n" for item in (asked, other))
    (work / "asked.jsonl").write_text(text, encoding="utf-8")
    code, out, err = export("rationales", "--file", "asked.jsonl", "--out", "why", cwd=work)
    assert code == 0, err
    (work / "exam.txt").write_text(asked["question"], encoding="utf-8")
    code, out, err = export("rationales", "--file", "asked.jsonl", "--out", "clean",
                            "--benchmarks", "exam.txt", "--json", cwd=work)  # fmt: skip
    assert code == 0, err
    assert adapter("kgmed.dataset/1").validate_json(out).filters["benchmark overlap"] == 1


def test_a_benchmark_that_isnt_there_is_told_before_anything_is_made(work: Path) -> None:
    code, _out, err = export("corpus", "--out", "none", "--benchmarks", "nowhere", cwd=work)
    assert code == 1
    assert "nowhere: found no file and no folder" in err
    assert not (work / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["instructions", "--paraphrase"], "Found no language model. Name one: --lm NAME"),
        (["preferences", "--from-model"], "Found no language model. Name one: --lm NAME"),
        (["preferences", "--from-model", "--lm", "embedded"], "can't write rows"),
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

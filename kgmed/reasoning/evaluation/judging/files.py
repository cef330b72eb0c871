"""The folder of a judge: what it was asked about, its rows, and what they come to.

judged.json   the judge, and the runs whose answers it judged, by digests of these
marks.jsonl   a row a run and item that was answered
pairs.jsonl   a row an item that both of two runs answered; absent where there is one run
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from kgmed.kg.errors import DataError, OutputError, RowError, UsageError
from kgmed.reasoning.evaluation.judging.model import MARKS, Judged, Marked, Preferred
from kgmed.reasoning.evaluation.measures.paired import holm, mcnemar
from kgmed.reasoning.evaluation.measures.resampling import STANDARD, Resampling, mean
from kgmed.reasoning.evaluation.runs import Record, Run, completed, key

JUDGED_FILE, MARKS_FILE, PAIRS_FILE = "judged.json", "marks.jsonl", "pairs.jsonl"
JUDGED_SCHEMA = "kgmed.judging/1"
Row = Mapping[str, Any]


def answered(run: Run) -> dict[Any, Record]:
    """The items that a run answered, with their records."""
    every = map(completed, run.records)
    return {key(record): record for record in every if record["text"] and not record["abstained"]}


def told_of(run: Run) -> dict[str, str]:
    """What tells a run that is judged from others: above all the digest of its answers."""
    texts = [[*one, str(record["text"])] for one, record in answered(run).items()]
    answers = sha256(json.dumps(texts).encode()).hexdigest()[:32]
    return {"name": run.name, "method": run.method, "model": run.model, "file": run.digest,
            "prompts": run.prompts, "answers": answers}  # fmt: skip


def digest_of(head: Row) -> str:
    """The digest of what a judge is asked about; each of its rows has it."""
    return sha256(json.dumps(head, sort_keys=True).encode()).hexdigest()[:32]


def begun(folder: Path, head: Row) -> None:
    """Make a judge's folder, or go on with one of the same judge and answers. Raises
    :class:`~kgmed.kg.errors.UsageError` for one of others, and
    :class:`~kgmed.kg.errors.OutputError` where it can't be written."""
    path = folder / JUDGED_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            new = path.with_name(f".{path.name}.new")
            new.write_text(json.dumps(head, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            new.replace(path)
        elif _head(path) != head:
            raise UsageError(
                f"{folder}: found the judgements of other runs, other answers or another model, "
                "expected a folder of its own for these."
            )
    except OSError as error:
        raise OutputError(f"{path}: can't be written ({error.strerror or error}).") from error


def read_judged(folder: Path, runs: Sequence[Run], how: Resampling = STANDARD) -> Judged:
    """What a judge made of these runs, under their names here; what it made of others isn't told.

    Raises :class:`~kgmed.kg.errors.UsageError` for a folder that is no judge's, or of one that
    hasn't come to its end, where it judged none of these runs, and where a run of the same name has
    other answers now; :class:`~kgmed.kg.errors.DataError` for files that are damaged.
    """
    path = folder / JUDGED_FILE
    if not path.is_file():
        raise UsageError(
            f"{folder}: found no {JUDGED_FILE}, expected the folder of `kgmed evaluate judge`."
        )
    head = _head(path)
    named = _matched(folder, head["runs"], runs)
    marks = read_rows(folder / MARKS_FILE, digest_of(head), head["marks"])
    pairs = read_rows(folder / PAIRS_FILE, digest_of(head), head["pairs"])
    order = [run.name for run in runs if run.name in named.values()]
    marks = [{**row, "run": named[row["run"]]} for row in marks if row["run"] in named]
    pairs = [_named(row, named, order) for row in pairs
             if row["first"] in named and row["second"] in named]  # fmt: skip
    return summed(head["judge"], order, marks, pairs, how)


def read_rows(path: Path, digest: str, many: int) -> list[dict[str, Any]]:
    """The rows of a file that a judge finished. Raises :class:`~kgmed.kg.errors.UsageError` where
    it isn't there, or of other judgements, and :class:`~kgmed.kg.errors.DataError` for a line that
    can't be read."""
    if not many:
        return []
    if not path.is_file():
        raise UsageError(
            f"{path.parent}: found no {path.name}: the judge was ended before its end. Run the same"
            " `kgmed evaluate judge` again: it goes on where it stopped."
        )
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RowError(
                path, number, found=f"no JSON ({error})", expected="a judgement",
                hint="Was the file cut short? Remove it, and judge again.",
            ) from error  # fmt: skip
        rows.append(row)
    if [row.get("of") if isinstance(row, dict) else None for row in rows] != [digest] * many:
        raise UsageError(
            f"{path}: found {len(rows):,} rows, not all of them this judge's, expected its {many:,}"
            " judgements. Remove the file, and judge again."
        )
    return rows


def summed(
    judge: str, names: Sequence[str], marks: Sequence[Row], pairs: Sequence[Row],
    how: Resampling = STANDARD,
) -> Judged:  # fmt: skip
    """What the rows of a judge come to, for runs of these names."""
    found = [_preferred(one, other, pairs) for one, other in combinations(names, 2)]
    adjusted = holm([one.p for one in found])
    return Judged(
        judge,
        tuple(_marked(name, [row for row in marks if row["run"] == name], how) for name in names),
        tuple(replace(one, p_adjusted=p) for one, p in zip(found, adjusted, strict=True)),
    )


def _head(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: can't be read ({error}), expected what a judge wrote.") from error
    if not isinstance(found, dict) or found.get("schema") != JUDGED_SCHEMA:
        raise DataError(
            f"{path}: found no {JUDGED_SCHEMA}, expected what this version of kgmed judged."
        )
    return found


def _matched(folder: Path, judged: Sequence[Row], runs: Sequence[Run]) -> dict[str, str]:
    """The name of each judged run that is here -> its name here."""
    named: dict[str, str] = {}
    for run in runs:
        own = {**told_of(run), "name": ""}
        alike = [one["name"] for one in judged
                 if {**one, "name": ""} == own and one["name"] not in named]  # fmt: skip
        if alike:
            named[run.name if run.name in alike else alike[0]] = run.name
        elif any(one["name"] == run.name for one in judged):
            raise UsageError(
                f"{folder}: found judgements of other answers than {run.name} has. Was it run again"
                " after it was judged? Judge it again, in another folder."
            )
    if not named:
        raise UsageError(
            f"{folder}: found judgements of {', '.join(one['name'] for one in judged)}, expected "
            f"some of these runs: {', '.join(run.name for run in runs)}."
        )
    return named


def _named(row: Row, named: Mapping[str, str], order: Sequence[str]) -> dict[str, Any]:
    """A pair under the names of runs here, the one that stands first here first."""
    first, second = named[row["first"]], named[row["second"]]
    made = {**row, "first": first, "second": second}
    if order.index(first) < order.index(second):
        return made
    other = {"first": "second", "second": "first"}
    better = str(row.get("better", ""))
    return {**made, "first": second, "second": first, "better": other.get(better, better)}


def _marked(run: str, rows: Sequence[Row], how: Resampling) -> Marked:
    known = [row["marks"] for row in rows if row.get("marks")]
    marks = {
        name: mean(np.array([one[name] for one in known], float), how) for name in MARKS if known
    }
    return Marked(run, len(rows), len(rows) - len(known), marks)


def _preferred(first: str, second: str, rows: Sequence[Row]) -> Preferred:
    mine = [row for row in rows if (row["first"], row["second"]) == (first, second)]
    better = Counter(str(row.get("better", "")) for row in mine)
    return Preferred(
        first, second, len(mine), better["first"], better["second"], better["equal"],
        sum(bool(row.get("swayed")) for row in mine), better[""],
        mcnemar(better["first"], better["second"]),
    )  # fmt: skip

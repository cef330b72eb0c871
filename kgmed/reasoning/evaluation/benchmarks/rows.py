"""kgmed's own datasets: the rows of ``kgmed export instructions``, of the test split unless said.

JSON Lines or Parquet of ``id, task, lang, messages, split, extra`` (JSON as text). Rows of other
splits, and of tasks that aren't questions with one answer, are left out and counted.

    multiple_choice      a choice
    yes_no               yes_no; "not_listed" is read as "maybe": the graph lets neither be said
    claim_verification   a judgement of the claim: supported, or hallucinated where the graph
                         refutes it or doesn't bear it out (``about["verdict"]``); what the graph
                         doesn't cover is left out
    relation_qa          open, with the row's answer as reference
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from kgmed.kg.errors import DataError
from kgmed.kg.model import Language
from kgmed.reasoning.evaluation.benchmarks.format import Format, Given, Record, told
from kgmed.reasoning.evaluation.benchmarks.judged import HALLUCINATED, SUPPORTED
from kgmed.reasoning.evaluation.model import Item, Kind

KINDS: dict[str, Kind] = {
    "multiple_choice": "choice", "yes_no": "yes_no", "claim_verification": "judgement",
    "relation_qa": "open",
}  # fmt: skip
OTHER_TASK = "another task"
NOT_COVERED = "a claim that the graph doesn't cover"
_OPTION = re.compile(r"^([A-H])\. (.+)$")
_YES_NO = {"yes": "yes", "no": "no", "not_listed": "maybe"}


def _read(given: Given) -> Iterator[Item]:
    for path in given.files:
        for number, (_id, record) in enumerate(given.pairs(path), 1):
            where = f"{path} record {number}"
            if record.get("split") != given.split:
                given.notes[f"not of the {given.split} split"] += 1
            elif record.get("task") not in KINDS:
                given.notes[f"{OTHER_TASK}: {record.get('task')}"] += 1
            else:
                item = _item(where, record, _extra(where, record))
                if item is None:
                    given.notes[NOT_COVERED] += 1
                else:
                    yield item


def _item(where: str, record: Record, extra: Record) -> Item | None:
    asked, answered = _turn(where, record)
    kind = KINDS[record["task"]]
    options: dict[str, str] = {}
    question, answer, candidate = asked, answered, ""
    right: tuple[str, ...] = ()
    if kind == "choice":
        question, options = _choice(asked)
        right = (str(extra.get("answer")),)
        answer = options.get(right[0], "")
    elif kind == "yes_no":
        right = (_YES_NO.get(str(extra.get("answer")), ""),)
    elif kind == "judgement":
        if extra.get("verdict") == "NOT_COVERED":
            return None
        right = (SUPPORTED if extra.get("verdict") == "SUPPORTED" else HALLUCINATED,)
        candidate = claim_in(asked)
    if (kind == "choice" and not answer) or right == ("",):
        raise DataError(f"{where}: found no right answer in 'extra' ({extra}), expected one.")
    lang: Language = "zh" if record.get("lang") == "zh" else "en"
    about = told({"task": record["task"], "split": record["split"],
                  "verdict": extra.get("verdict"), "negative": extra.get("negative")})  # fmt: skip
    return Item(
        str(record["id"]), "kgmed", kind, lang, question, options, right, answer,
        candidate=candidate, about=about,
    )  # fmt: skip


def _turn(where: str, record: Record) -> tuple[str, str]:
    """What the user asked, and what the assistant answered."""
    messages: Any = record.get("messages")
    said = {m["role"]: m["content"] for m in messages or () if isinstance(m, dict)}
    if not said.get("user") or not said.get("assistant"):
        raise DataError(
            f"{where}: found no 'messages' of a user and an assistant, expected the messages form"
            " (kgmed export instructions without --format)."
        )
    return said["user"], said["assistant"]


def _extra(where: str, record: Record) -> Record:
    try:
        found = json.loads(record.get("extra") or "{}")
    except ValueError as error:
        raise DataError(f"{where}: found no JSON in 'extra' ({error}).") from error
    return found if isinstance(found, dict) else {}


def _choice(asked: str) -> tuple[str, dict[str, str]]:
    """The question and its options: the last lines that begin with a letter."""
    lines = asked.split("\n")
    options: dict[str, str] = {}
    while lines and (found := _OPTION.match(lines[-1])):
        options[found[1]] = found[2]
        lines.pop()
    return "\n".join(lines), dict(sorted(options.items()))


def claim_in(asked: str) -> str:
    """The claim at the end of a request to check it.

    >>> claim_in("Fact-check: Aspirin treats gout."), claim_in("事实核查：阿司匹林治疗痛风。")
    ('Aspirin treats gout.', '阿司匹林治疗痛风。')
    """
    found = re.match(r"(?:[^:：.。?？]*[:：.?？])\s*(.+)$", asked, re.S)
    return found[1].strip() if found else asked


def _fits(sample: Sequence[tuple[str, Record]]) -> bool:
    return bool(sample) and {"task", "split", "statements"} <= set(sample[0][1])


FORMAT = Format(
    "kgmed",
    "kgmed's own rows",
    "kgmed export instructions --out DIR",
    "that of the graph's sources, in the dataset's card",
    "the folder",
    (
        "{split}-*.jsonl",
        "instructions/{split}-*.jsonl",
        "instructions/{split}-*.parquet",
    ),
    _fits,
    _read,
)

"""A teacher that knows the right answers: what it says to the programs' own prompts is what a model
is taught.

It stands where a language model would, and the programs are run with it over exported rows of the
train split, by :meth:`kgmed.facade.Graph.evaluate` itself. So the lessons are the very prompts that
the model will be measured with, closed book, with passages and with the graph's evidence alike. An
answer cites the line of the evidence that names both ends of the statement that it rests on; where
none does, the question can't be answered from it, and the teacher says so. Now and then it errs
on purpose, so that the model is taught what to do with objections; the error is never taught.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kgmed.kg.store.base import GraphStore
from kgmed.reasoning.claims.extract.sentences import sentences
from kgmed.reasoning.evaluation.benchmarks.rows import claim_in

TASKS = ("multiple_choice", "yes_no", "relation_qa", "claim_verification")
"""Tasks whose rows are questions with one right answer."""
LONGEST = 320
"""Characters of an answer that is taught; rows with longer ones are left out."""
_FIELD = re.compile(r"\[\[ ## (\w+) ## \]\]\n(.*?)(?=\n\n\[\[ ## |\n\nJSON: |\Z)", re.DOTALL)
_WANTED = re.compile(r"`(\w+)`")
_LINE = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)
_ENDS = re.compile(r"[.。]?$")
UNTOLD = {"en": "The evidence does not say.", "zh": "证据中没有提到。"}
YES, NO = {"en": "Yes.", "zh": "是的。"}, {"en": "No.", "zh": "不是。"}
WHETHER = {"en": "Is it true that {}?", "zh": "{}对吗？"}


@dataclass(frozen=True, slots=True)
class Known:
    """A row and what is right: ``label`` in the programs' letters, ``fact`` in a sentence.
    ``statements`` are those that the row rests on, by the names of their ends."""

    id: str
    lang: str
    question: str
    label: str
    fact: str
    claim: str = ""
    statements: tuple[tuple[frozenset[str], ...], ...] = ()


def known(row: Mapping[str, Any]) -> Known | None:
    """What the teacher knows of an exported row; None for one of another task, and for a long
    answer."""
    if row["task"] not in TASKS:
        return None
    asked, told = (message["content"] for message in row["messages"])
    extra = json.loads(row["extra"] or "{}")
    lang, task, label = row["lang"], row["task"], str(extra.get("answer", ""))
    parts = [one.text for one in sentences(told, lang=lang)]
    claim = ""
    if task == "multiple_choice":
        asked = asked.split("\nA. ")[0]
        parts = [part for part in parts if not re.fullmatch(r"[A-H]\.?", part.strip())][1:]
    elif task == "yes_no":
        label = {"not_listed": "maybe"}.get(label, label)
        parts = parts if label == "maybe" else parts[1:]
    elif task == "claim_verification":
        claim = asked
        if extra.get("verdict") == "NOT_COVERED":
            return None
        label = str(extra.get("verdict"))
    fact = parts[0].strip() if parts else ""
    if task == "relation_qa":
        fact = told
    if not fact or len(fact) > LONGEST:
        return None
    return Known(row["id"], lang, asked, label, fact, claim)


def read(folder: Path, split: str, ids: Iterable[str], store: GraphStore) -> dict[str, Known]:
    """What the teacher knows of these rows of an exported dataset, by id."""
    wanted, found = set(ids), {}
    rests_on: dict[str, list[str]] = {}
    for path in sorted((folder / "instructions").glob(f"{split}-*.jsonl")):
        with path.open(encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                own = known(row) if row["id"] in wanted else None
                if own is not None:
                    found[own.id] = own
                    rests_on[own.id] = row["statements"]
    held = _ends(store, {id for ids in rests_on.values() for id in ids})
    return {
        id: replace(own, statements=tuple(held[s] for s in rests_on[id] if s in held))
        for id, own in found.items()
    }


def _ends(store: GraphStore, ids: set[str]) -> dict[str, tuple[frozenset[str], ...]]:
    """The names of both ends of statements, in lower case."""
    listed = sorted(ids)
    rows = {id: s for id, s in zip(listed, store.statements(listed), strict=True) if s is not None}
    ends = sorted({end for s in rows.values() for end in (s.subject, s.object) if end})
    names = {
        id: frozenset(name.text.casefold() for name in own if len(name.text) > 1)
        for id, own in zip(ends, store.lexicon.names(ends), strict=True)
    }
    return {id: (names[s.subject], names[s.object]) for id, s in rows.items() if s.object}


@dataclass(slots=True)
class Teacher:
    """Answers the programs' prompts as it is right, and keeps each with its answer.

    ``by_question`` are the rows by their question, and by their options where several rows have
    one; ``lessons`` what was asked and is taught.
    """

    by_question: Mapping[tuple[str, str], Known]
    errs: float = 0.0
    seed: int = 0
    lessons: list[dict[str, Any]] = field(default_factory=list)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311  a choice, no secret

    def complete(self, request: Any) -> Any:
        """Answer a request of DSPy."""
        from dspy import lm15

        user = str(request.messages[-1].text)
        fields = dict(_FIELD.findall(user))
        wanted = _WANTED.findall(user.rsplit("\n", 1)[-1])
        own = self._row(fields)
        right = said = dict.fromkeys(wanted, "")
        if own is not None:
            right = {name: value for name, value in answer(own, fields).items() if name in wanted}
            right = {name: right[name] for name in wanted}
            messages = [{"role": "system", "content": _text(request.system)},
                        {"role": "user", "content": user}]  # fmt: skip
            completion = {"role": "assistant", "content": _json(right)}
            self.lessons.append({"id": own.id, "prompt": messages, "completion": [completion]})
            said = right
            if "objections" not in fields and self.chance.random() < self.errs:
                said = wrong(right)
        return lm15.Response(
            id=None, model=request.model, finish_reason="stop",
            message=lm15.Message.assistant([lm15.TextPart(_json(said))]),
            usage=lm15.Usage(input_tokens=len(user) // 4, output_tokens=0),
        )  # fmt: skip

    def close(self) -> None:
        """Nothing is open."""

    def _row(self, fields: Mapping[str, str]) -> Known | None:
        asked = fields.get("question", "").strip()
        options = fields.get("options", "").strip()
        found = self.by_question.get((asked, options)) or self.by_question.get((asked, ""))
        if found is None:  # a question that the chain of verification asked itself
            for own in self.by_question.values():
                if own.claim and asked == WHETHER[own.lang].format(_bare(claim_of(own))):
                    return own
        return found


def claim_of(own: Known) -> str:
    """The claim at the end of a request to check it."""
    return claim_in(own.claim)


def answer(own: Known, fields: Mapping[str, str]) -> dict[str, Any]:
    """What is right to say to a prompt, by the names of what it asks for."""
    holds = own.label == "SUPPORTED"
    if own.claim:
        claim = _bare(claim_of(own))
        said = f"{(YES if holds else NO)[own.lang]} {own.fact}"
        numbers = [int(number) for number, _text in _LINE.findall(fields.get("sentences", ""))]
        agreed: Any = (numbers if holds else []) if "sentences" in fields else holds
        return {"answerable": True, "answer": said, "steps": [own.fact], "supported": agreed,
                "reason": own.fact, "confidence": 9, "citations": [],
                "questions": [WHETHER[own.lang].format(claim)]}  # fmt: skip
    number = 0
    told = {"answerable": True, "choice": own.label, "verdict": own.label}
    if "evidence" in fields and own.label != "maybe":
        number = borne_out(own, fields["evidence"])
        if not number:
            none = UNTOLD[own.lang]
            return {**told, "answerable": False, "answer": none, "steps": [none], "citations": []}
    fact = _ENDS.sub(lambda end: f" [{number}]{end[0]}", own.fact, count=1) if number else own.fact
    return {**told, "answer": fact, "steps": [fact], "citations": [number] if number else []}


def wrong(right: Mapping[str, Any]) -> dict[str, Any]:
    """A wrong answer: the other word of yes and no, and the right fact denied."""
    found = dict(right)
    if "verdict" in found:
        found["verdict"] = {"yes": "no", "no": "yes"}.get(str(found["verdict"]), "yes")
    found["answer"] = _denied(str(found.get("answer", "")))
    return found


def borne_out(own: Known, evidence: str) -> int:
    """The number of the first line of evidence that names both ends of one of a row's statements;
    0 where none does."""
    for number, text in _LINE.findall(evidence):
        plain = text.casefold()
        if any(
            all(any(name in plain for name in names) for names in ends) for ends in own.statements
        ):
            return int(number)
    return 0


def _denied(text: str) -> str:
    """A sentence denied, as far as a word does it."""
    for plain, denied in ((" interacts with ", " does not interact with "),
                          (" treats ", " does not treat "), ("存在相互作用", "没有相互作用"),
                          ("可用于治疗", "不能治疗"), ("治疗", "不治疗")):  # fmt: skip
        if plain in text:
            return text.replace(plain, denied, 1)
    return text


def _bare(claim: str) -> str:
    return claim.rstrip(".。")


def _text(system: Any) -> str:
    if system is None or isinstance(system, str):
        return system or ""
    return "\n\n".join(getattr(part, "text", "") for part in system)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))

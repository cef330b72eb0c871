"""Few-shot examples: solved questions, each with the graph's evidence for its answer.

A model that is shown questions with their answers alone learns to answer from memory. Here an
example has the evidence that its answer rests on, and what it says is told from that evidence, with
its numbers; a question whose answer the evidence doesn't bear out makes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dspy

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language
from kgmed.kg.qa import YES_NO, QaItem
from kgmed.kg.verbalize.size import tokens_of
from kgmed.prompts import fenced
from kgmed.reasoning.evidence import BUDGET, Evidence, Gatherer, Piece
from kgmed.reasoning.programs.base import asks_yes_no, lettered, shown
from kgmed.reasoning.programs.citing import numbered
from kgmed.reasoning.programs.signatures import MOST_ANSWER, MOST_OPTIONS, Kind

CITED, BESIDES = 3, 2
"""Pieces that an example's answer cites, and others that stand beside them, at most."""
TOKENS = 200
"""About how many tokens of evidence an example has; one cited piece it has in any case."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples that were made, and the ids of the questions that none could be made of."""

    shown: tuple[dspy.Example, ...]
    left_out: tuple[str, ...] = ()

    def as_entry(self) -> dict[str, Any]:
        """An entry of an answer's trace."""
        text = f"{len(self.shown)} of {len(self.shown) + len(self.left_out)} examples are shown"
        if self.left_out:
            text += f"; no evidence bears out the answers of {', '.join(self.left_out)}"
        return {"kind": "examples", "text": text, "left_out": list(self.left_out)}


def examples(items: Iterable[QaItem], gatherer: Gatherer, *, where: str = "examples") -> Examples:
    """Examples of solved questions, in their order; ``restricted`` marks those whose evidence may
    not be for everybody. Raises :class:`~kgmed.kg.errors.UsageError` where none can be made."""
    made: list[dspy.Example] = []
    left_out: list[str] = []
    for item in items:
        found = _example(item, gatherer)
        if found is None:
            left_out.append(item.id)
        else:
            made.append(found)
    if not made:
        raise UsageError(
            f"{where}: found {len(left_out)} solved questions and no evidence that bears one of "
            "their answers out, expected questions that the graph covers."
        )
    return Examples(tuple(made), tuple(left_out))


def demos(
    given: Sequence[dspy.Example], signature: Any, kind: Kind, lang: Language
) -> list[dspy.Example]:
    """The examples that show all of a signature's fields, for its form of question and language;
    one that doesn't say these goes wherever its fields fit."""
    fields = set(signature.fields)
    return [
        one
        for one in given
        if fields <= set(one.keys())
        and one.get("kind", kind) == kind
        and one.get("lang", lang) == lang
    ]


def _example(item: QaItem, gatherer: Gatherer) -> dspy.Example | None:
    """An example of a solved question; None where no evidence bears its answer out."""
    options = tuple(item.options.values())
    if len(item.letters) > 1 or not 0 <= len(options) <= MOST_OPTIONS or len(options) == 1:
        return None
    whether = item.answer.casefold() in YES_NO
    kind: Kind = "choice" if options else "yes_no" if asks_yes_no(item.question) else "open"
    if whether != (kind == "yes_no"):
        return None
    evidence = gatherer.gather(item.question, options=options, budget=BUDGET)
    told = list(_bearing(item, kind, evidence, gatherer))[:CITED]
    if not told:
        return None
    evidence, said = _shortened(evidence, told)
    sentences = [numbered(text, number) for number, text in said]
    outputs: dict[str, Any] = {}
    if kind == "choice":
        outputs = {"options": lettered(options),
                   "choice": chr(65 + list(item.options).index(item.letters[0]))}  # fmt: skip
    elif kind == "yes_no":
        outputs = {"verdict": item.answer.casefold()}
    else:
        offered = evidence.nameable()
        right = set(gatherer.concepts_in(item.answer))
        names = [name for name, ids in offered.items() if right & set(ids)]
        outputs = {"candidates": fenced("\n".join(offered)), "names": names}
    answer = ("" if evidence.lang == "zh" else " ").join(sentences)[:MOST_ANSWER]
    return dspy.Example(
        question=item.question, evidence=shown(evidence), answerable=True, steps=sentences,
        answer=answer, citations=[number for number, _text in said], kind=kind, lang=evidence.lang,
        restricted=not gatherer.for_anybody, **outputs,
    ).with_inputs("question", "evidence", *(["options"] if options else []))  # fmt: skip


def _bearing(
    item: QaItem, kind: Kind, evidence: Evidence, gatherer: Gatherer
) -> Iterator[tuple[Piece, str]]:
    """The pieces that bear an answer out, each with what it says that none before it says."""
    told: set[str] = set()
    asked = set(gatherer.concepts_in(item.question))
    right = asked if kind == "yes_no" else set(gatherer.concepts_in(item.answer)) - asked
    for piece in evidence.pieces:
        rows = [evidence.statements[id] for id in piece.statements]
        if kind == "yes_no":
            held = [s for s in rows if {s.subject, s.object} <= asked and s.subject != s.object]
            fits = item.answer.casefold() == ("no" if any(s.negated for s in held) else "yes")
            about = {s.object for s in held if s.object} if held and fits else set()
        else:
            about = {end for s in rows for end in (s.subject, s.object) if end in right}
        if about <= told or tokens_of(piece.text) > TOKENS:
            continue
        if text := gatherer.told_of(evidence, piece, about):
            told |= about
            yield piece, text


def _shortened(
    evidence: Evidence, told: Sequence[tuple[Piece, str]]
) -> tuple[Evidence, list[tuple[int, str]]]:
    """Evidence of what is told and of a few pieces besides, and the told texts with their numbers
    there."""
    said = {piece.number: text for piece, text in told}
    kept = {told[0][0].number}
    left, besides = TOKENS - tokens_of(told[0][0].text), BESIDES
    others = [piece for piece in evidence.pieces if piece.number not in said]
    for piece in (*(piece for piece, _text in told[1:]), *others):
        spent = tokens_of(piece.text)
        if spent > left or (piece.number not in said and not besides):
            continue
        kept.add(piece.number)
        left -= spent
        besides -= piece.number not in said
    rows = evidence.statements
    pieces = [piece for piece in evidence.pieces if piece.number in kept]
    texts = [(place, said[piece.number]) for place, piece in enumerate(pieces, 1)
             if piece.number in said]  # fmt: skip
    return evidence.with_pieces(
        (piece, {id: rows[id] for id in piece.statements}) for piece in pieces
    ), texts

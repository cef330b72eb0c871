"""The answer to a question: its text, and every statement behind it.

The field names are the wire shape ``kgmed.answer/1``; fields may be added, none renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kgmed.kg.linking.link import Link
from kgmed.kg.model import Path, Statement
from kgmed.reasoning.claims.model import VerifiedClaim

Form = Literal[
    "list", "reverse", "yes_no", "count", "value", "shared", "pairwise", "path", "define", "compare"
]
Reason = Literal[
    "not_understood", "not_linked", "ambiguous", "not_covered", "no_evidence", "restricted",
    "unread", "refuted", "unsupported",
]  # fmt: skip
NOTICE = {
    "en": "kgmed reports what its sources state. It is not medical advice.",
    "zh": "kgmed 只转述其来源所载内容，不构成医疗建议。",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an answer: a concept, and the statements and paths that put it there.

    ``via`` names the form, class, ingredient or product that the statements speak of, where
    that isn't the concept that was asked about.
    """

    id: str
    name: str
    category: str
    qualifiers: Mapping[str, str] = field(default_factory=dict)
    statements: tuple[str, ...] = ()
    paths: tuple[int, ...] = ()
    via: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Statements that bear on a question and may not leave, by source and licence."""

    source: str
    licence: str
    statements: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or the reason why there is none.

    ``claims`` are those that a language model's text makes, each with its verdict; offsets are the
    text's. ``trace`` tells how the answer came about, as lines or as entries of a program (``kind``
    and ``text`` at least). ``withheld`` counts what the model wasn't shown, ``agreement`` (0-1) how
    far samples agree. ``rounds`` is how often an answer was sent back with what is refuted in it,
    None where it wasn't looked at for that; ``removed`` and ``marked`` count the sentences that
    went after that, and those that are marked as not borne out. ``names`` are those of the concepts
    that ``statements`` and ``paths`` speak of, by id, in the answer's language. ``items_left_out``
    counts those that a server's limit took off the end of ``items``.
    """

    question: str
    lang: str
    form: Form | None
    abstained: bool
    reason: Reason | None
    text: str
    items: tuple[Item, ...] = ()
    value: bool | int | str | None = None
    statements: Mapping[str, Statement] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    links: tuple[Link, ...] = ()
    claims: tuple[VerifiedClaim, ...] = ()
    trace: tuple[str | Mapping[str, Any], ...] = ()
    program: str = "direct"
    model: str | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    snapshot: str = ""
    notice: str = ""
    elapsed_ms: float = 0.0
    withheld: tuple[Withheld, ...] = ()
    agreement: float | None = None
    rounds: int | None = None
    removed: int = 0
    marked: int = 0
    names: Mapping[str, str] = field(default_factory=dict)
    items_left_out: int = 0
    schema: str = "kgmed.answer/1"

    def _repr_html_(self) -> str:
        from kgmed.reasoning.display.answers import answer_html

        return answer_html(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        from kgmed.reasoning.display.answers import answer_text

        printer.text(answer_text(self))

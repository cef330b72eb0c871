"""What the datasets' commands tell: what a run will write, what it wrote, what a row rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kgmed.builders.datasets.quality.diversity import Diversity
from kgmed.kg.model import Statement
from kgmed.kg.views.licensing import Leaving
from kgmed.prompts.asks import Asks


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run will write: rows by task and language; tokens, bytes and seconds in all.

    ``whole`` says that all of the graph was looked at, so that the rows are no estimate. ``asks``
    is what a run asks of a language model; its rows are then the most that can come of it, and the
    model's time isn't in ``seconds``.
    """

    kind: str
    rows: dict[str, dict[str, int]]
    tokens: int
    bytes: int
    seconds: float
    whole: bool
    leaving: Leaving
    snapshot: str
    asks: Asks | None = None
    schema: str = "kgmed.forecast/1"

    @property
    def total(self) -> int:
        """Rows of all tasks and languages."""
        return sum(n for of in self.rows.values() for n in of.values())

    def _repr_html_(self) -> str:
        from kgmed.builders.display import forecast_html

        return forecast_html(self)


@dataclass(frozen=True, slots=True)
class Written:
    """What is in a dataset's folder after a run: rows by config and split, and by task and language
    (counted once however many forms they are written in).

    ``made`` counts the parts that this run made, ``parts`` all there are; ``complete`` says that no
    part is missing, and that the card is written. Then ``filters`` has the drafts, what each filter
    took away and the rows that are left, ``statements`` how many statements rows rest on, each
    counted once, ``predicates`` the rows by theirs, and ``diversity`` figures of a sample of the
    texts by task and language. ``usage`` has the answers of a language model that wrote the rows,
    the requests in which it took claims from them (``claim_requests``), and the tokens of both as
    the model's server counted them, whichever run asked; it is empty without a model.
    ``distractors`` says which trained model chose among false statements, how many it chose and how
    probable they are to it, and what share of such turned out true when it was measured; it is
    empty where none did.
    """

    out: str
    kind: str
    rows: dict[str, dict[str, int]]
    tasks: dict[str, dict[str, int]]
    bytes: int
    parts: int
    made: int
    complete: bool
    leaving: Leaving
    snapshot: str
    filters: dict[str, int] = field(default_factory=dict)
    statements: int = 0
    predicates: dict[str, int] = field(default_factory=dict)
    diversity: dict[str, dict[str, Diversity]] = field(default_factory=dict)
    usage: dict[str, int] = field(default_factory=dict)
    distractors: dict[str, Any] = field(default_factory=dict)
    schema: str = "kgmed.dataset/1"

    def _repr_html_(self) -> str:
        from kgmed.builders.display import written_html

        return written_html(self)


@dataclass(frozen=True, slots=True)
class Trace:
    """A row, the file that holds it, and the statements that it rests on, whole.

    ``missing`` are ids of statements that this graph doesn't hold; ``snapshot`` is the hash of the
    graph that was asked, ``made_from`` that of the one that the row was made from.
    """

    row: dict[str, Any]
    file: str
    statements: tuple[Statement, ...]
    missing: tuple[str, ...]
    made_from: str
    snapshot: str
    schema: str = "kgmed.trace/1"

    def _repr_html_(self) -> str:
        from kgmed.builders.display import trace_html

        return trace_html(self)

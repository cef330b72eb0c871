"""Runs side by side, as a value: what ``kgmed evaluate compare --json`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from kgmed.reasoning.evaluation.judging.model import Judged
from kgmed.reasoning.evaluation.measures.paired import Paired
from kgmed.reasoning.evaluation.measures.resampling import Interval
from kgmed.reasoning.evaluation.measures.summary import Measures

if TYPE_CHECKING:
    from kgmed.kg.display.shown import View

Group: TypeAlias = Literal["only_second", "only_first", "neither", "both"]
GROUPS: tuple[Group, ...] = ("only_second", "only_first", "neither", "both")
"""Which of two runs has an item right; in the order in which items are listed."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One run: what it was made with, and what its records say.

    ``left_out`` are its items that other runs lack; ``missing`` those that it should have and
    hasn't, where it wasn't finished.
    """

    name: str
    method: str
    model: str
    benchmark: str
    digest: str
    snapshot: str
    version: str
    seed: int
    prompts: str
    started: str
    finished: str
    settings: Mapping[str, Any]
    left_out: int
    missing: int
    measures: Measures


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs of ``names`` on the same graded items.

    ``p_adjusted`` is p for as many tests as there are pairs (Holm). ``items`` are the places in
    :attr:`Comparison.items` of those that both have right, one of them, neither.
    """

    first: str
    second: str
    found: Paired
    p_adjusted: float
    items: Mapping[Group, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """The items that agree in one thing, and each run's accuracy on them, in the runs' order."""

    by: str
    value: str
    items: int
    accuracy: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What one run made of an item."""

    said: str
    correct: bool | None
    reason: str
    error_kind: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item, and what each run made of it, in the runs' order."""

    benchmark: str
    id: str
    kind: str
    lang: str
    question: str
    right: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """The same items asked otherwise: a run with ``--change`` held against the plain run of the
    same method, on the items that both were asked.

    ``plain`` and ``changed`` name the runs. Differences in ``found`` are those of the changed run
    less the plain one, below 0 where it lost; ``p_adjusted`` is p for as many tests as there are
    drops (Holm). ``unchanged`` counts, by reason, the items of the file that couldn't be changed.
    ``lost`` are the items that only the plain run has right, ``won`` those that only the changed
    one has, worded as they were changed; what is said of each is first the plain run's.
    """

    change: str
    method: str
    plain: str
    changed: str
    accuracy: Interval
    accuracy_changed: Interval
    found: Paired
    p_adjusted: float
    unchanged: Mapping[str, int]
    lost: tuple[ItemRow, ...]
    won: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs on the same items, in the order in which they were named.

    ``notes`` say what makes the comparison less than fair: other snapshots, versions, items.
    ``resampling`` says how intervals were drawn, ``penalty`` what a wrong answer costs in points.
    Runs that asked the items otherwise stand in ``drops``, beside their plain runs, and not among
    ``runs``. ``judged`` is what a language model made of the runs' answers, where that was asked.
    """

    runs: tuple[Compared, ...]
    pairs: tuple[Pair, ...]
    parts: tuple[Part, ...]
    items: tuple[ItemRow, ...]
    notes: tuple[str, ...]
    penalty: float
    resampling: Mapping[str, float] = field(default_factory=dict)
    drops: tuple[Drop, ...] = ()
    judged: Judged | None = None
    schema: str = "kgmed.comparison/1"

    def _repr_html_(self) -> str:
        from kgmed.reasoning.display.runs import comparison_html

        return comparison_html(self)

    def page(self, *, title: str = "Runs compared") -> View:
        """The whole page with plots and items, in a frame of its own; :meth:`save` keeps it."""
        from kgmed.reasoning.evaluation.comparison.page import page
        from kgmed.reasoning.pages.whole import in_frame

        return in_frame(page(self, title=title), title)

    def save(self, path: str | FilePath, *, title: str = "Runs compared") -> None:
        """Write that page to a file; raises :class:`~kgmed.kg.errors.OutputError` where that can't
        be done."""
        from kgmed.reasoning.evaluation.comparison.page import page
        from kgmed.reasoning.pages.whole import save

        save(page(self, title=title), path)

"""A graph as datasets that a language model writes: the model and the verifier joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path as FilePath
from time import monotonic
from typing import TYPE_CHECKING, TypedDict, Unpack

from kgmed.facade.pairs import PreferencePairs
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.builders.datasets.generated.asking import Answered, Ask, Asked, Model, Spent
    from kgmed.builders.datasets.generated.maker import Way
    from kgmed.builders.datasets.generated.reading import Reader
    from kgmed.builders.datasets.job import Maker, Settings
    from kgmed.builders.datasets.report import Forecast, Written
    from kgmed.facade.datasets import Tell
    from kgmed.kg.store.base import GraphStore
    from kgmed.reasoning.claims.texts import Extractor
    from kgmed.reasoning.lm.base import Completion, Request
    from kgmed.reasoning.lm.cache import Cached

EVERY_S = 5.0
"""Seconds between two lines of progress."""
COMPLETIONS = "completions.sqlite"
"""The file, in a dataset's own notes, that keeps a model's answers."""


class _Rows(TypedDict, total=False):
    """What chooses the rows that a model is asked about."""

    tasks: Sequence[str]
    languages: Sequence[str]
    formats: Sequence[str]
    files: str
    max_rows: int
    per_predicate: int
    per_hub: int
    balance: bool
    seed: int
    allow_restricted: Sequence[str]
    benchmarks: Sequence[str | FilePath]


class Generating(PreferencePairs):
    """The methods of a graph that have datasets written by a language model."""

    def write_by_model(
        self,
        way: Way,
        out: str | FilePath,
        lm: Completion,
        *,
        lm_name: str = "",
        temperature: float = 0.7,
        samples: int = 0,
        max_tokens: int = 1024,
        concurrency: int = 1,
        cache: str | FilePath = "",
        decompose: bool = False,
        extractor: Extractor | None = None,
        prices: tuple[float, float] | None = None,
        partition: tuple[int, int] | None = None,
        forecast: Callable[[Forecast], None] | None = None,
        progress: Tell = lambda _text: None,
        **rows: Unpack[_Rows],
    ) -> Written:
        """Have rows written by a language model, and keep those that statements bear out.

        ``way`` is ``paraphrases`` (the rows of instructions, said anew), ``generated`` (a question
        and its answer, or a dialogue, from an evidence pack) or ``model_preferences`` (a model's
        own answers, the supported before the refuted). ``lm`` is any function of a
        :class:`~kgmed.reasoning.lm.base.Request`; ``lm_name`` is what the card calls it, its own
        ``identity`` or ``name`` if none is given. ``samples`` answers are asked for to each prompt,
        0 for one, or four for preferences; ``concurrency`` requests are sent at a time. What was
        answered is kept in ``cache``, a file in the dataset's folder if none is named, and asked
        for once.
        Claims are taken from what the model wrote by rules; with ``decompose`` by the model as
        well, and with ``extractor`` by that. ``prices``
        are those of a million tokens of prompts and of answers, for the forecast.

        ``tasks``, ``languages``, ``formats``, ``files``, ``per_predicate``, ``per_hub``,
        ``balance``, ``seed``, ``allow_restricted`` and ``benchmarks`` are as in
        :meth:`write_instructions`; ``max_rows`` bounds what the model is asked about. Raises
        :class:`~kgmed.kg.errors.LanguageModelError` where the model
        gives no answer: the run goes on from there when it is started again.
        """
        from kgmed.reasoning.lm.cache import Cached

        name = lm_name or _name(lm)
        model = _model(
            way, name, temperature=temperature, samples=samples, max_tokens=max_tokens,
            seed=rows.get("seed", 0), decomposed=decompose or extractor is not None,
        )  # fmt: skip
        folder = FilePath(out).expanduser()
        path = FilePath(cache).expanduser() if cache else folder / ".kgmed" / COMPLETIONS
        if concurrency < 1:
            raise UsageError(f"Found concurrency={concurrency}, expected 1 or more.")
        opened: list[Cached] = []
        watch = _Watch(opened, progress)

        def ask(asked: Iterable[Asked]) -> Iterator[Answered]:
            from kgmed.builders.datasets.generated.asking import Answered
            from kgmed.reasoning.lm.many import in_order

            if not opened:  # not before the folder is known to be the run's own
                opened.append(Cached(lm, path, model=name))
            kept = opened[0].kept
            for answer in in_order(kept, map(_request, asked), concurrency=concurrency):
                watch()
                yield Answered(*answer)

        judging = _Judging(opened)
        if decompose:
            from kgmed.reasoning.claims.decompose import Decomposer

            extractor = Decomposer(judging, both=True, max_tokens=max_tokens)

        maker, settings = self._by_model(way, model, ask, extractor, rows, judging=judging)
        told = None if forecast is None else lambda found: forecast(_priced(found, prices))
        try:
            return self._write(
                maker, settings, out, processes=1, partition=partition, forecast=told,
                progress=progress,
            )  # fmt: skip
        finally:
            for one in opened:
                one.close()

    def forecast_by_model(
        self,
        way: Way,
        *,
        lm_name: str = "",
        temperature: float = 0.7,
        samples: int = 0,
        max_tokens: int = 1024,
        prices: tuple[float, float] | None = None,
        progress: Tell = lambda _text: None,
        **rows: Unpack[_Rows],
    ) -> Forecast:
        """What :meth:`write_by_model` would ask for, from a sample; nothing is asked. Its rows are
        the most that can come of it."""
        model = _model(
            way, lm_name, temperature=temperature, samples=samples, max_tokens=max_tokens,
            seed=rows.get("seed", 0), decomposed=False,
        )  # fmt: skip
        maker, settings = self._by_model(way, model, _never, None, rows)
        return _priced(self._forecast(maker, settings, 1, progress), prices)

    def _by_model(
        self, way: Way, model: Model, ask: Ask, extractor: Extractor | None, rows: _Rows,
        *, judging: _Judging | None = None,
    ) -> tuple[Maker, Settings]:  # fmt: skip
        from kgmed.builders.datasets.formats import FORMATS
        from kgmed.builders.datasets.generated.asking import Spent
        from kgmed.builders.datasets.generated.maker import ByModel, prompts_of, tasks_of
        from kgmed.builders.datasets.instructions import chosen

        names = chosen(rows.get("tasks", ()), tasks_of(way), "task")
        forms = chosen(rows.get("formats") or ("messages",), tuple(FORMATS), "format")
        settings = self._settings(
            way, names, rows.get("languages", ()), rows.get("files", "jsonl"), formats=forms,
            max_rows=rows.get("max_rows", 0), per_predicate=rows.get("per_predicate", 0),
            per_hub=rows.get("per_hub", 0), balance=rows.get("balance", False),
            seed=rows.get("seed", 0), allow=rows.get("allow_restricted", ()),
            benchmarks=rows.get("benchmarks", ()),
            more={"lm": model.as_settings(list(prompts_of(way)))},
        )  # fmt: skip
        reader = partial(_reader, extractor)
        spent = Spent if judging is None else judging.spent
        maker = ByModel(way, names, forms, self._opening(), reader, model, ask, judging=spent)
        return maker, settings


class _Judging:
    """A run's model, asked for the claims of what it wrote; counts what that takes."""

    def __init__(self, opened: Sequence[Cached]) -> None:
        self._opened = opened
        self._spent = (0, 0, 0)

    def __call__(self, request: Request, /) -> str:
        answer = self._opened[0].kept(request)
        calls, prompts, answers = self._spent
        self._spent = (
            calls + 1, prompts + answer.prompt_tokens, answers + answer.completion_tokens
        )  # fmt: skip
        return answer.text

    def spent(self) -> Spent:
        """Requests so far, and their tokens."""
        from kgmed.builders.datasets.generated.asking import Spent

        return Spent(*self._spent)


class _Watch:
    """Tells now and then how many answers there are."""

    def __init__(self, opened: Sequence[Cached], tell: Tell) -> None:
        self._opened, self._tell = opened, tell
        self._next = monotonic() + EVERY_S

    def __call__(self) -> None:
        if monotonic() < self._next:
            return
        self._next = monotonic() + EVERY_S
        asked, found = self._opened[0].asked, self._opened[0].hits
        self._tell(f"the model: {asked:,} answers, {found:,} more were known already")


def _model(
    way: str, name: str, *, temperature: float, samples: int, max_tokens: int, seed: int,
    decomposed: bool,
) -> Model:  # fmt: skip
    from kgmed.builders.datasets.formats import MODEL_PREFERENCES
    from kgmed.builders.datasets.generated.asking import Model
    from kgmed.builders.datasets.generated.maker import WAYS
    from kgmed.builders.datasets.generated.samples import SAMPLES

    if way not in WAYS:
        raise UsageError(f"Found the way {way!r}, expected one of: {', '.join(WAYS)}.")
    count = samples or (SAMPLES if way == MODEL_PREFERENCES else 1)
    if way == MODEL_PREFERENCES and count < 2:
        raise UsageError(f"Found samples={count}, expected 2 or more: a pair has two answers.")
    return Model(name, temperature, count, max_tokens, seed, decomposed)


def _name(lm: Completion) -> str:
    """What a card calls a model."""
    return str(getattr(lm, "identity", "") or getattr(lm, "name", "") or type(lm).__name__)


def _reader(extractor: Extractor | None, store: GraphStore) -> Reader:
    from kgmed.facade.reading import TextReader
    from kgmed.kg.predicates import registry

    return TextReader(store, registry(), extractor=extractor)


def _request(asked: Asked) -> Request:
    from kgmed.reasoning.lm.base import Request

    return Request(
        asked.system, asked.user, asked.schema, asked.name, max_tokens=asked.max_tokens,
        temperature=asked.temperature, seed=asked.seed, sample=asked.sample,
    )  # fmt: skip


def _never(asked: Iterable[Asked]) -> Iterator[Answered]:
    raise UsageError("a forecast asks no model.")


def _priced(found: Forecast, prices: tuple[float, float] | None) -> Forecast:
    return found if found.asks is None else replace(found, asks=found.asks.priced(prices))

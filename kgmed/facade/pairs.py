"""A graph as preference pairs and rationales: what its facade writes and forecasts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Unpack

from kgmed.facade.datasets import Datasets, Tell, _Bounds
from kgmed.kg.errors import DataError, UsageError

if TYPE_CHECKING:
    from kgmed.builders.datasets.job import Maker, Settings
    from kgmed.builders.datasets.report import Forecast, Written


class PreferencePairs(Datasets):
    """The methods of a graph that write preference pairs and rationales."""

    def write_preferences(
        self,
        out: str | FilePath,
        *,
        tasks: Sequence[str] = (),
        languages: Sequence[str] = (),
        formats: Sequence[str] = ("messages",),
        files: str = "jsonl",
        max_rows: int = 0,
        per_predicate: int = 0,
        per_hub: int = 0,
        balance: bool = False,
        seed: int = 0,
        processes: int = 0,
        partition: tuple[int, int] | None = None,
        engine: str = "local",
        ray_address: str = "",
        allow_restricted: Sequence[str] = (),
        benchmarks: Sequence[str | FilePath] = (),
        learned: str = "",
        forecast: Callable[[Forecast], None] | None = None,
        progress: Tell = lambda _text: None,
    ) -> Written:
        """Write pairs of a chosen and a rejected answer into the folder ``out``, with a card.

        ``tasks`` are of statement and overclaim: a fact beside a minimal corruption of it, and what
        isn't listed said to be so beside its affirmation. ``formats`` are of messages, whose
        ``prompt``, ``chosen`` and ``rejected`` are lists of messages, and alpaca, where they are
        texts, each a config. The rest is as in :meth:`write_instructions`.
        """
        maker, settings = self._preferences(
            tasks, languages, formats, files, max_rows=max_rows, per_predicate=per_predicate,
            per_hub=per_hub, balance=balance, seed=seed, allow=allow_restricted,
            benchmarks=benchmarks, learned=learned,
        )  # fmt: skip
        return self._write(
            maker, settings, out, processes=processes, partition=partition, engine=engine,
            ray_address=ray_address, forecast=forecast, progress=progress,
        )  # fmt: skip

    def forecast_preferences(
        self,
        *,
        tasks: Sequence[str] = (),
        languages: Sequence[str] = (),
        formats: Sequence[str] = ("messages",),
        max_rows: int = 0,
        per_predicate: int = 0,
        per_hub: int = 0,
        balance: bool = False,
        seed: int = 0,
        processes: int = 0,
        allow_restricted: Sequence[str] = (),
        benchmarks: Sequence[str | FilePath] = (),
        learned: str = "",
        progress: Tell = lambda _text: None,
    ) -> Forecast:
        """What :meth:`write_preferences` would write, from a sample: rows, tokens, bytes, time."""
        maker, settings = self._preferences(
            tasks, languages, formats, "jsonl", max_rows=max_rows, per_predicate=per_predicate,
            per_hub=per_hub, balance=balance, seed=seed, allow=allow_restricted,
            benchmarks=benchmarks, learned=learned,
        )  # fmt: skip
        return self._forecast(maker, settings, processes, progress)

    def write_rationales(
        self,
        file: str | FilePath,
        out: str | FilePath,
        *,
        hops: int = 2,
        paths: int = 3,
        files: str = "jsonl",
        max_rows: int = 0,
        seed: int = 0,
        processes: int = 1,
        allow_restricted: Sequence[str] = (),
        benchmarks: Sequence[str | FilePath] = (),
        progress: Tell = lambda _text: None,
    ) -> Written:
        """Write chains of thought for the questions of a file into the folder ``out``, with a card.

        ``file`` holds questions with answers (:mod:`kgmed.kg.qa` says in which forms). A question
        has a row where paths of at most ``hops`` statements lead from what it names to what its
        answer names, and to no wrong option; up to ``paths`` of them are its rationale. The card
        counts the questions without a row by reason. Raises
        :class:`~kgmed.kg.errors.DataError` for a file that can't be read.
        """
        from kgmed.builders.datasets.rationales import KIND, TASK, RationaleRows

        path = FilePath(file).expanduser().resolve()
        if not 1 <= hops <= 4 or not 1 <= paths <= 10:
            raise UsageError(
                f"Found hops={hops} and paths={paths}, expected 1 to 4 hops and 1 to 10 paths."
            )
        settings = self._settings(
            KIND, (TASK,), (), files, max_rows=max_rows, per_predicate=0, per_hub=0, balance=False,
            seed=seed, allow=allow_restricted, benchmarks=benchmarks,
            more={"questions": digest_of(path), "hops": hops, "paths": paths},
        )  # fmt: skip
        maker = RationaleRows(path, self._opening(), hops, paths)
        return self._write(
            maker, settings, out, processes=processes, partition=None, forecast=None,
            progress=progress,
        )  # fmt: skip

    def _preferences(
        self,
        tasks: Sequence[str],
        languages: Sequence[str],
        formats: Sequence[str],
        files: str,
        *,
        learned: str = "",
        **bounds: Unpack[_Bounds],
    ) -> tuple[Maker, Settings]:
        from kgmed.builders.datasets.formats import PAIR_FORMATS
        from kgmed.builders.datasets.instructions import chosen
        from kgmed.builders.datasets.preferences import KIND, TASKS, Preferences

        names = chosen(tasks, tuple(TASKS), "task")
        forms = chosen(formats or ("messages",), tuple(PAIR_FORMATS), "format")
        choose, more = self._choosing(learned, bounds["allow"])
        settings = self._settings(KIND, names, languages, files, formats=forms, more=more, **bounds)
        return Preferences(names, self._opening(), forms, choose=choose), settings


def digest_of(path: FilePath) -> str:
    """The SHA-256 of a file, so that a run goes on with the same one alone."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror or error}).") from error

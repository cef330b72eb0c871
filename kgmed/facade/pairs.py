"""A graph as preference pairs: what its facade writes and forecasts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from kgmed.facade.datasets import Datasets, Tell

if TYPE_CHECKING:
    from kgmed.builders.datasets.job import Maker, Settings
    from kgmed.builders.datasets.report import Forecast, Written


class PreferencePairs(Datasets):
    """The methods of a graph that write preference pairs."""

    def write_preferences(
        self,
        out: str | FilePath,
        *,
        tasks: Sequence[str] = (),
        languages: Sequence[str] = (),
        files: str = "jsonl",
        max_rows: int = 0,
        per_predicate: int = 0,
        per_hub: int = 0,
        seed: int = 0,
        processes: int = 0,
        partition: tuple[int, int] | None = None,
        allow_restricted: Sequence[str] = (),
        forecast: Callable[[Forecast], None] | None = None,
        progress: Tell = lambda _text: None,
    ) -> Written:
        """Write pairs of a chosen and a rejected answer into the folder ``out``, with a card.

        ``tasks`` are of statement and overclaim: a fact beside a minimal corruption of it, and what
        isn't listed said to be so beside its affirmation. Rows have ``prompt``, ``chosen`` and
        ``rejected`` as lists of messages. The rest is as in :meth:`write_instructions`.
        """
        maker, settings = self._preferences(
            tasks, languages, files, max_rows=max_rows, per_predicate=per_predicate,
            per_hub=per_hub, seed=seed, allow=allow_restricted,
        )  # fmt: skip
        return self._write(
            maker, settings, out, processes=processes, partition=partition, forecast=forecast,
            progress=progress,
        )  # fmt: skip

    def forecast_preferences(
        self,
        *,
        tasks: Sequence[str] = (),
        languages: Sequence[str] = (),
        max_rows: int = 0,
        per_predicate: int = 0,
        per_hub: int = 0,
        seed: int = 0,
        processes: int = 0,
        allow_restricted: Sequence[str] = (),
        progress: Tell = lambda _text: None,
    ) -> Forecast:
        """What :meth:`write_preferences` would write, from a sample: rows, tokens, bytes, time."""
        maker, settings = self._preferences(
            tasks, languages, "jsonl", max_rows=max_rows, per_predicate=per_predicate,
            per_hub=per_hub, seed=seed, allow=allow_restricted,
        )  # fmt: skip
        return self._forecast(maker, settings, processes, progress)

    def _preferences(
        self,
        tasks: Sequence[str],
        languages: Sequence[str],
        files: str,
        *,
        max_rows: int,
        per_predicate: int,
        per_hub: int,
        seed: int,
        allow: Sequence[str],
    ) -> tuple[Maker, Settings]:
        from kgmed.builders.datasets.instructions import chosen
        from kgmed.builders.datasets.preferences import KIND, TASKS, Preferences

        names = chosen(tasks, tuple(TASKS), "task")
        settings = self._settings(
            KIND, names, languages, files, max_rows=max_rows, per_predicate=per_predicate,
            per_hub=per_hub, seed=seed, allow=allow,
        )  # fmt: skip
        return Preferences(names, self._opening()), settings

    def _settings(
        self,
        kind: str,
        names: tuple[str, ...],
        languages: Sequence[str],
        files: str,
        *,
        max_rows: int,
        per_predicate: int,
        per_hub: int,
        seed: int,
        allow: Sequence[str],
    ) -> Settings:
        from kgmed.builders.datasets.job import Settings
        from kgmed.facade.datasets import _bound, _file_type

        return Settings(
            kind,
            names,
            self._languages(languages),
            files=_file_type(files, ("jsonl", "parquet")),  # type: ignore[arg-type]  checked there
            seed=seed,
            max_rows=_bound(max_rows, "max_rows"),
            per_predicate=_bound(per_predicate, "per_predicate"),
            per_hub=_bound(per_hub, "per_hub"),
            allow=tuple(allow),
        )

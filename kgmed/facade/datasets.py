"""A graph as datasets for training: what its facade writes, forecasts and traces."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, cast

from kgmed.facade.base import Opened
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.builders.datasets.instructions import Choose
    from kgmed.builders.datasets.job import Maker, Settings
    from kgmed.builders.datasets.ray_engine import RayEngine
    from kgmed.builders.datasets.report import Forecast, Trace, Written
    from kgmed.builders.datasets.writers import FileType
    from kgmed.facade.judging import Verdicts
    from kgmed.kg.model import Language
    from kgmed.kg.store.base import GraphStore

LANGUAGES: tuple[Language, ...] = ("en", "zh")
ENGINES = ("local", "ray")
Tell = Callable[[str], None]


class _Bounds(TypedDict):
    """What bounds and chooses the rows of any kind of dataset."""

    max_rows: int
    per_predicate: int
    per_hub: int
    balance: bool
    seed: int
    allow: Sequence[str]
    benchmarks: Sequence[str | FilePath]


class Datasets(Opened):
    """The methods of a graph that write datasets."""

    def write_instructions(
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
        """Write instruction rows into the folder ``out``, with a dataset card.

        ``tasks`` and ``languages`` are all that there are where none are named; ``formats`` are of
        messages, alpaca, sharegpt, chatml and openai, each a config; ``files`` is jsonl or parquet.
        ``max_rows`` bounds the rows, ``per_predicate`` and ``per_hub`` how many rows of a task
        there are about one predicate or one concept, 0 for no bound; ``balance`` sets both by
        what the graph holds. ``processes`` is 0 for one a core; ``partition`` (I, N) makes every
        Nth part from the Ith. With ``engine`` "ray" the parts are made on the Ray cluster at
        ``ray_address``, or on a Ray of so many processes that is started here
        (:mod:`kgmed.builders.datasets.ray_engine`). A run over the same folder goes on where one
        was ended. ``allow_restricted`` names licences or sources that aren't open and may leave.
        ``benchmarks`` are files or folders of evaluation sets: a row that shares text with one is
        left out, and listed in the folder. ``forecast`` is told what will be written before it is.
        ``learned`` names a model that was trained on the graph (:meth:`learn_train`): of the false
        statements that are proposed as options, corruptions and claims, those that it finds
        plausible are tried first, and those that it finds likely true left out. Verdicts decide
        what is false, as they do without.

        Raises :class:`~kgmed.kg.errors.UsageError` for what isn't known and where no row comes out,
        and :class:`~kgmed.kg.errors.OutputError` for a folder that can't be written or holds
        something else. In a script, several processes need ``if __name__ == "__main__":``.
        """
        maker, settings = self._instructions(
            tasks, languages, formats, files, max_rows=max_rows, per_predicate=per_predicate,
            per_hub=per_hub, balance=balance, seed=seed, allow=allow_restricted,
            benchmarks=benchmarks, learned=learned,
        )  # fmt: skip
        return self._write(
            maker, settings, out, processes=processes, partition=partition, engine=engine,
            ray_address=ray_address, forecast=forecast, progress=progress,
        )  # fmt: skip

    def forecast_instructions(
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
        """What :meth:`write_instructions` would write, from a sample: rows, tokens, bytes, time."""
        maker, settings = self._instructions(
            tasks, languages, formats, "jsonl", max_rows=max_rows, per_predicate=per_predicate,
            per_hub=per_hub, balance=balance, seed=seed, allow=allow_restricted,
            benchmarks=benchmarks, learned=learned,
        )  # fmt: skip
        return self._forecast(maker, settings, processes, progress)

    def write_corpus(
        self,
        out: str | FilePath,
        *,
        tasks: Sequence[str] = (),
        languages: Sequence[str] = (),
        files: str = "jsonl",
        passage_tokens: int = 0,
        pack: int = 0,
        tokenizer: str = "",
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
        forecast: Callable[[Forecast], None] | None = None,
        progress: Tell = lambda _text: None,
    ) -> Written:
        """Write a corpus for continued pretraining into the folder ``out``, with a dataset card.

        ``tasks`` are of sentences, passages_one_hop, passages_two_hop, passages_balanced,
        paths_curated and paths_found, each a config; ``files`` is jsonl, parquet or txt, a text a
        line. ``passage_tokens`` bounds a passage, 0 for the default. With ``pack`` and
        ``tokenizer`` (a name or a folder, for transformers) the texts are packed to contexts of so
        many of its tokens, in the config ``packed`` alone. The rest is as in
        :meth:`write_instructions`.
        """
        maker, settings = self._corpus(
            tasks, languages, files, passage_tokens=passage_tokens, pack=pack, tokenizer=tokenizer,
            max_rows=max_rows, per_predicate=per_predicate, per_hub=per_hub, balance=balance,
            seed=seed, allow=allow_restricted, benchmarks=benchmarks,
        )  # fmt: skip
        return self._write(
            maker, settings, out, processes=processes, partition=partition, engine=engine,
            ray_address=ray_address, forecast=forecast, progress=progress,
        )  # fmt: skip

    def forecast_corpus(
        self,
        *,
        tasks: Sequence[str] = (),
        languages: Sequence[str] = (),
        files: str = "jsonl",
        passage_tokens: int = 0,
        pack: int = 0,
        tokenizer: str = "",
        max_rows: int = 0,
        per_predicate: int = 0,
        per_hub: int = 0,
        balance: bool = False,
        seed: int = 0,
        processes: int = 0,
        allow_restricted: Sequence[str] = (),
        benchmarks: Sequence[str | FilePath] = (),
        progress: Tell = lambda _text: None,
    ) -> Forecast:
        """What :meth:`write_corpus` would write, from a sample: rows, tokens, bytes, time."""
        maker, settings = self._corpus(
            tasks, languages, files, passage_tokens=passage_tokens, pack=pack, tokenizer=tokenizer,
            max_rows=max_rows, per_predicate=per_predicate, per_hub=per_hub, balance=balance,
            seed=seed, allow=allow_restricted, benchmarks=benchmarks,
        )  # fmt: skip
        return self._forecast(maker, settings, processes, progress)

    def trace_row(self, out: str | FilePath, id: str) -> Trace:
        """The statements behind a row of the dataset in the folder ``out``, from this graph."""
        from kgmed.builders.datasets.trace import trace

        return trace(FilePath(out).expanduser(), id, self.store)

    def _instructions(
        self,
        tasks: Sequence[str],
        languages: Sequence[str],
        formats: Sequence[str],
        files: str,
        *,
        learned: str = "",
        **bounds: Unpack[_Bounds],
    ) -> tuple[Maker, Settings]:
        from kgmed.builders.datasets.formats import FORMATS
        from kgmed.builders.datasets.instructions import KIND, Instructions, chosen, known_tasks

        names = chosen(tasks, tuple(known_tasks()), "task")
        forms = chosen(formats or ("messages",), tuple(FORMATS), "format")
        choose, more = self._choosing(learned, bounds["allow"])
        settings = self._settings(KIND, names, languages, files, formats=forms, more=more, **bounds)
        return Instructions(names, forms, self._opening(), choose=choose), settings

    def _corpus(
        self,
        tasks: Sequence[str],
        languages: Sequence[str],
        files: str,
        *,
        passage_tokens: int,
        pack: int,
        tokenizer: str,
        **bounds: Unpack[_Bounds],
    ) -> tuple[Maker, Settings]:
        from kgmed.builders.datasets.corpus import KIND, TASKS, Corpus
        from kgmed.builders.datasets.corpus.maker import BUDGET
        from kgmed.builders.datasets.instructions import chosen
        from kgmed.builders.datasets.writers import FILE_TYPES

        names = chosen(tasks, tuple(TASKS), "task")
        budget = passage_tokens or BUDGET
        more = {"passage_tokens": _bound(budget, "passage_tokens"), "pack": pack,
                "tokenizer": tokenizer}  # fmt: skip
        settings = self._settings(
            KIND, names, languages, files, known_files=FILE_TYPES, more=more, **bounds
        )
        named = FilePath(tokenizer).expanduser()  # workers may have another working folder
        where = str(named.resolve()) if tokenizer and named.is_dir() else tokenizer
        return Corpus(names, budget, pack, where), settings

    def _settings(
        self,
        kind: str,
        names: tuple[str, ...],
        languages: Sequence[str],
        files: str,
        *,
        formats: tuple[str, ...] = (),
        known_files: Sequence[str] = ("jsonl", "parquet"),
        more: Mapping[str, Any] | None = None,
        **bounds: Unpack[_Bounds],
    ) -> Settings:
        """The settings of a run of any kind, each checked."""
        from kgmed.builders.datasets.job import Settings
        from kgmed.builders.datasets.quality.benchmark_texts import digests

        files_named = tuple(FilePath(path).expanduser() for path in bounds["benchmarks"])
        return Settings(
            kind,
            names,
            self._languages(languages),
            formats,
            cast("FileType", _file_type(files, known_files)),
            bounds["seed"],
            _bound(bounds["max_rows"], "max_rows"),
            _bound(bounds["per_predicate"], "per_predicate"),
            _bound(bounds["per_hub"], "per_hub"),
            tuple(bounds["allow"]),
            more or {},
            bounds["balance"],
            digests(files_named),
            files_named,
        )

    def _languages(self, asked: Sequence[str]) -> tuple[Language, ...]:
        """The languages asked for, or those in which the graph has names."""
        from kgmed.builders.datasets.instructions import chosen
        from kgmed.builders.datasets.prepare import languages_of

        named: tuple[Language, ...] = chosen(asked, LANGUAGES, "language")  # type: ignore[assignment]
        if asked:
            return named
        there = languages_of(self.local_store().snapshot)
        return tuple(lang for lang in LANGUAGES if lang in there) or LANGUAGES

    def _choosing(self, learned: str, allow: Sequence[str]) -> tuple[Choose | None, dict[str, Any]]:
        """What opens the model that chooses among false statements, and what a run notes of it."""
        if not learned:
            return None, {}
        from kgmed.builders.datasets.negatives.hardest import CUT
        from kgmed.facade.plausible import check_leaves, noted, opens
        from kgmed.reasoning.plausibility.stored import load

        snapshot = self.local_store().snapshot
        model, _numbers = load(snapshot, learned)
        check_leaves(model, snapshot, allow)
        return opens(model), {"learned": noted(model, CUT)}

    def _opening(self) -> Callable[[], tuple[GraphStore, Verdicts]]:
        root = self.local_store().snapshot.root
        return partial(_open, str(root.resolve()), self.info().snapshot)

    def _write(
        self,
        maker: Maker,
        settings: Settings,
        out: str | FilePath,
        *,
        processes: int,
        partition: tuple[int, int] | None,
        forecast: Callable[[Forecast], None] | None,
        progress: Tell,
        engine: str = "local",
        ray_address: str = "",
    ) -> Written:
        import kgmed
        from kgmed.builders.datasets.run import Run

        if partition is not None and not 0 <= partition[0] < partition[1]:
            raise UsageError(
                f"Found the partition {partition[0]}/{partition[1]}, expected I/N with I from 0 to "
                "N - 1: 0/4, 1/4, 2/4 and 3/4 are the partitions of four."
            )
        snapshot = self.local_store().snapshot
        with ExitStack() as stack:
            driven = _engine(engine, ray_address, _processes(processes), progress)
            run = stack.enter_context(Run(
                snapshot, FilePath(out).expanduser(), maker, settings, version=kgmed.__version__,
                processes=_processes(processes), tell=progress,
                engine=driven and stack.enter_context(driven),
            ))  # fmt: skip
            return run.write(partition=partition, forecast=forecast)

    def _forecast(
        self, maker: Maker, settings: Settings, processes: int, progress: Tell
    ) -> Forecast:
        import kgmed
        from kgmed.builders.datasets.run import Run

        with TemporaryDirectory(prefix="kgmed-forecast-") as folder:
            work = FilePath(folder)
            with Run(
                self.local_store().snapshot, work, maker, settings, version=kgmed.__version__,
                processes=_processes(processes), tell=progress,
            ) as run:  # fmt: skip
                return run.forecast(*run.prepare(within=work / "work"))


def _engine(name: str, address: str, processes: int, tell: Tell) -> RayEngine | None:
    """What makes the parts, if it isn't the run itself."""
    if name not in ENGINES:
        raise UsageError(f"Found the engine {name!r}, expected one of: {', '.join(ENGINES)}.")
    if name == "local":
        if address:
            raise UsageError(
                f"Found the Ray address {address!r} and the engine 'local': a cluster makes parts "
                "with the engine 'ray' alone."
            )
        return None
    import kgmed
    from kgmed.builders.datasets.ray_engine import RayEngine

    return RayEngine(address, processes=processes, version=kgmed.__version__, tell=tell)


def _open(uri: str, snapshot: str) -> tuple[GraphStore, Verdicts]:
    from kgmed.facade.judging import Verdicts
    from kgmed.facade.opening import open_again

    store = open_again(uri, snapshot)
    return store, Verdicts(store)


def _file_type(name: str, known: Sequence[str]) -> str:
    if name not in known:
        raise UsageError(f"Found the file type {name!r}, expected one of: {', '.join(known)}.")
    return name


def _bound(value: int, name: str) -> int:
    if value < 0:
        raise UsageError(f"Found {name}={value}, expected a number of rows, or 0 for no bound.")
    return value


def _processes(asked: int) -> int:
    if asked < 0:
        raise UsageError(f"Found processes={asked}, expected at least 1, or 0 for one a core.")
    return asked or os.cpu_count() or 1

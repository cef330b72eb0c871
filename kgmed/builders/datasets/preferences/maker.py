"""The rows of preference pairs, in the form that DPO trainers read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.formats import PAIR_FORMATS, PREFERENCES, Format
from kgmed.builders.datasets.instructions import Choose, Instructions, Open
from kgmed.builders.datasets.job import Making, Settings

KIND = PREFERENCES


@dataclass(frozen=True)
class Preferences:
    """Makes preference pairs, in these forms. ``open`` is called once in each process, and so is
    ``choose``, where a trained model chooses among corruptions."""

    names: tuple[str, ...]
    open: Open
    formats: tuple[str, ...] = ("messages",)
    kind: str = KIND
    choose: Choose | None = None

    def configs(self) -> Mapping[str, Format]:
        return {_config(form): PAIR_FORMATS[form] for form in self.formats}

    def configs_of(self, task: str) -> Sequence[str]:
        return list(map(_config, self.formats))

    def tasks(self) -> Sequence[str]:
        return self.names

    def reads_every_language(self) -> bool:
        return False

    def lay_out(self, feed: Feed, processes: int) -> None:
        """Nothing: tasks ask the graph."""

    def start(self, feed: Feed, settings: Settings) -> Making:
        """Open the graph, and make what tasks share."""
        module = "kgmed.builders.datasets.preferences.pairs"
        rows = Instructions(self.names, (), self.open, module, choose=self.choose)
        return rows.start(feed, settings)


def _config(form: str) -> str:
    return KIND if form == "messages" else f"{KIND}_{form}"

"""A sample of a dataset's texts, kept beside the notes of its parts, to be measured at the end.

Row ids are hashes: the rows with the lowest ids are a random sample, and the same one in every run.
Each part keeps its share of :data:`SIZE` texts of each task and language, by its weight.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from kgmed.builders.datasets.balance import Lowest
from kgmed.builders.datasets.model import Row
from kgmed.builders.datasets.quality.diversity import Diversity, diversity

SIZE = 1_000
"""Texts of a task in a language, at most."""
SAMPLE = ".sample.jsonl"
"""The end of the name of a part's file, beside its note."""
Key = tuple[str, str]


class Sample:
    """Texts of rows by task and language, at most so many of each."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: dict[Key, Lowest[str]] = {}

    def add(self, row: Row) -> None:
        """Take a row in: all that its user and its assistant say, or its text."""
        kept = self._of(row.task, row.lang)
        number = int(row.id[:12], 16)
        if kept.takes(number):
            said = [text for role, text in row.messages if role != "system"]
            kept.add(number, row.id, "\n".join(said))

    def add_texts(self, task: str, lang: str, texts: Iterable[tuple[str, str]]) -> None:
        """Take in (id, text) of rows."""
        kept = self._of(task, lang)
        for id, text in texts:
            kept.add(int(id[:12], 16), id, text)

    def _of(self, task: str, lang: str) -> Lowest[str]:
        found = self._kept.get((task, lang))
        if found is None:
            found = self._kept[task, lang] = Lowest(self.most)
        return found

    def write(self, path: Path) -> None:
        """Write the texts, by task and language."""
        with path.open("w", encoding="utf-8") as file:
            for (task, lang), texts in sorted(self._kept.items()):
                file.write(json.dumps([task, lang, list(texts)], ensure_ascii=False) + "\n")


def measured(files: Iterable[Path]) -> dict[Key, Diversity]:
    """How varied the texts of all parts are, by task and language."""
    texts: dict[Key, list[str]] = {}
    for path in files:
        with path.open(encoding="utf-8") as file:
            for line in file:
                task, lang, some = json.loads(line)
                texts.setdefault((task, lang), []).extend(some)
    return {key: diversity(some) for key, some in sorted(texts.items())}

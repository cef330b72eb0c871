"""What the parts of a dataset came to, counted from their notes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from kgmed.builders.datasets.folder import PARTS, RUN
from kgmed.builders.datasets.generated.writing import (
    ASKED,
    CLAIMS_ASKED,
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
)
from kgmed.builders.datasets.parts import FILTERS
from kgmed.builders.datasets.quality.diversity import Diversity
from kgmed.builders.datasets.quality.overlaps import HITS
from kgmed.builders.datasets.quality.sample import SAMPLE, measured

SHOWN = 10
"""Overlaps with benchmarks that are told one by one."""
USAGE = {ASKED: "answers", CLAIMS_ASKED: "claim_requests", PROMPT_TOKENS: "prompt_tokens",
         COMPLETION_TOKENS: "completion_tokens"}  # fmt: skip
"""What is counted of a language model's work -> what it is called in what a run tells."""
EXACT = 20_000_000
"""Statements up to which those used are counted exactly, not from a sample of them."""


@dataclass(slots=True)
class Kind:
    """What a kind of dataset in the folder has come to, counted from its parts' notes."""

    name: str
    settings: dict[str, Any]
    prepared: dict[str, Any]
    parts: int = 0
    rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    characters: Counter[tuple[str, str]] = field(default_factory=Counter)
    filters: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    files: Counter[tuple[str, str]] = field(default_factory=Counter)
    sizes: Counter[tuple[str, str]] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    examples: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    used: tuple[int, bool] = (0, True)
    predicates: Counter[str] = field(default_factory=Counter)
    overlaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    hits: list[dict[str, Any]] = field(default_factory=list)
    diversity: dict[tuple[str, str], Diversity] = field(default_factory=dict)
    plausible: tuple[int, float] = (0, 0.0)

    @property
    def configs(self) -> list[str]:
        """Its configs, the first one the default."""
        return list(dict.fromkeys(config for config, _split in self.files))

    @property
    def passed(self) -> dict[str, int]:
        """Drafts, what each filter took away of all tasks' rows, and what is left."""
        return {filter: sum(n for (_task, _lang, name), n in self.filters.items() if name == filter)
                for filter in FILTERS}  # fmt: skip

    @property
    def usage(self) -> dict[str, int]:
        """What the rows took of a language model; empty where none wrote them."""
        return usage(self.filters) if "lm" in self.settings["more"] else {}

    @property
    def chosen(self) -> dict[str, Any]:
        """How false statements were chosen, where a trained model did: the model, and how many they
        are and how probable to it, in the mean (0-1)."""
        model = self.settings["more"].get("learned")
        if model is None:
            return {}
        count, told = self.plausible
        return {**model, "statements": count, "mean_probability": round(told / max(1, count), 4)}

    @property
    def total(self) -> int:
        """Rows, each counted once however many forms it is written in."""
        return sum(self.rows.values())


def usage(filters: Mapping[tuple[str, str, str], int]) -> dict[str, int]:
    """Answers of a language model, requests in which it took claims from them, and their tokens.

    >>> usage({("relation_qa", "en", ASKED): 2, ("relation_qa", "zh", PROMPT_TOKENS): 30})
    {'answers': 2, 'claim_requests': 0, 'prompt_tokens': 30, 'completion_tokens': 0}
    """
    found = dict.fromkeys(USAGE.values(), 0)
    for (_task, _lang, name), n in filters.items():
        if name in USAGE:
            found[USAGE[name]] += n
    return found


def counted(notes: Path) -> Kind:
    """A kind of dataset, by the folder of its notes."""
    run = json.loads((notes / RUN).read_text(encoding="utf-8"))
    kind = Kind(notes.name, run["settings"], run.get("prepared") or {})
    for path in sorted(notes.glob(PARTS)):
        note = json.loads(path.read_text(encoding="utf-8"))
        kind.parts += 1
        for task, lang, split, n, characters in note["rows"]:
            kind.rows[task, lang, split] += n
            kind.characters[task, lang] += characters
        for task, lang, filter, n in note["filters"]:
            kind.filters[task, lang, filter] += n
        for file in note["files"]:
            kind.files[file["config"], file["split"]] += file["rows"]
            kind.sizes[file["config"], file["split"]] += file["bytes"]
        kind.sources.update(note["sources"])
        kind.licences.update(note["licences"])
        kind.predicates.update(note["predicates"])
        count, told = note.get("plausible", (0, 0.0))
        kind.plausible = kind.plausible[0] + count, kind.plausible[1] + told
        for file, rule, n in note["hits"]:
            kind.overlaps[file, rule] += n
        if note["hits"] and len(kind.hits) < SHOWN:
            with path.with_suffix(HITS).open(encoding="utf-8") as file:
                kind.hits += map(json.loads, islice(file, SHOWN - len(kind.hits)))
        for task, lang, record in note["examples"]:
            known = kind.examples.get((task, lang))
            if known is None or record.get("id", "") < known.get("id", ""):
                kind.examples[task, lang] = record
    kind.diversity = measured(sorted(notes.glob(f"part-*{SAMPLE}")))
    kind.used = unique_statements(sorted(notes.glob("part-*.npy")))
    return kind


def unique_statements(files: Sequence[Path], *, exact: int = EXACT) -> tuple[int, bool]:
    """How many statements rows rest on, each once, and whether that is exact.

    Ids are uniform hashes: beyond ``exact`` those whose last bits are 0 are counted, and scaled up.
    """
    arrays = [np.load(path, mmap_mode="r") for path in files]
    total, bits = sum(map(len, arrays)), 0
    while total >> bits > exact:
        bits += 1
    mask = np.uint64((1 << bits) - 1)
    chosen = [array[(array & mask) == 0] for array in arrays]
    unique = len(np.unique(np.concatenate(chosen))) if chosen else 0
    return unique << bits, bits == 0

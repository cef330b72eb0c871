"""The two-step chains that multi-hop questions are made of; they stand in ``chains.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kgmed.kg.model import Language


@dataclass(frozen=True, slots=True)
class Chain:
    """Two steps and what they lead to, in either language; ``joins`` as the file says it."""

    first: str
    second: str
    en: str
    zh: str
    joins: bool

    def things(self, lang: Language) -> str:
        """The noun phrase for what the steps lead to, with ``{s}`` where they start."""
        return self.en if lang == "en" else self.zh


@cache
def chains() -> tuple[Chain, ...]:
    """All chains, in the order of the file."""
    path = Path(__file__).with_name("chains.toml")
    return tuple(Chain(**entry) for entry in tomllib.loads(path.read_text("utf-8"))["chain"])

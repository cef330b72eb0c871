"""What programs tell a language model, in English and Chinese: one file per signature and language.

``NAME.LANG.toml`` holds ``system``, the task, and ``fields``, what each input and output is; where
a question has several forms, ``kinds`` says what each asks for besides. ``steps`` and ``again`` are
said where a model is to think in steps, and where its last answer couldn't be read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from string import Template

from kgmed.kg.model import Language

NAMES = (
    "answer",
    "thoughts",
    "names",
    "revise",
    "recall",
    "judge",
    "checks",
    "agree",
    "rate",
    "prefer",
)
"""The signatures."""


@dataclass(frozen=True, slots=True)
class Task:
    """A signature's words."""

    system: str
    fields: Mapping[str, str]
    again: str
    steps: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)

    def instructions(self, kind: str = "", *, steps: bool = False) -> str:
        """The task for one form of question, in steps or not.

        >>> task("answer", "en").instructions("open").endswith("one to four sentences.")
        True
        """
        parts = [self.system, self.steps if steps else "", self.kinds[kind] if kind else ""]
        return "\n".join(filter(None, parts))

    def asked_again(self, problem: str) -> str:
        """What is said after an answer that couldn't be read."""
        return Template(self.again).substitute(problem=problem)


@cache
def task(name: str, lang: Language) -> Task:
    """A signature's words by its name, one of :data:`NAMES`."""
    told = tomllib.loads(files(__name__).joinpath(f"{name}.{lang}.toml").read_text("utf-8"))
    return Task(
        told["system"].strip(), told["fields"], told["again"], told.get("steps", ""),
        told.get("kinds", {}),
    )  # fmt: skip

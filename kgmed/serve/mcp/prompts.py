"""The prompts: ways of working that a user picks, in English and Chinese (``prompts.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kgmed.kg.errors import UsageError
from kgmed.serve.limits import language, text_within

FILE = Path(__file__).with_name("prompts.toml")


@dataclass(frozen=True, slots=True)
class Wording:
    """A prompt in one language; ``text`` has ``{subject}`` where ``argument``'s value goes."""

    title: str
    description: str
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt: the argument that it needs, and its wording per language."""

    name: str
    argument: str
    wordings: Mapping[str, Wording]


@cache
def prompts() -> Mapping[str, Prompt]:
    """Every prompt by name."""
    with FILE.open("rb") as file:
        table = tomllib.load(file)
    return {
        name: Prompt(name, row["argument"], {k: Wording(**v) for k, v in row.items()
                                             if k != "argument"})
        for name, row in table.items()
    }  # fmt: skip


def filled(name: str, given: Mapping[str, str] | None, *, most: int) -> tuple[Wording, str]:
    """A prompt's wording, and its text with what the user hands in, at most ``most`` characters.

    The language is ``lang``, or that of what is handed in. Raises
    :class:`~kgmed.kg.errors.UsageError` for what isn't a prompt or doesn't fit one.

    >>> filled("check_drugs", {"drugs": "华法林、阿司匹林"}, most=100)[0].title
    '核对用药清单'
    """
    known = prompts()
    if name not in known:
        raise UsageError(f"Found the prompt {name[:80]!r}, expected one of: {', '.join(known)}.")
    prompt = known[name]
    asked = dict(given or {})
    lang = language(asked.pop("lang", None))
    subject = text_within(asked.pop(prompt.argument, None), prompt.argument, most)
    if asked:
        raise UsageError(
            f"Found the argument {next(iter(asked))[:80]!r}, expected {prompt.argument} and lang."
        )
    if lang is None:
        lang = "zh" if any("\u4e00" <= char <= "\u9fff" for char in subject) else "en"
    wording = prompt.wordings[lang]
    return wording, wording.text.strip().replace("{subject}", subject)

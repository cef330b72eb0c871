"""How a question is put to a language model: what the asking methods take, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    import dspy

    from kgmed.reasoning.lm.connect import LanguageModel
    from kgmed.reasoning.revision import Unsupported

    Lm: TypeAlias = str | LanguageModel | dspy.LM
    Solved: TypeAlias = str | Path | Sequence[Mapping[str, Any]]

DIRECT = "direct"
LM_PROGRAMS = ("predict", "cot", "tot", "self-consistency", "constrained")
PROGRAMS = (DIRECT, *LM_PROGRAMS)
COMPILED = ".json"
"""The ending of a compiled program's file, which may stand for a program's name."""
REVISE = 1
"""Times that a model's answer is sent back where a claim of it is refuted, unless said."""


@dataclass(frozen=True, slots=True)
class How:
    """A program and its settings, the model and how it is reached; None for what isn't said. What
    each means stands at :meth:`kgmed.facade.Graph.ask`."""

    program: Any = None
    lm: Lm | None = None
    api_base: str | None = None
    timeout_s: float | None = None
    budget: int | None = None
    samples: int | None = None
    trusted: bool | None = None
    revise: int | None = None
    unsupported: Unsupported | None = None
    examples: Solved | None = None

    def chosen(self, **more: Any) -> How:
        """With the program that is meant: direct where no model is named. Raises
        :class:`~kgmed.kg.errors.UsageError` for one that there isn't, or that something here, or of
        ``more`` that was said, isn't for."""
        program = self.program
        if program is None:
            named = self.lm is not None or self.api_base is not None
            program = "cot" if named else DIRECT
        if isinstance(program, Path):
            program = str(program)
        if isinstance(program, str) and program not in PROGRAMS and not program.endswith(COMPILED):
            raise UsageError(
                f"Found program {program!r}, expected one of: {', '.join(PROGRAMS)}; or a compiled "
                f"one's file ({COMPILED})."
            )
        given = {one.name: getattr(self, one.name) for one in fields(self)} | more
        wrong = [name for name, value in given.items() if value is not None and name != "program"]
        if program == DIRECT and wrong:
            raise UsageError(
                f"Found {', '.join(wrong)} with the program direct, which asks no language "
                f"model; expected one of: {', '.join(LM_PROGRAMS)}."
            )
        if self.samples is not None and program != "self-consistency":
            raise UsageError(f"Found samples with the program {program!r}; self-consistency votes.")
        if self.examples is not None and not isinstance(program, str):
            raise UsageError("Found examples with a program of your own, which has its own demos.")
        return replace(self, program=program)

    @property
    def rounds(self) -> int:
        """Times that an answer is sent back: a module of one's own is left as it is unless said."""
        if self.revise is not None:
            return self.revise
        return REVISE if isinstance(self.program, str) else 0

"""Taking a text apart into claims as a DSPy signature, for programs and optimizers of DSPy."""

from __future__ import annotations

from typing import Any

from kgmed.kg.model import Language
from kgmed.prompts import prompt
from kgmed.reasoning.claims.decompose.decomposer import MOST_CLAIMS
from kgmed.reasoning.claims.decompose.said import Said
from kgmed.reasoning.lm.dspy_lm import dspy_package


def claims_signature(lang: Language = "en", *, most: int = MOST_CLAIMS) -> Any:
    """The DSPy signature of taking a text apart into claims: ``relations, text -> claims``.

    Its instructions are the prompt's, its output is the bounded schema. Raises
    :class:`~kgmed.kg.errors.MissingExtra` without DSPy.
    """
    dspy = dspy_package()
    instructions = prompt("claims", lang).filled(most=str(most), relations="", text="").system
    fields = {
        "relations": (str, dspy.InputField()),
        "text": (str, dspy.InputField()),
        "claims": (list[Said], dspy.OutputField()),
    }
    return dspy.Signature(fields, instructions)

"""Answers taken from evidence by its words alone: what the embedded engine says.

It quotes the lines that bear on a question and says that it can't answer where none does. It knows
nothing: what isn't in the prompt is not in its answers.
"""

from kgmed.reasoning.lm.extractive.answers import Reader

__all__ = ["Reader"]

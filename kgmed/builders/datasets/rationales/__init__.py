"""Chains of thought for a user's own questions: see :mod:`.chains`."""

from kgmed.builders.datasets.rationales.chains import REASONS, Counts, Rationales, explains
from kgmed.builders.datasets.rationales.maker import KIND, TASK, RationaleRows

__all__ = ["KIND", "REASONS", "TASK", "Counts", "RationaleRows", "Rationales", "explains"]

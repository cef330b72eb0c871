"""Sources without identifiers of their own, CMeKG first of all, aligned to the others by evidence.

Between staging and identity: rows of ``in_mappings`` of kgmed's own, each by one rule of
:mod:`.rules` with its confidence. Identity then decides as it does of any other mapping. What the
rules are, and how right each was on a judged sample, is in ``docs/mappings.md``.
"""

from kgmed.builders.align.match import align
from kgmed.builders.align.report import AlignReport
from kgmed.builders.align.rules import RULES, SOURCE

__all__ = ["RULES", "SOURCE", "AlignReport", "align"]

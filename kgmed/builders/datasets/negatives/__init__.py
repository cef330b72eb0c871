"""Hard negatives: minimal corruptions of true statements, each proven not to be supported.

:func:`negatives` streams them; :data:`KINDS` says what each kind changes. Whether a corruption is
supported after all is decided by the caller's verifier, never here: a drug of the same class often
treats the same disease.
"""

from kgmed.builders.datasets.negatives.corrupt import KINDS
from kgmed.builders.datasets.negatives.hardest import Hardest, Plausible
from kgmed.builders.datasets.negatives.model import Claimed, Counts, Negative, Verdicts
from kgmed.builders.datasets.negatives.stream import negatives

__all__ = [
    "KINDS", "Claimed", "Counts", "Hardest", "Negative", "Plausible", "Verdicts", "negatives",
]  # fmt: skip

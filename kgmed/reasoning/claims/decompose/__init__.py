"""Claims of a text through a language model: under a bounded schema, and anchored to the text.

:class:`Decomposer` takes a text apart; what a model says that the text doesn't is dropped and told.
"""

from kgmed.reasoning.claims.decompose.decomposer import Decomposer
from kgmed.reasoning.claims.decompose.signature import claims_signature

__all__ = ["Decomposer", "claims_signature"]

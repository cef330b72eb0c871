"""Verbalization: statements, lists of them, concepts and paths as English and Chinese sentences.

All wordings come from ``predicates.toml``; grammar (agreement, lists, negation, capitals) from
:mod:`.english` and :mod:`.chinese`. A sentence says what the statement says and no more. Reading it
back (:mod:`kgmed.reasoning.claims.extract`) gives the same claim; a test measures that.

>>> from kgmed.kg.predicates import registry
>>> say = Verbalizer(registry())
>>> names = {"x:1": "warfarin", "x:2": "thromboembolism"}
>>> [say.claim("x:1", "treats", "x:2", names, lang="en", wording=n) for n in (0, 1)]
['Warfarin treats thromboembolism.', 'Warfarin is used to treat thromboembolism.']
"""

from kgmed.kg.verbalize.template import Form, Pieces, Template
from kgmed.kg.verbalize.verbalizer import Names, Verbalizer

__all__ = ["Form", "Names", "Pieces", "Template", "Verbalizer"]

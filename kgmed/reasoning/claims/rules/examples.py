"""Assertions and facts from plain lines, for the rules' examples and tests.

>>> told("imatinib inhibits ABL1", "not imatinib inhibits EGFR").statements[1].negated
True
>>> said("imatinib inhibits ABL1").object
'ABL1'
"""

from __future__ import annotations

from kgmed.kg.model import Statement
from kgmed.kg.predicates import registry
from kgmed.reasoning.claims.rules.base import Assertion, Facts


def said(line: str, *, inverted: bool = False, **qualifiers: str) -> Assertion:
    """An assertion of three words."""
    subject, predicate, object = line.split()
    return Assertion(subject, predicate, object, qualifiers, inverted)


def told(*lines: str, **categories: str) -> Facts:
    """Facts of a line per statement, numbered from 1; ``not`` in front negates one, and words after
    the first three are its qualifiers (``severity=Critical``). ``categories`` are concepts'."""
    statements = []
    for number, line in enumerate(lines, start=1):
        words = line.removeprefix("not ").split()
        qualifiers = dict(word.split("=", 1) for word in words[3:])
        statements.append(
            Statement(
                str(number), words[0], words[1], words[2],
                qualifiers=qualifiers, negated=line.startswith("not "),
            )
        )  # fmt: skip
    return Facts(registry(), statements, {id: (name,) for id, name in categories.items()})

"""The rules that decide claims, by name. Nothing else decides one.

Each is a pure function over an assertion and the statements it is handed; its documentation says
where it is sound and where it may not be applied. DESIGN section 7 lists them.

>>> [rule.name for rule in RULES.values() if rule.effect == "refutes"]
['explicit_negative', 'asymmetric_reverse', 'excludes', 'ill_typed']
>>> [rule.name for rule in RULES.values() if rule.effect == "supports" and not rule.entails]
['by_class', 'some_narrower']
"""

from __future__ import annotations

from kgmed.reasoning.claims.model import Proof
from kgmed.reasoning.claims.rules import carried, chains, contrary, direct
from kgmed.reasoning.claims.rules.base import Assertion, Facts, Rule

RULES: dict[str, Rule] = {
    rule.name: rule
    for family in (direct.RULES, chains.RULES, carried.RULES, contrary.RULES)
    for rule in family
}

__all__ = ["RULES", "Assertion", "Facts", "Rule", "holds"]


def holds(proof: Proof, assertion: Assertion, facts: Facts) -> bool:
    """Whether a proof's rule makes it of its own statements and nothing else.

    ``facts`` gives the categories and ids that mean the same; its statements aren't looked at.
    """
    rule = RULES.get(proof.rule)
    if rule is None:
        return False
    alone = Facts(facts.registry, proof.statements, facts.categories, facts.names, facts.ids)
    return any(
        found.statements == proof.statements and found.path == proof.path
        for found in rule.find(assertion, alone)
    )

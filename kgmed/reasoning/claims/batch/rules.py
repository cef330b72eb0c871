"""What speaks for and against many claims of one predicate, found in arrays.

Each rule of :mod:`kgmed.reasoning.claims.rules` in the form it has for columns of numbers. A rule
looks only at claims that none before it has decided, in the order of
:data:`~kgmed.reasoning.claims.batch.columns.RULES`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from kgmed.kg.predicates import Chain, Registry
from kgmed.reasoning.claims.batch.arrays import Arrays, Flags, Ints, Longs, Way, laid_out
from kgmed.reasoning.claims.batch.carried import carried
from kgmed.reasoning.claims.batch.climb import climb, step
from kgmed.reasoning.claims.batch.columns import (
    RULE,
    Accept,
    Claims,
    Evidence,
    Qualifiers,
    equals,
    flips,
    joined,
    states,
)
from kgmed.reasoning.claims.ground import CANDIDATES

CHAIN_STEPS = 32
"""Statements that a transitive predicate is followed over."""
OPPOSITES = (
    frozenset({"increased", "decreased"}),
    frozenset({"upregulated", "downregulated"}),
)
"""Values of the qualifier ``direction`` that can't both hold of one aspect."""


def support(arrays: Arrays, registry: Registry, name: str, claims: Claims) -> Evidence:
    """What bears claims of a predicate out: the first of the supporting rules that does."""
    found = Evidence.none(len(claims))
    predicate = registry.get(name)
    is_symmetric = predicate is not None and predicate.symmetric
    _direct(arrays, claims, found, "statement", arrays.codes([name]), reverse=False)
    if is_symmetric:
        _direct(arrays, claims, found, "symmetric", arrays.codes([name]), reverse=True)
    below = registry.descendants(name)[1:]
    _direct(arrays, claims, found, "sub_predicate", arrays.codes(below), reverse=False)
    mirrored = [other for other in below if flips(registry, other, name)]
    _direct(arrays, claims, found, "sub_predicate", arrays.codes(mirrored), reverse=True)
    if predicate is None:
        return found
    codes = arrays.codes(registry.descendants(name))
    if predicate.transitive:
        _transitive(arrays, claims, found, codes, "transitive")
    for name_of, chain in entailing_chains(registry, name):
        _chain(arrays, registry, claims, found, chain, reverse=False)
        if registry[name_of].symmetric:
            _chain(arrays, registry, claims, found, chain, reverse=True)
    carried(arrays, registry, name, claims, found)
    return found


def _direct(
    arrays: Arrays,
    claims: Claims,
    found: Evidence,
    rule: str,
    codes: Iterable[int],
    *,
    reverse: bool,
    accept: Accept = states,
) -> None:
    """A statement with these ends, or with the ends the other way round."""
    rows = found.open()
    ends = (claims.subjects[rows], claims.objects[rows])
    s, o = ends[::-1] if reverse else ends
    hits = [joined(arrays, claims, rows, s, code, o, accept=accept) for code in codes]
    if hits:
        index, edges = (np.concatenate(column) for column in zip(*hits, strict=True))
        index, edges = arrays.ranking.best(index, edges)
        found.add(rule, rows[index], 0, edges)


def entailing_chains(registry: Registry, name: str) -> list[tuple[str, Chain]]:
    """The chains that entail a predicate or one below it, and which; none for the root."""
    if not registry[name].parent:
        return []
    return [
        (below, chain)
        for below in registry.descendants(name)
        for chain in registry[below].chains
        if chain.gives == "entailed"
    ]


def _transitive(
    arrays: Arrays,
    claims: Claims,
    found: Evidence,
    codes: Sequence[int],
    rule: str,
    *,
    reverse: bool = False,
) -> None:
    """Statements end to end; qualifiers that a claim states would have to stand on each."""
    rows = found.open()
    rows = rows[(claims.qualified[rows] == 0) & (claims.subjects[rows] != claims.objects[rows])]
    starts, targets = claims.subjects[rows], claims.objects[rows]
    if reverse:
        starts, targets = targets, starts
    walked = climb(
        arrays,
        starts,
        codes,
        "out",
        lambda whose, nodes: nodes == targets[whose],
        most=CHAIN_STEPS,
    )
    found.add(rule, rows[walked.owners], walked.orders, walked.edges)


def _chain(
    arrays: Arrays,
    registry: Registry,
    claims: Claims,
    found: Evidence,
    chain: Chain,
    *,
    reverse: bool,
) -> None:
    """Statements end to end, of the predicates that a chain lists or of ones below them.

    The last step may be several statements where its predicate is transitive.
    """
    rows = found.open()
    rows = rows[(claims.qualified[rows] == 0) & (claims.subjects[rows] != claims.objects[rows])]
    starts, targets = claims.subjects[rows], claims.objects[rows]
    if reverse:
        starts, targets = targets, starts
    owners, nodes = np.arange(len(rows)), starts
    trail: list[Longs] = []
    for link in chain.steps[:-1]:
        back, nodes, edges = _one_step(arrays, registry, nodes, link)
        owners, trail = owners[back], [*(edge[back] for edge in trail), edges]
    last = chain.steps[-1]
    name = last.removeprefix("^")
    codes = arrays.codes(registry.descendants(name))
    most = CHAIN_STEPS if registry[name].transitive and last[0] != "^" else 1
    walked = climb(
        arrays,
        nodes,
        codes,
        "in" if last[0] == "^" else "out",
        lambda whose, reached: reached == targets[owners[whose]],
        most=most,
    )
    met = np.flatnonzero(walked.steps)
    order = met[np.lexsort((met, walked.steps[met], owners[met]))]
    whose, first = np.unique(owners[order], return_index=True)
    chosen = order[first]
    for place, edges in enumerate(trail):
        found.add("property_chain", rows[whose], place, edges[chosen])
    on = np.isin(walked.owners, chosen)
    found.add(
        "property_chain",
        rows[owners[walked.owners[on]]],
        walked.orders[on] + len(trail),
        walked.edges[on],
    )


def _one_step(
    arrays: Arrays, registry: Registry, nodes: Ints, link: str
) -> tuple[Longs, Ints, Longs]:
    """Where a step of a chain leads; along symmetric predicates it leads both ways."""
    name = link.removeprefix("^")
    way: Way = "in" if link[0] == "^" else "out"
    below = registry.descendants(name)
    mirrored = [other for other in below if flips(registry, other, name)]
    there = step(arrays, nodes, arrays.codes(below), way)
    if not mirrored:
        return there
    back = step(arrays, nodes, arrays.codes(mirrored), "in" if way == "out" else "out")
    index = np.concatenate([there[0], back[0]])
    reached = np.concatenate([there[1], back[1]])
    edges = np.concatenate([there[2], back[2]])
    order = np.argsort(index, kind="stable")
    return index[order], reached[order], edges[order]


def refute(arrays: Arrays, registry: Registry, name: str, claims: Claims, asked: Flags) -> Evidence:
    """What contradicts claims of a predicate, of those that are ``asked`` about."""
    found = Evidence.none(len(claims))
    found.rule[~asked] = -1  # decided elsewhere
    predicate = registry.get(name)
    negative = [arrays.negative[name]] if name in arrays.negative else []
    rule = "explicit_negative"
    _direct(arrays, claims, found, rule, negative, reverse=False, accept=equals)
    if predicate is not None:
        if predicate.symmetric:
            _direct(arrays, claims, found, rule, negative, reverse=True, accept=equals)
        if predicate.asymmetric:
            _reversed(arrays, registry, name, claims, found)
        partners = arrays.codes(predicate.excludes)
        _direct(arrays, claims, found, "excludes", partners, reverse=False, accept=equals)
        _opposite(arrays, claims, found, name, is_symmetric=predicate.symmetric)
        rows = found.open()
        ill = arrays.excluded(claims.subjects[rows], predicate, end="subject")
        if not predicate.takes_value:
            ill |= arrays.excluded(claims.objects[rows], predicate, end="object")
        found.rule[rows[ill]] = RULE["ill_typed"]
    found.rule[~asked] = 0
    return found


def _reversed(
    arrays: Arrays, registry: Registry, name: str, claims: Claims, found: Evidence
) -> None:
    """The other way round of a predicate that is asymmetric, at once or over several statements."""
    decided = found.rule.copy()
    found.rule[claims.subjects == claims.objects] = -1
    codes = arrays.codes(registry.descendants(name))
    _direct(arrays, claims, found, "asymmetric_reverse", codes, reverse=True, accept=anything)
    if registry[name].transitive:
        _transitive(arrays, claims, found, codes, "asymmetric_reverse", reverse=True)
    found.rule = np.where(found.rule == -1, decided, found.rule)


def anything(_claimed: Qualifiers, _stated: Qualifiers) -> bool:
    """Any statement will do."""
    return True


def _opposite(
    arrays: Arrays, claims: Claims, found: Evidence, name: str, *, is_symmetric: bool
) -> None:
    """A statement of the claim's own predicate with the opposite direction of the same aspect of
    the same affected party."""
    needed = ("aspect", "affected")

    def opposes(claimed: Qualifiers, stated: Qualifiers) -> bool:
        pair = {claimed.get("direction", "").casefold(), stated.get("direction", "").casefold()}
        rest = [{k: v for k, v in q.items() if k != "direction"} for q in (claimed, stated)]
        return pair in OPPOSITES and all(n in claimed for n in needed) and equals(*rest)

    for reverse in (False, True)[: 1 + is_symmetric]:
        hidden = claims.qualified == 0
        hidden &= found.rule == 0
        found.rule[hidden] = -2
        codes = arrays.codes([name])
        _direct(arrays, claims, found, "excludes", codes, reverse=reverse, accept=opposes)
        found.rule[found.rule == -2] = 0


def differing(arrays: Arrays, registry: Registry, name: str, claims: Claims) -> tuple[Longs, Longs]:
    """(claim, edge) of the statements that join a claim's ends with other qualifiers than it has,
    the nearest predicate first."""
    rows = np.flatnonzero(claims.qualified)
    if not len(rows):
        return rows, rows
    below = registry.descendants(name)
    mirrored = [other for other in below if flips(registry, other, name)]
    s, o = claims.subjects[rows], claims.objects[rows]
    hits = [joined(arrays, claims, rows, s, c, o, accept=anything) for c in arrays.codes(below)]
    others = np.flatnonzero(s != o)
    for code in arrays.codes(mirrored):
        index, edges = joined(
            arrays, claims, rows[others], o[others], code, s[others], accept=anything
        )
        hits.append((others[index], edges))
    index, edges = (np.concatenate(column) for column in zip(*hits, strict=True))
    order = np.argsort(index, kind="stable")
    return rows[index[order]], edges[order]


MEMBERS = 64
"""Members of a class that are looked at."""
MEMBERSHIP = ("in_drug_class", "has_role")
CLASSES = ("DrugClass", "ChemicalRole")


def members(arrays: Arrays, registry: Registry, name: str, claims: Claims) -> Flags:
    """Whether a claim's end is a class of which some member has what is claimed of it."""
    found = np.zeros(len(claims), bool)
    if name in MEMBERSHIP:
        return found
    below = registry.descendants(name)
    codes = arrays.codes(below)
    mirrored = arrays.codes([other for other in below if flips(registry, other, name)])
    held = sum(other in arrays.positive or other in arrays.negative for other in below)
    most = min(MEMBERS, CANDIDATES // (2 * held or 1))
    for is_subject in (True, False):
        here, there = claims.subjects, claims.objects
        if not is_subject:
            here, there = there, here
        rows = np.flatnonzero(arrays.is_one_of(here, CLASSES) & ~found)
        if not len(rows):
            continue
        index, nodes = _members(arrays, here[rows], most)
        mine = rows[index]
        index, nodes, mine = (column[nodes != there[mine]] for column in (index, nodes, mine))
        ends = (nodes, there[mine]) if is_subject else (there[mine], nodes)
        for some, (s, o) in ((codes, ends), (mirrored, ends[::-1])):
            for code in some:
                first, past = arrays.spans(s, code, o)
                found[mine[first < past]] = True
    return found


def _members(arrays: Arrays, classes: Ints, most: int) -> tuple[Longs, Ints]:
    """(index, member) of each class's first ``most`` members, in the order of (predicate, id)."""
    left = np.full(len(classes), most)
    hits = []
    for code in sorted(arrays.codes(MEMBERSHIP)):
        first, past = arrays.runs("in", classes, code)
        past = np.minimum(past, first + left)
        left = left - (past - first)
        index, places = laid_out(first, past)
        hits.append((index, arrays.array("in_nbr")[places]))
    if not hits:
        return np.empty(0, np.int64), np.empty(0, np.int32)
    index, nodes = (np.concatenate(column) for column in zip(*hits, strict=True))
    return index, nodes


def covered(
    arrays: Arrays, registry: Registry, name: str, subjects: Ints, objects: Ints
) -> tuple[Flags, Flags, Flags]:
    """Whether one and the same source has the subject as a subject and the object as an object of
    the predicate or one below it (either end, where it is symmetric); and whether any source has
    the one, and the other, which isn't asked where none has the one. Shapes (n,)."""
    below = registry.descendants(name)
    codes = [*arrays.codes(below), *(arrays.negative[n] for n in below if n in arrays.negative)]
    predicate = registry.get(name)
    if predicate is not None and not predicate.parent:  # the root: statements of any predicate
        codes = [*arrays.positive.values(), *arrays.negative.values()]
    is_symmetric = predicate is not None and predicate.symmetric
    of_subject = arrays.sources("out", subjects, codes)
    if is_symmetric:
        of_subject = of_subject | arrays.sources("in", subjects, codes)
    asked = np.flatnonzero((of_subject != 0).any(axis=1))
    of_object = np.zeros_like(of_subject)
    of_object[asked] = arrays.sources("in", objects[asked], codes)
    if is_symmetric:
        of_object[asked] |= arrays.sources("out", objects[asked], codes)
    return (
        ((of_subject & of_object) != 0).any(axis=1),
        (of_subject != 0).any(axis=1),
        (of_object != 0).any(axis=1),
    )

"""What speaks for and against many claims of one predicate, found in arrays.

Each rule of :mod:`kgmed.reasoning.claims` in the form it has for columns of numbers. A rule looks
only at claims that none before it has decided, in the order of :data:`RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kgmed.kg.predicates import Chain, Inheritance, Predicate, Registry
from kgmed.reasoning.claims.batch.arrays import Arrays, Flags, Ints, Longs, Way, laid_out, parts
from kgmed.reasoning.claims.batch.climb import MOST_STEPS, climb, step

RULES = (
    "",
    "statement",
    "inverse",
    "symmetric",
    "sub_predicate",
    "transitive",
    "property_chain",
    "inherited",
    "some_narrower",
    "explicit_negative",
    "asymmetric",
    "excludes",
    "ill_typed",
)
"""Names of rules by number; 0 is none. The last four refute, the others support."""
RULE = {name: number for number, name in enumerate(RULES)}
HIERARCHY = "subclass_of"
SOME_STEPS = 2
"""Steps up from a narrower thing of which a statement still says ``some``."""

Qualifiers = Mapping[str, str]
Accept = Callable[[Qualifiers, Qualifiers], bool]
"""Whether a statement's qualifiers, the second, do for a claim's, the first."""


@dataclass(slots=True)
class Claims:
    """Columns of claims of one predicate: concept numbers, and which qualifiers each states.

    ``qualified`` numbers the entries of ``qualifiers``, 0 for none; all of shape (n,).
    """

    subjects: Ints
    objects: Ints
    qualified: Ints
    qualifiers: Sequence[Qualifiers] = ({},)

    def __len__(self) -> int:
        return len(self.subjects)


@dataclass(slots=True)
class Evidence:
    """Per claim the rule that holds, 0 for none; and the statements it was applied to.

    ``rows``, ``orders``, ``edges`` list the statements: claim, place in its proof, edge number.
    """

    rule: npt.NDArray[np.int8]
    rows: list[Longs] = field(default_factory=list)
    orders: list[Longs] = field(default_factory=list)
    edges: list[Longs] = field(default_factory=list)

    @classmethod
    def none(cls, count: int) -> Evidence:
        return cls(np.zeros(count, np.int8))

    def open(self) -> Longs:
        """The claims that no rule has decided."""
        return np.flatnonzero(self.rule == 0)

    def add(self, rule: str, rows: Longs, orders: Longs | int, edges: Longs) -> None:
        """Statements of claims for which ``rule`` holds."""
        if len(rows):
            self.rule[rows] = RULE[rule]
            self.rows.append(rows)
            self.orders.append(np.broadcast_to(np.asarray(orders, np.int64), rows.shape))
            self.edges.append(edges)


def same(claimed: str, stated: str) -> bool:
    """Whether two values of a qualifier are written alike; letter case doesn't count.

    >>> same("critical", "Critical ")
    True
    """
    return claimed.strip().casefold() == stated.strip().casefold()


def states(claimed: Qualifiers, stated: Qualifiers) -> bool:
    """A statement bears out a claim whose qualifiers it states; it may state more.

    >>> states({}, {"severity": "Critical"}), states({"severity": "Minor"}, {})
    (True, False)
    """
    return all(key in stated and same(value, stated[key]) for key, value in claimed.items())


NEUTRAL = ("role_group",)
"""Qualifiers that restrict nothing."""


def equals(claimed: Qualifiers, stated: Qualifiers) -> bool:
    """A contrary statement counts where it speaks of the same: what only holds at a high dose
    says nothing of a claim without one.

    >>> equals({}, {"dose": "high"}), equals({"aspect": "activity"}, {"aspect": "Activity"})
    (False, True)
    """
    left = {key: value for key, value in claimed.items() if key not in NEUTRAL}
    right = {key: value for key, value in stated.items() if key not in NEUTRAL}
    return left.keys() == right.keys() and states(left, right)


def joined(
    arrays: Arrays,
    claims: Claims,
    rows: Longs,
    subjects: Ints,
    code: int,
    objects: Ints,
    *,
    accept: Accept = states,
) -> tuple[Longs, Longs]:
    """(index into ``rows``, edge number) of the statements that join two columns of concepts.

    Qualifiers are read where a claim has some, or where ``accept`` asks for equal ones.
    """
    first, past = arrays.spans(subjects, code, objects)
    index, edges = laid_out(first, past)
    asked = claims.qualified[rows[index]]
    unsure = np.flatnonzero(asked) if accept is states else np.arange(len(index))
    if len(unsure):
        kept = np.ones(len(index), bool)
        for i in unsure.tolist():
            claimed = claims.qualifiers[asked[i]]
            kept[i] = accept(claimed, arrays.qualifiers(int(edges[i])))
        index, edges = index[kept], edges[kept]
    return index, edges


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
        _transitive(arrays, claims, found, codes)
    for name_of, chain in entailing_chains(registry, name):
        _chain(arrays, registry, claims, found, chain, reverse=False)
        if registry[name_of].symmetric:
            _chain(arrays, registry, claims, found, chain, reverse=True)
    for end, inheritance in (
        ("object", predicate.inherit_object),
        ("subject", predicate.inherit_subject),
    ):
        if inheritance.direction == "up":
            _up(arrays, claims, found, codes, inheritance, end=end)
        elif inheritance.direction == "down":
            _down(arrays, claims, found, codes, inheritance, end=end)
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
    hits = []
    for code in codes:
        ends = (claims.subjects[rows], claims.objects[rows])
        s, o = ends[::-1] if reverse else ends
        index, edges = joined(arrays, claims, rows, s, code, o, accept=accept)
        hits.append((rows[index], edges))
    for these, edges in hits:
        found.add(rule, these, 0, edges)


def flips(registry: Registry, stated: str, claimed: str) -> bool:
    """Whether a statement of ``stated`` read backwards still says ``claimed``: some predicate on
    the way up is symmetric.

    >>> from kgmed.kg.predicates import registry
    >>> flips(registry(), "has_complication", "associated_with")
    True
    >>> flips(registry(), "inhibits", "has_target")
    False
    """
    way = registry.ancestors(stated)
    upto = way[: way.index(claimed) + 1]
    return any(name in registry and registry[name].symmetric for name in upto)


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


def _transitive(arrays: Arrays, claims: Claims, found: Evidence, codes: Sequence[int]) -> None:
    """Statements end to end; qualifiers that a claim states would have to stand on each."""
    rows = found.open()
    rows = rows[(claims.qualified[rows] == 0) & (claims.subjects[rows] != claims.objects[rows])]
    targets = claims.objects[rows]
    walked = climb(
        arrays, claims.subjects[rows], codes, "out", lambda whose, nodes: nodes == targets[whose]
    )
    found.add("transitive", rows[walked.owners], walked.orders, walked.edges)


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
    most = MOST_STEPS if registry[name].transitive and last[0] != "^" else 1
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
    index, reached, edges = (np.concatenate(pair) for pair in zip(there, back, strict=True))
    order = np.argsort(index, kind="stable")
    return index[order], reached[order], edges[order]


def _hierarchy(arrays: Arrays) -> list[int]:
    return arrays.codes([HIERARCHY])


def is_top(arrays: Arrays, nodes: Ints) -> Flags:
    """Whether a concept has nothing above it in the hierarchy."""
    top = np.ones(len(nodes), bool)
    for code in _hierarchy(arrays):
        first, past = arrays.runs("out", nodes, code)
        top &= first == past
    return top


def _ends(claims: Claims, rows: Longs, end: str) -> tuple[Ints, Ints, Way]:
    """The end that stays, the end that the hierarchy moves, and the way from stay to move."""
    if end == "object":
        return claims.subjects[rows], claims.objects[rows], "out"
    return claims.objects[rows], claims.subjects[rows], "in"


def _at(
    arrays: Arrays, claims: Claims, rows: Longs, fixed: Ints, nodes: Ints, codes: Sequence[int],
    end: str,
) -> tuple[Longs, Longs]:
    """(index, edge) of statements between the end that stays and nodes of the hierarchy."""
    s, o = (fixed, nodes) if end == "object" else (nodes, fixed)
    hits = [joined(arrays, claims, rows, s, code, o) for code in codes]
    if not hits:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    index, edges = (np.concatenate(column) for column in zip(*hits, strict=True))
    order = np.argsort(index, kind="stable")
    return index[order], edges[order]


def _walk(
    arrays: Arrays, claims: Claims, found: Evidence, rows: Longs, codes: Sequence[int], rule: str,
    way: Way, *, end: str, most: int,
) -> None:
    """Walk from the moving end along the hierarchy until a statement is met; it comes first."""
    fixed, moving, _way = _ends(claims, rows, end)

    def stated(whose: Longs, nodes: Ints) -> Flags:
        hit = np.zeros(len(nodes), bool)
        hit[_at(arrays, claims, rows[whose], fixed[whose], nodes, codes, end)[0]] = True
        return hit

    walked = climb(arrays, moving, _hierarchy(arrays), way, stated, most=most)
    met = np.flatnonzero(walked.steps)
    index, edges = _at(arrays, claims, rows[met], fixed[met], walked.ends[met], codes, end)
    whose, first = np.unique(index, return_index=True)
    found.add(rule, rows[met[whose]], 0, edges[first])
    orders = walked.orders
    if way == "in":  # the hierarchy's statements lead from the statement's end to the claim's
        orders = walked.steps[walked.owners] - 1 - orders
    found.add(rule, rows[walked.owners], orders + 1, walked.edges)


def _down(
    arrays: Arrays, claims: Claims, found: Evidence, codes: Sequence[int],
    inheritance: Inheritance, *, end: str,
) -> None:
    """Said of something broader: it holds of everything narrower."""
    if inheritance.strength == "entailed":
        _walk(arrays, claims, found, found.open(), codes, "inherited", "out", end=end,
              most=MOST_STEPS)  # fmt: skip


def _up(
    arrays: Arrays, claims: Claims, found: Evidence, codes: Sequence[int],
    inheritance: Inheritance, *, end: str,
) -> None:
    """Said of something narrower: it holds of the broader, or of some of it.

    The search starts at the end with fewer statements to look at, so that a hub costs no more than
    its neighbour.
    """
    rule, most = "inherited", MOST_STEPS
    rows = found.open()
    if inheritance.strength == "some":
        rule, most = "some_narrower", SOME_STEPS
        rows = rows[~is_top(arrays, _ends(claims, rows, end)[1])]
    fixed, moving, way = _ends(claims, rows, end)
    stated, below = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for code in codes:
        first, past = arrays.runs(way, fixed, code)
        stated += past - first
    for code in _hierarchy(arrays):
        first, past = arrays.runs("in", moving, code)
        below += past - first
    possible = (stated > 0) & (below > 0)
    from_below = possible & (below * 4 < stated)
    _walk(arrays, claims, found, rows[from_below], codes, rule, "in", end=end, most=most)
    others = np.flatnonzero(possible & ~from_below)
    for part in parts(stated[others], at_once=200_000):
        _from_statements(arrays, claims, found, rows[others[part]], codes, rule, end, most)


def _from_statements(
    arrays: Arrays, claims: Claims, found: Evidence, rows: Longs, codes: Sequence[int], rule: str,
    end: str, most: int,
) -> None:
    """Walk up from everything that is stated of the end that stays; the nearest wins."""
    fixed, moving, way = _ends(claims, rows, end)
    index, nodes, edges = step(arrays, fixed, codes, way)
    asked = claims.qualified[rows[index]]
    if asked.any():
        kept = np.ones(len(index), bool)
        for i in np.flatnonzero(asked).tolist():
            kept[i] = states(claims.qualifiers[asked[i]], arrays.qualifiers(int(edges[i])))
        index, nodes, edges = index[kept], nodes[kept], edges[kept]
    walked = climb(
        arrays, nodes, _hierarchy(arrays), "out",
        lambda whose, reached: reached == moving[index[whose]], most=most,
    )  # fmt: skip
    met = np.flatnonzero(walked.steps)
    order = met[np.lexsort((met, walked.steps[met], index[met]))]
    whose, first = np.unique(index[order], return_index=True)
    chosen = order[first]
    found.add(rule, rows[whose], 0, edges[chosen])
    on = np.isin(walked.owners, chosen)
    found.add(rule, rows[index[walked.owners[on]]], walked.orders[on] + 1, walked.edges[on])


def refute(
    arrays: Arrays, registry: Registry, name: str, claims: Claims, asked: Flags
) -> Evidence:
    """What contradicts claims of a predicate, of those that are ``asked`` about."""
    found = Evidence.none(len(claims))
    found.rule[~asked] = -1  # decided elsewhere
    predicate = registry.get(name)
    negative = [arrays.negative[name]] if name in arrays.negative else []
    _direct(
        arrays, claims, found, "explicit_negative", negative, reverse=False, accept=equals
    )
    if predicate is not None:
        if predicate.symmetric:
            _direct(
                arrays, claims, found, "explicit_negative", negative, reverse=True, accept=equals
            )
        if predicate.asymmetric:
            codes = arrays.codes(registry.descendants(name))
            _direct(arrays, claims, found, "asymmetric", codes, reverse=True)
        partners = arrays.codes(predicate.excludes)
        _direct(arrays, claims, found, "excludes", partners, reverse=False, accept=equals)
        rows = found.open()
        ill = arrays.excluded(claims.subjects[rows], predicate, end="subject")
        if not predicate.takes_value:
            ill |= arrays.excluded(claims.objects[rows], predicate, end="object")
        found.rule[rows[ill]] = RULE["ill_typed"]
    found.rule[~asked] = 0
    return found


def covered(
    arrays: Arrays, registry: Registry, name: str, subjects: Ints, objects: Ints
) -> tuple[Flags, Flags, Flags]:
    """Whether one and the same source has the subject as a subject and the object as an object of
    the predicate or one below it (either end, where it is symmetric); and whether any source has
    the one, and the other. Shapes (n,)."""
    below = registry.descendants(name)
    codes = [*arrays.codes(below), *(arrays.negative[n] for n in below if n in arrays.negative)]
    predicate = registry.get(name)
    of_subject = arrays.sources("out", subjects, codes)
    of_object = arrays.sources("in", objects, codes)
    if predicate is not None and predicate.symmetric:
        of_subject = of_subject | arrays.sources("in", subjects, codes)
        of_object = of_object | arrays.sources("out", objects, codes)
    return (
        ((of_subject & of_object) != 0).any(axis=1),
        (of_subject != 0).any(axis=1),
        (of_object != 0).any(axis=1),
    )

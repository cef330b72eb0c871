"""Identity: which ids mean the same, decided by mappings; pure functions over numbered ids.

Exact mappings join ids into classes. Some authorities allow one id in a class at most (two MONDO
ids never mean the same), negative mappings keep two ids apart, and nothing is of two kinds that
exclude each other (a gene and a disease). A component of mappings that breaks one of these is
split: mappings are added in the order of their confidence, and one that would break a rule is
refused. Where mappings of equal confidence can't all stand, none of those on the way between the
ids in conflict is taken: a tie is refused and listed, never broken by order.

Only components in conflict are walked one by one; all others are joined by a vectorised minimum
label search, so that millions of mappings take seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import numpy.typing as npt

from kgmed.kg.categories import DISJOINT

Ints = npt.NDArray[np.int64]

STRICT_AUTHORITIES = ("umls", "mondo", "doid", "drugbank")
"""Prefixes of which a class holds one id at most. SNOMED CT and RxNorm are not among them: UMLS
puts several of their active ids under one CUI for about one SNOMED concept in seven."""

CLASSIFICATIONS = ("icd10", "icd10cm", "icd9cm", "icd11", "icdo", "meddra", "atc")
"""Prefixes whose codes classify: an exact mapping counts as one only where it is one-to-one and
the labels agree."""

LEADERS = (
    "umls",
    "mondo",
    "doid",
    "hp",
    "drugbank",
    "rxnorm",
    "chebi",
    "snomedct",
    "mesh",
    "cmekg",
)
"""Order in which a class takes its id; other prefixes follow by name. Configurable."""

OF_PREFIX = {
    "mondo": "Disease",
    "doid": "Disease",
    "orphanet": "Disease",
    "hp": "PhenotypicFeature",
    "symp": "PhenotypicFeature",
    "drugbank": "Drug",
    "drugbank.salt": "Drug",
    "rxnorm": "Drug",
    "kgmed.product": "Drug",
    "chebi": "ChemicalEntity",
    "hgnc": "Gene",
    "ncbigene": "Gene",
    "ncbitaxon": "OrganismTaxon",
    "uberon": "AnatomicalEntity",
    "cl": "Cell",
}
"""Prefix -> what all its ids are, whoever speaks of them."""

NEVER_ONE = (
    *DISJOINT,
    ("SituationWithExplicitContext", "DiseaseOrPhenotypicFeature"),
    ("SituationWithExplicitContext", "Procedure"),
)
"""Pairs of categories of which nothing is both. A history of a disease is about the disease."""

OVERRIDE = 2.0
"""The confidence of a user's own mapping."""

EDITORIAL = 1.0
"""The least confidence of an editor's assignment, which no guess reaches."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Numbered ids and the mappings between them.

    ``left``, ``right``: ends of each exact mapping; ``confidence`` 0-1, from :data:`EDITORIAL` on
    for an editor's assignment, which kinds don't speak against, and :data:`OVERRIDE` for a user's
    override, which wins over every rule. ``authority``: per id, a number > 0 of its strict
    authority or 0. ``apart``: rows of two ids that must not share a class. ``kind``: per id, a
    number 1-62 of what it is or 0, None where no kinds exclude each other; ``excluding``: pairs of
    kinds of which nothing is both.
    """

    size: int
    left: Ints
    right: Ints
    confidence: npt.NDArray[np.float64]
    authority: Ints
    apart: Ints = field(default_factory=lambda: np.empty((0, 2), np.int64))
    kind: Ints | None = None
    excluding: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Resolution:
    """``label``: per id, the smallest number of its class. ``refused``: mapping -> (why, ids in
    conflict); why is ``authority``, ``apart``, ``kind`` or ``tie``."""

    label: Ints
    refused: dict[int, tuple[str, tuple[int, int]]]


def components(size: int, left: Ints, right: Ints) -> Ints:
    """Label every id with the smallest id it is joined to.

    >>> components(5, np.array([3, 1]), np.array([1, 4])).tolist()
    [0, 1, 2, 1, 1]
    """
    label = np.arange(size, dtype=np.int64)
    while len(left):
        low = np.minimum(label[left], label[right])
        before = label.copy()
        np.minimum.at(label, left, low)
        np.minimum.at(label, right, low)
        np.minimum.at(label, before[left], low)
        np.minimum.at(label, before[right], low)
        while not np.array_equal(label, shorter := label[label]):
            label = shorter
        if np.array_equal(label, before):
            break
    return label


def resolve(problem: Problem) -> Resolution:
    """Join ids by their mappings under the rules above.

    Two mappings of equal confidence to two ids of one authority: neither is taken.

    >>> tie = Problem(3, np.array([0, 0]), np.array([1, 2]), np.array([.9, .9]),
    ...               np.array([0, 1, 1]))
    >>> resolve(tie).label.tolist(), sorted(resolve(tie).refused)
    ([0, 1, 2], [0, 1])

    The better one is, where there is one.

    >>> clear = Problem(3, np.array([0, 0]), np.array([1, 2]), np.array([.9, .8]),
    ...                 np.array([0, 1, 1]))
    >>> resolve(clear).label.tolist(), resolve(clear).refused
    ([0, 0, 2], {1: ('authority', (1, 2))})
    """
    label = components(problem.size, problem.left, problem.right)
    bad = _components_in_conflict(problem, label)
    if not len(bad):
        return Resolution(label, {})
    in_bad = np.isin(label[problem.left], bad)
    members = np.flatnonzero(np.isin(label, bad))
    label = label.copy()
    label[members] = members
    refused: dict[int, tuple[str, tuple[int, int]]] = {}
    apart = _apart_by_id(problem, members)
    for edges in _by_component(problem, np.flatnonzero(in_bad)):
        _split(problem, edges, apart, label, refused)
    return Resolution(label, refused)


def _components_in_conflict(problem: Problem, label: Ints) -> Ints:
    strict = np.flatnonzero(problem.authority)
    keys, counts = np.unique(
        problem.authority[strict] * problem.size + label[strict], return_counts=True
    )
    found = keys[counts > 1] % problem.size
    one, other = label[problem.apart[:, 0]], label[problem.apart[:, 1]]
    return np.unique(
        np.concatenate([found, one[one == other], _of_excluding_kinds(problem, label)])
    )


def _of_excluding_kinds(problem: Problem, label: Ints) -> Ints:
    """Labels of the components that hold two kinds of which nothing is both."""
    if problem.kind is None or not problem.excluding:
        return np.empty(0, np.int64)
    # A bit per kind; few of the possible sets of kinds occur.
    members = np.flatnonzero(problem.kind)
    held = np.zeros(problem.size, np.int64)
    np.bitwise_or.at(held, label[members], np.int64(1) << problem.kind[members])
    bad = [
        bits
        for bits in np.unique(held).tolist()
        if any(bits >> a & 1 and bits >> b & 1 for a, b in problem.excluding)
    ]
    return np.flatnonzero(np.isin(held, np.array(bad, np.int64)))


def _apart_by_id(problem: Problem, members: Ints) -> dict[int, set[int]]:
    """Id -> the ids that it must not share a class with, among ``members``."""
    found: dict[int, set[int]] = {}
    for a, b in problem.apart[np.isin(problem.apart, members).all(axis=1)].tolist():
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return found


def _by_component(problem: Problem, edges: Ints) -> Iterable[list[int]]:
    label = components(problem.size, problem.left[edges], problem.right[edges])
    owner = label[problem.left[edges]]
    order = np.lexsort((edges, owner))
    pairs = zip(owner[order].tolist(), edges[order].tolist(), strict=True)
    for _owner, group in groupby(pairs, key=lambda pair: pair[0]):
        yield [edge for _, edge in group]


class _Classes:
    """Disjoint sets over the ids of one component, with what each set may not meet."""

    def __init__(
        self, problem: Problem, members: Sequence[int], apart: dict[int, set[int]]
    ) -> None:
        self.parent = {member: member for member in members}
        self.strict: dict[int, dict[int, int]] = {
            member: {int(problem.authority[member]): member} if problem.authority[member] else {}
            for member in members
        }
        self.apart = {member: apart[member] for member in members if member in apart}
        self.content: dict[int, set[int]] = {member: {member} for member in members}
        self.excluding = problem.excluding
        kinds = problem.kind
        self.kinds: dict[int, dict[int, int]] = {
            member: {int(kinds[member]): member} if kinds is not None and kinds[member] else {}
            for member in members
        }

    def find(self, member: int) -> int:
        while self.parent[member] != member:
            self.parent[member] = self.parent[self.parent[member]]
            member = self.parent[member]
        return member

    def conflict(
        self, a: int, b: int, *, editorial: bool = False
    ) -> tuple[str, tuple[int, int]] | None:
        """Why the sets of two roots can't be one, and the two ids that say so."""
        for authority, member in sorted(self.strict[a].items()):
            other = self.strict[b].get(authority)
            if other is not None and other != member:
                return "authority", (min(member, other), max(member, other))
        for member in sorted(self.content[a] & self.apart.keys()):
            for other in sorted(self.apart[member]):
                if other in self.content[b]:
                    return "apart", (min(member, other), max(member, other))
        if not editorial:
            for kind, member in sorted(self.kinds[a].items()):
                for its, other in sorted(self.kinds[b].items()):
                    if (kind, its) in self.excluding:
                        return "kind", (min(member, other), max(member, other))
        return None

    def join(self, a: int, b: int) -> None:
        root, child = min(a, b), max(a, b)
        self.parent[child] = root
        self.strict[root] = {**self.strict[child], **self.strict[root]}
        self.kinds[root] = {**self.kinds[child], **self.kinds[root]}
        self.content[root] |= self.content.pop(child)


def _split(
    problem: Problem,
    edges: list[int],
    apart: dict[int, set[int]],
    label: Ints,
    refused: dict[int, tuple[str, tuple[int, int]]],
) -> None:
    """Join one component's ids in the order of confidence; fills ``label`` and ``refused``."""
    left, right = problem.left, problem.right
    members = sorted({int(end) for edge in edges for end in (left[edge], right[edge])})
    classes = _Classes(problem, members, apart)
    ordered = sorted(edges, key=lambda edge: (-problem.confidence[edge], edge))
    for confidence, group in groupby(ordered, key=lambda edge: float(problem.confidence[edge])):
        level = list(group)
        if confidence >= OVERRIDE:
            for edge in level:
                a, b = classes.find(int(left[edge])), classes.find(int(right[edge]))
                if a != b:
                    classes.join(a, b)
            continue
        _add_level(problem, level, classes, refused)
    for member in members:
        label[member] = min(classes.content[classes.find(member)])


def _add_level(
    problem: Problem,
    level: list[int],
    classes: _Classes,
    refused: dict[int, tuple[str, tuple[int, int]]],
) -> None:
    """Add the mappings of one confidence, or refuse those that a conflict runs through."""
    ends = {
        edge: (classes.find(int(problem.left[edge])), classes.find(int(problem.right[edge])))
        for edge in level
    }
    editorial = float(problem.confidence[level[0]]) >= EDITORIAL
    open_edges = []
    for edge, (a, b) in ends.items():
        if a == b:
            continue
        found = classes.conflict(a, b, editorial=editorial)
        if found:
            refused[edge] = found
        else:
            open_edges.append(edge)
    # The clusters that the rest would make of today's classes; one in conflict loses the edges
    # that lie between the classes in conflict, and keeps those that dangle.
    for cluster in _clusters(open_edges, ends):
        nodes = sorted({node for edge in cluster for node in ends[edge]})
        pairs = _conflicts(nodes, classes, editorial=editorial)
        kept = cluster
        if pairs:
            terminals = {node for pair in pairs for node in pair}
            core = _between(cluster, ends, terminals)
            kept = [edge for edge in cluster if edge not in core]
            first = min(pairs.values())
            for edge in core:
                refused[edge] = ("tie", first[1])
        for edge in kept:
            a, b = classes.find(ends[edge][0]), classes.find(ends[edge][1])
            if a != b:
                classes.join(a, b)


def _clusters(edges: list[int], ends: dict[int, tuple[int, int]]) -> list[list[int]]:
    parent: dict[int, int] = {}

    def find(node: int) -> int:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for edge in edges:
        a, b = find(ends[edge][0]), find(ends[edge][1])
        parent[max(a, b)] = min(a, b)
    found: dict[int, list[int]] = {}
    for edge in edges:
        found.setdefault(find(ends[edge][0]), []).append(edge)
    return list(found.values())


def _conflicts(
    nodes: list[int], classes: _Classes, *, editorial: bool
) -> dict[tuple[int, int], tuple[str, tuple[int, int]]]:
    holders: dict[int, list[int]] = {}
    for node in nodes:
        for authority in classes.strict[node]:
            holders.setdefault(authority, []).append(node)
    pairs = {
        (a, b) for group in holders.values() for i, a in enumerate(group) for b in group[i + 1 :]
    }
    where = {member: node for node in nodes for member in classes.content[node]}
    for member in where.keys() & classes.apart.keys():
        for other in classes.apart[member] & where.keys():
            if where[member] != where[other]:
                pairs.add((min(where[member], where[other]), max(where[member], where[other])))
    if not editorial:
        of_kind: dict[int, list[int]] = {}
        for node in nodes:
            for kind in classes.kinds[node]:
                of_kind.setdefault(kind, []).append(node)
        pairs |= {
            (min(a, b), max(a, b))
            for kind, its in classes.excluding
            if kind < its
            for a in of_kind.get(kind, ())
            for b in of_kind.get(its, ())
            if a != b
        }
    found = {}
    for a, b in sorted(pairs):
        reason = classes.conflict(a, b, editorial=editorial)
        if reason:
            found[a, b] = reason
    return found


def _between(cluster: list[int], ends: dict[int, tuple[int, int]], terminals: set[int]) -> set[int]:
    """The edges left when leaves that aren't terminals are cut off again and again."""
    remaining = set(cluster)
    degree: dict[int, int] = {}
    at: dict[int, set[int]] = {}
    for edge in cluster:
        for node in ends[edge]:
            degree[node] = degree.get(node, 0) + 1
            at.setdefault(node, set()).add(edge)
    leaves = [node for node, count in degree.items() if count == 1 and node not in terminals]
    while leaves:
        node = leaves.pop()
        for edge in at[node] & remaining:
            remaining.discard(edge)
            for other in ends[edge]:
                degree[other] -= 1
                if other != node and degree[other] == 1 and other not in terminals:
                    leaves.append(other)
    return remaining

"""Statements that a graph lacks and a trained model finds probable.

The model ranks, the verifier decides what is none: what the graph supports or refutes is left out,
whatever source, wording or rule it comes by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from kgmed.kg.errors import UsageError
from kgmed.kg.model import statement_id
from kgmed.kg.paths.find import find_paths
from kgmed.kg.predicates import Registry
from kgmed.kg.suggestion import SOURCE, LookedAt, Suggestion, Suggestions
from kgmed.kg.version import VERSION
from kgmed.reasoning.claims.model import Checked, Claim
from kgmed.reasoning.claims.verify import Verifier
from kgmed.reasoning.plausibility.scorer import Scorer
from kgmed.reasoning.plausibility.triples.data import Triples, read_triples
from kgmed.reasoning.plausibility.triples.negatives import ENDS, End

if TYPE_CHECKING:
    from kgmed.kg.store.embedded import EmbeddedStore

CONCEPTS = 2_000
"""Concepts that are looked at where none are named: those with the most statements of the
predicate. A model ranks all others against each, about 5 ms a concept in the open graph."""
SPARE = 4
"""Times the suggestions asked for that are ranked, as verdicts leave some out."""
CHECKED = 200
"""Statements that are verified at a time."""
HOPS, PATHS = 3, 2
"""The longest path that is a reason, and how many are told."""

Triple = tuple[str, str, str]


def suggest(
    store: EmbeddedStore,
    scorer: Scorer,
    registry: Registry,
    *,
    predicate: str,
    concepts: Sequence[str] = (),
    end: End = "object",
    limit: int = 100,
    min_probability: float = 0.5,
    reviewed: Mapping[Triple, str] | None = None,
) -> Suggestions:
    """The most probable statements of ``predicate`` that the graph lacks, ``limit`` at most.

    ``concepts`` are ids of concepts at the other end than ``end``; where none are named, the
    :data:`CONCEPTS` with the most statements of the predicate there are looked at. ``reviewed``
    are triples that a curator has decided about, and what: they aren't suggested again.

    Raises :class:`~kgmed.kg.errors.UsageError` for a predicate that the model hasn't seen,
    :class:`~kgmed.kg.errors.UnknownConcept` for such a concept.
    """
    _check(scorer, predicate, end, limit, min_probability)
    stated = _Stated(store, registry, predicate, end)
    asked = list(dict.fromkeys(concepts)) or stated.concepts[:CONCEPTS]
    symmetric = scorer.learned.predicates[predicate].symmetric
    left_out: Counter[str] = Counter()
    ranked = _ranked(
        scorer, stated, asked, predicate=predicate, end=end, limit=limit * SPARE,
        min_probability=min_probability,
    )  # fmt: skip
    best = nsmallest(limit * SPARE, _once(ranked, symmetric=symmetric))
    verifier = Verifier(store, registry)
    known = _both_ways(reviewed or {}, symmetric=symmetric)
    found: list[tuple[float, Checked]] = []
    rest = iter(best)
    while len(found) < limit and (some := list(islice(rest, CHECKED))):
        some = _undecided(some, predicate, known, left_out)
        found += _unstated(verifier, some, predicate, left_out)
    names = {c.id: c.name for c in store.concepts(_ends(found[:limit])) if c is not None}
    return Suggestions(
        str(store.snapshot.manifest["snapshot"]), scorer.learned.name, scorer.learned.method,
        predicate, end,
        LookedAt(len(asked), len(stated.concepts), scorer.candidates(predicate, end)),
        tuple(_told(store, registry, one, p, names) for p, one in found[:limit]),
        dict(sorted(left_out.items())), VERSION,
    )  # fmt: skip


def _check(scorer: Scorer, predicate: str, end: End, limit: int, min_probability: float) -> None:
    if end not in ENDS:
        raise UsageError(f"Found end {end!r}, expected one of: {', '.join(ENDS)}.")
    if predicate not in scorer.learned.predicates:
        raise UsageError(
            f"Found predicate {predicate!r}, expected one that the model {scorer.learned.name!r} "
            f"has seen: {', '.join(scorer.learned.predicates)}."
        )
    if limit < 1:
        raise UsageError(f"Found limit={limit}, expected at least 1 suggestion.")
    if not 0 <= min_probability <= 1:
        raise UsageError(f"Found min_probability={min_probability}, expected 0 to 1.")


class _Stated:
    """What the graph states of a predicate and those below it, from the end that isn't asked for.

    ``concepts`` are those that stand there, the ones with the most statements first.
    """

    def __init__(self, store: EmbeddedStore, registry: Registry, predicate: str, end: End) -> None:
        there = set(store.info().predicates)
        names = [name for name in registry.descendants(predicate) if name in there]
        triples = read_triples(store.snapshot, predicates=names or [predicate], registry=registry)
        own, other = (triples.s, triples.o) if end == "object" else (triples.o, triples.s)
        turned = triples.symmetric[triples.p]
        self._own = np.concatenate([own, other[turned]])
        self._other = np.concatenate([other, own[turned]])
        order = np.lexsort((self._other, self._own))
        self._own, self._other = self._own[order], self._other[order]
        self._triples: Triples = triples
        counts = np.bincount(self._own, minlength=triples.concepts)
        ranked = np.lexsort((np.arange(len(counts)), -counts))
        self.concepts = [triples.ids[n] for n in ranked.tolist() if counts[n]]
        self._number = {id: n for n, id in enumerate(triples.ids)}

    def of(self, concept: str) -> frozenset[str]:
        """The concepts that the graph states at the end that is asked for, with this one."""
        number = self._number.get(concept)
        if number is None:
            return frozenset()
        low, high = np.searchsorted(self._own, [number, number + 1])
        return frozenset(self._triples.ids[n] for n in self._other[low:high].tolist())


def _ranked(
    scorer: Scorer, stated: _Stated, asked: Iterable[str], *, predicate: str, end: End, limit: int,
    min_probability: float,
) -> Iterator[tuple[float, str, str]]:  # fmt: skip
    """(minus the probability, subject, object) of what isn't stated, concept by concept."""
    for concept in asked:
        for one in scorer.rank(
            concept, predicate, end, limit=limit, leave_out=stated.of(concept)
        ):  # fmt: skip
            if one.probability < min_probability:
                break
            ends = (concept, one.id) if end == "object" else (one.id, concept)
            yield (-round(one.probability, 6), *ends)


def _once(
    ranked: Iterable[tuple[float, str, str]], *, symmetric: bool
) -> Iterator[tuple[float, str, str]]:
    """Of a symmetric predicate, each pair once, its ends in order."""
    seen: set[tuple[str, str]] = set()
    for told, subject, object in ranked:
        if symmetric:
            ends = (min(subject, object), max(subject, object))
            if ends in seen:
                continue
            seen.add(ends)
            yield (told, *ends)
        else:
            yield told, subject, object


def _both_ways(reviewed: Mapping[Triple, str], *, symmetric: bool) -> dict[Triple, str]:
    found = dict(reviewed)
    if symmetric:
        found.update({(o, p, s): review for (s, p, o), review in reviewed.items()})
    return found


def _undecided(
    some: Iterable[tuple[float, str, str]], predicate: str, known: Mapping[Triple, str],
    left_out: Counter[str],
) -> list[tuple[float, str, str]]:  # fmt: skip
    """Those that no curator has decided about."""
    found = []
    for told, subject, object in some:
        review = known.get((subject, predicate, object))
        if review:
            left_out[f"{review} by a curator"] += 1
        else:
            found.append((told, subject, object))
    return found


def _unstated(
    verifier: Verifier, some: Sequence[tuple[float, str, str]], predicate: str,
    left_out: Counter[str],
) -> Iterator[tuple[float, Checked]]:  # fmt: skip
    """Those that the graph neither supports nor refutes, nor supports the other way round."""
    checked = verifier.claims([Claim(subject, predicate, object) for _p, subject, object in some])
    turned = verifier.claims([Claim(object, predicate, subject) for _p, subject, object in some])
    for (told, _s, _o), one, other in zip(some, checked, turned, strict=True):
        if one.verdict in ("SUPPORTED", "REFUTED"):
            left_out[f"{one.verdict} by the graph"] += 1
        elif other.verdict == "SUPPORTED":
            left_out["SUPPORTED the other way round"] += 1
        else:
            yield -told, one


def _ends(found: Iterable[tuple[float, Checked]]) -> list[str]:
    triples = [one.claim.triple for _p, one in found]
    return list(dict.fromkeys(end for s, _predicate, o in triples for end in (s, o)))


def _told(
    store: EmbeddedStore, registry: Registry, checked: Checked, probability: float,
    names: Mapping[str, str],
) -> Suggestion:  # fmt: skip
    subject, predicate, object = checked.claim.triple
    paths = find_paths(store, subject, object, registry=registry, hops=HOPS, limit=PATHS).paths
    id = statement_id(
        primary_knowledge_source=SOURCE, subject=subject, predicate=predicate, object=object
    )
    coverage = checked.proof.words if checked.proof else checked.reason
    return Suggestion(
        id, subject, predicate, object, names.get(subject, subject), names.get(object, object),
        probability, checked.verdict, coverage,
        tuple(tuple(s.id for s in path.statements) for path in paths),
    )  # fmt: skip

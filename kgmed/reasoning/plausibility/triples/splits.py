"""Which triples are held out, and which of the rest give them away.

A triple is given away by another one between the same two concepts, in either direction: the same
predicate turned round, one that implies it or that it implies, or one of the same family
(:class:`~kgmed.reasoning.plausibility.triples.data.Triples`): who holds out *inhibits* must not
train on *antagonist_of* of the same drug and target. Such triples are taken out of what is trained
on, and counted. A statement that follows from others by a chain or by inheritance is not given away
in this sense: to find it is what a model is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from kgmed.kg.errors import UsageError
from kgmed.kg.predicates import Registry
from kgmed.kg.predicates import registry as shipped
from kgmed.reasoning.plausibility.triples.data import Ints, Longs, Mask, Triples, is_among

How = Literal["random", "entity", "unseen", "source", "release"]
Ends = Literal["subject", "object", "either"]
ENDS_OF: tuple[Ends, ...] = ("subject", "object", "either")
HOW: tuple[How, ...] = ("random", "entity", "unseen", "source", "release")
SHARE = 0.1
"""Of the triples (or, by ``entity`` and ``unseen``, of the concepts) that go to each of validation
and test."""


@dataclass(frozen=True, eq=False)
class Split:
    """Places of triples: ``train``, ``valid``, ``test`` and ``context`` are int64 arrays,
    ascending, disjoint.

    ``context`` is what else is said of concepts that are held out altogether: nothing is trained on
    it, and a method may look at it when it scores. ``leaks`` counts the triples that are in none of
    the four as they give a held-out one away, by reason. ``settings`` say how it was made.
    """

    train: Longs
    valid: Longs
    test: Longs
    leaks: Mapping[str, int]
    settings: Mapping[str, object] = field(default_factory=dict)
    context: Longs = field(default_factory=lambda: np.empty(0, np.int64))


def split(
    triples: Triples,
    how: How = "random",
    *,
    predicates: Sequence[str] | None = None,
    share: float = SHARE,
    end: Ends = "subject",
    source: str = "",
    since: str = "",
    seed: int = 0,
    registry: Registry | None = None,
) -> Split:
    """Hold out triples, of ``predicates`` alone where they are named.

    - ``random``: a ``share`` of the pairs of concepts each for validation and test; all that one
      pair says in one family of predicates goes the same way.
    - ``entity``: all triples at a ``share`` of the concepts that are ``end`` of one (either end, if
      symmetric) each; one between concepts of the two shares goes to test.
    - ``unseen``: as ``entity``, and nothing is trained on that those concepts have: their other
      triples are the context.
    - ``source``: what ``source`` alone states, its pairs halved between validation and test.
    - ``release``: what no release before ``since`` (compared as text, so dates as ISO) states, its
      pairs halved likewise.

    Raises :class:`~kgmed.kg.errors.UsageError` for what isn't there, and where one of the three
    parts is empty.
    """
    candidates = np.ones(len(triples), bool)
    if predicates is not None:
        candidates = triples.of_predicates(predicates)
    if not 0 < share < 0.5:
        raise UsageError(f"Found share={share}, expected more than 0 and less than 0.5.")
    if end not in ENDS_OF:
        raise UsageError(f"Found end {end!r}, expected one of: {', '.join(ENDS_OF)}.")
    rng = np.random.default_rng(seed)
    apart = np.zeros(len(triples), bool)
    if how == "random":
        held = _by_pair(triples, candidates, share, rng)
    elif how == "entity":
        held, _unseen = _by_concept(triples, candidates, share, end, rng)
    elif how == "unseen":
        held, unseen = _by_concept(triples, candidates, share, end, rng)
        apart = (unseen[triples.s] | unseen[triples.o]) & (held == 0)
    elif how == "source":
        held = _halved(triples, candidates & _only_of_source(triples, source), rng)
    elif how == "release":
        held = _halved(triples, candidates & _only_since(triples, since), rng)
    else:
        raise UsageError(f"Found split {how!r}, expected one of: {', '.join(HOW)}.")
    out = held > 0
    leaking, leaks = _leaks(triples, out, registry or shipped())
    found = Split(
        train=np.flatnonzero(~out & ~leaking & ~apart), valid=np.flatnonzero(held == 1),
        test=np.flatnonzero(held == 2), leaks=leaks,
        settings={
            "how": how, "predicates": None if predicates is None else list(predicates),
            "share": share, "end": end, "source": source, "since": since, "seed": seed,
        },
        context=np.flatnonzero(apart & ~leaking),
    )  # fmt: skip
    parts = {name: len(getattr(found, name)) for name in ("train", "valid", "test")}
    if not all(parts.values()):
        told = ", ".join(f"{count:,} in {name}" for name, count in parts.items())
        raise UsageError(
            f"Split {how!r} leaves {told} of {len(triples):,} triples, expected some in each. Name "
            "other predicates, another source or date, or a larger share."
        )
    return found


def to_stop_by(made: Split, share: float = 0.05, *, seed: int = 0) -> Split:
    """The training of a split with a ``share`` of its triples to stop by, drawn by chance: where
    what is held out is of concepts that nothing is trained on, it doesn't tell when to stop."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(made.train)
    size = max(round(len(order) * share), 1)
    return Split(np.sort(order[size:]), np.sort(order[:size]), made.test, made.leaks, made.settings)


def pair_keys(triples: Triples) -> Longs:
    """A number for each triple that those between the same two concepts and of the same family
    share, whatever their direction."""
    low, high = np.minimum(triples.s, triples.o), np.maximum(triples.s, triples.o)
    key = triples.families[triples.p].astype(np.int64) * triples.concepts + low
    return key * triples.concepts + high


def _by_pair(triples: Triples, candidates: Mask, share: float, rng: np.random.Generator) -> Ints:
    """By triple: 0 train, 1 validation, 2 test."""
    keys, place = np.unique(pair_keys(triples)[candidates], return_inverse=True)
    held = np.zeros(len(triples), np.int32)
    held[candidates] = _drawn(len(keys), share, rng)[place]
    return held


def _halved(triples: Triples, out: Mask, rng: np.random.Generator) -> Ints:
    keys, place = np.unique(pair_keys(triples)[out], return_inverse=True)
    held = np.zeros(len(triples), np.int32)
    held[out] = _drawn(len(keys), 0.5, rng)[place]
    return held


def _drawn(n: int, share: float, rng: np.random.Generator) -> Ints:
    """Of ``n`` a share of each 2 and 1, at least one where there are as many; 0 for the rest."""
    size = max(round(n * share), 1)
    order = rng.permutation(n)
    part = np.zeros(n, np.int32)
    part[order[:size]] = 2
    part[order[size : n if share == 0.5 else 2 * size]] = 1
    return part


def _by_concept(
    triples: Triples, candidates: Mask, share: float, end: str, rng: np.random.Generator
) -> tuple[Ints, Mask]:
    """By triple: 0 train, 1 validation, 2 test; by concept, whether it was drawn for these."""
    own, other = (triples.s, triples.o) if end == "subject" else (triples.o, triples.s)
    both = candidates & (triples.symmetric[triples.p] | (end == "either"))
    those = np.unique(np.concatenate([own[candidates], other[both]]))
    part = np.zeros(triples.concepts, np.int32)
    part[those] = _drawn(len(those), share, rng)
    held = np.where(candidates, part[own], 0)
    held = np.where(both, np.maximum(held, part[other]), held)
    return held.astype(np.int32), part > 0


def _only_of_source(triples: Triples, source: str) -> Mask:
    wanted = [n for n, (name, _release) in enumerate(triples.origins) if name == source]
    if not wanted:
        names = sorted({name for name, _release in triples.origins})
        raise UsageError(f"Found source {source!r}, expected one of: {', '.join(names)}.")
    return _every(triples, np.isin(triples.origin, wanted))


def _only_since(triples: Triples, since: str) -> Mask:
    releases = sorted({release for _name, release in triples.origins})
    if not since:
        raise UsageError(
            f"Found no date, expected that of the first release to hold out; the graph has: "
            f"{', '.join(releases)}."
        )
    wanted = [n for n, (_name, release) in enumerate(triples.origins) if release >= since]
    return _every(triples, np.isin(triples.origin, wanted))


def _every(triples: Triples, of_statement: Mask) -> Mask:
    """By triple, whether it is so of all its statements."""
    return np.logical_and.reduceat(of_statement, triples.first[:-1])


def _leaks(triples: Triples, out: Mask, known: Registry) -> tuple[Mask, dict[str, int]]:
    """Which of the triples that aren't held out give a held-out one away, and their counts."""
    keys = pair_keys(triples)
    held, where = np.unique(keys[out], return_index=True)
    leaking = ~out & is_among(keys, held)
    at = np.searchsorted(held, keys[leaking])
    theirs = triples.p[out][where][at]
    counts: dict[str, int] = {}
    for own, other in zip(triples.p[leaking].tolist(), theirs.tolist(), strict=True):
        reason = _reason(triples.predicates[own], triples.predicates[other], known)
        counts[reason] = counts.get(reason, 0) + 1
    return leaking, counts


def _reason(name: str, held: str, known: Registry) -> str:
    if name == held:
        return "the same predicate turned round"
    if held in known.ancestors(name):
        return "a predicate that implies it"
    if name in known.ancestors(held):
        return "a predicate that it implies"
    return "a predicate of the same family"

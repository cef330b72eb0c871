"""The stream of hard negatives: corruptions proposed, verified in batches, and given out."""

from __future__ import annotations

import random
from collections.abc import Container, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice

from kgmed.builders.datasets.negatives.around import Around, OfStore
from kgmed.builders.datasets.negatives.corrupt import (
    KINDS,
    POOLED,
    REPLACING,
    TRIES,
    Ground,
    Pools,
)
from kgmed.builders.datasets.negatives.hardest import TRIES as MANY
from kgmed.builders.datasets.negatives.hardest import Hardest
from kgmed.builders.datasets.negatives.model import Claimed, Counts, Negative, Verdicts
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Statement
from kgmed.kg.predicates import Registry
from kgmed.kg.predicates import registry as shipped
from kgmed.kg.store.base import GraphStore

BLOCK = 5_000
"""Statements that are corrupted and verified together."""
NOT_SUPPORTED = ("REFUTED", "UNSUPPORTED", "NOT_COVERED")


def negatives(
    store: GraphStore,
    verdicts: Verdicts,
    *,
    kinds: Sequence[str] = tuple(KINDS),
    seed: int = 0,
    share: float = 1.0,
    wanted: Sequence[str] = NOT_SUPPORTED,
    statements: Iterable[Statement] | None = None,
    registry: Registry | None = None,
    counts: Counts | None = None,
    around: Around | None = None,
    hardest: Hardest | None = None,
) -> Iterator[Negative]:
    """Hard negatives of a graph's statements, in their order: at most one per statement and kind.

    ``verdicts`` says of many claims what the graph makes of them; what it calls SUPPORTED is
    dropped, and so is what isn't in ``wanted``. ``share`` (0-1) of the statements are corrupted,
    chosen by a hash of ``seed`` and their id, so that the same statements are chosen wherever they
    stand. ``statements`` are those to corrupt, by default all of the graph. The same graph, seed
    and verdicts give the same negatives. Memory is bounded by a block of statements and by pools of
    replacements; a replacement comes from statements of this block or of one before. ``counts`` is
    filled with what was tried and what became of it. With ``hardest`` more are proposed where a
    concept is replaced, and those that its model finds plausible are tried first.

    Raises :class:`~kgmed.kg.errors.UsageError` for an unknown kind or verdict, and for a share that
    is none.
    """
    for found, known, what in ((kinds, KINDS, "kind"), (wanted, NOT_SUPPORTED, "verdict")):
        for name in found:
            if name not in known:
                raise UsageError(f"found the {what} {name!r}, expected {', '.join(known)}.")
    if not 0 < share <= 1:
        raise UsageError(f"found share={share}, expected more than 0 and at most 1.")
    return _stream(
        ground(around or OfStore(store), registry or shipped(), hardest),
        verdicts,
        kinds,
        iter(store.scan() if statements is None else statements),
        Counts() if counts is None else counts,
        seed=seed,
        share=share,
        wanted=frozenset(wanted),
        hardest=hardest,
    )


def ground(around: Around, registry: Registry, hardest: Hardest | None) -> Ground:
    """What corruptions are made over; more of them where a model chooses."""
    return Ground(around, registry, Pools(), tries=TRIES if hardest is None else MANY)


def _stream(
    ground: Ground,
    verdicts: Verdicts,
    kinds: Sequence[str],
    statements: Iterator[Statement],
    counts: Counts,
    *,
    seed: int,
    share: float,
    wanted: frozenset[str],
    hardest: Hardest | None,
) -> Iterator[Negative]:
    while block := list(islice(statements, BLOCK)):
        tried = proposed(ground, block, kinds, seed=seed, share=share)
        yield from given(tried, verdicts, counts, wanted=wanted, hardest=hardest)


def proposed(
    ground: Ground, block: Sequence[Statement], kinds: Sequence[str], *, seed: int, share: float = 1
) -> list[Tried]:
    """Corruptions of a block of statements, each kind of each."""
    usable = [s for s in block if s.object and not s.negated and s.retracted is None]
    ground.around.learn(sorted({end for s in usable for end in (s.subject, s.object)}))
    if not POOLED.isdisjoint(kinds):
        ground.pools.learn(ground.around, usable)
    chosen = [s for s in usable if share == 1 or _draw(seed, s.id) < share]
    return [Tried(ground, statement, kind, seed) for statement in chosen for kind in kinds]


class Tried:
    """Corruptions of a statement, of one kind, that are proposed one after another."""

    def __init__(self, ground: Ground, statement: Statement, kind: str, seed: int) -> None:
        self.statement, self.kind = statement, kind
        chance = random.Random(f"{seed}:{kind}:{statement.id}")  # noqa: S311  a choice, no secret
        self.claims: Iterator[Claimed] = _once(
            islice(KINDS[kind](ground, statement, chance), ground.tries)
        )
        self.told: dict[tuple[str, ...], float | None] = {}


def given(
    tried: Sequence[Tried], verdicts: Verdicts, counts: Counts, *, wanted: Container[str],
    hardest: Hardest | None = None,
) -> Iterator[Negative]:  # fmt: skip
    """Of each, in order, the first corruption whose verdict is wanted. Most first ones hold: they
    are verified together, and then all others of those that don't."""
    if hardest is not None:
        _order([one for one in tried if one.kind in REPLACING], hardest, counts)
    found: list[Negative | None] = [None] * len(tried)
    left = list(range(len(tried)))
    for most in (1, None):
        asked = [(place, list(islice(tried[place].claims, most))) for place in left]
        claims = [claim for _place, proposed in asked for claim in proposed]
        said = iter(verdicts(claims) if claims else ())
        for place, proposed in asked:
            kind = tried[place].kind
            if not proposed and most == 1:
                counts.tried[kind, "none"] += 1
            for claim, verdict in [(claim, next(said)) for claim in proposed]:
                counts.tried[kind, verdict] += 1
                if verdict in wanted:
                    one = tried[place]
                    found[place] = Negative(
                        kind, claim, one.statement.id, verdict, one.told.get(claim.key)
                    )
                    break
        left = [place for place, proposed in asked if proposed and found[place] is None]
    return filter(None, found)


def _order(tried: Sequence[Tried], hardest: Hardest, counts: Counts) -> None:
    """Have what is proposed tried in the order of a model, without what it finds likely true."""
    offered = [list(one.claims) for one in tried]
    order = hardest.order(
        [[(c.subject, c.predicate, c.object) for c in claims] for claims in offered]
    )
    for one, claims, places in zip(tried, offered, order, strict=True):
        one.told = {claims[place].key: probability for place, probability in places}
        one.claims = iter([claims[place] for place, _probability in places])
        if len(places) < len(claims):
            counts.tried[one.kind, "too plausible"] += len(claims) - len(places)


def _once(claims: Iterable[Claimed]) -> Iterator[Claimed]:
    seen: set[tuple[str, ...]] = set()
    for claim in claims:
        key = claim.key
        if key not in seen:
            seen.add(key)
            yield claim


def _draw(seed: int, id: str) -> float:
    digest = sha256(f"{seed}:{id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64

"""The stream of hard negatives: corruptions proposed, verified in batches, and given out."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice

from kgmed.builders.datasets.negatives.around import Around, OfStore
from kgmed.builders.datasets.negatives.corrupt import KINDS, TRIES, Ground, Pools
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
) -> Iterator[Negative]:
    """Hard negatives of a graph's statements, in their order: at most one per statement and kind.

    ``verdicts`` says of many claims what the graph makes of them; what it calls SUPPORTED is
    dropped, and so is what isn't in ``wanted``. ``share`` (0-1) of the statements are corrupted,
    chosen by a hash of ``seed`` and their id, so that the same statements are chosen wherever they
    stand. ``statements`` are those to corrupt, by default all of the graph. The same graph, seed
    and verdicts give the same negatives. Memory is bounded by a block of statements and by pools of
    replacements; a replacement comes from statements of this block or of one before. ``counts`` is
    filled with what was tried and what became of it.

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
        Ground(around or OfStore(store), registry or shipped(), Pools()),
        verdicts,
        kinds,
        iter(store.scan() if statements is None else statements),
        Counts() if counts is None else counts,
        seed=seed,
        share=share,
        wanted=frozenset(wanted),
    )


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
) -> Iterator[Negative]:
    while block := list(islice(statements, BLOCK)):
        usable = [s for s in block if s.object and not s.negated and s.retracted is None]
        ground.around.learn(sorted({end for s in usable for end in (s.subject, s.object)}))
        ground.pools.learn(ground.around, usable)
        chosen = [s for s in usable if share == 1 or _draw(seed, s.id) < share]
        tried = [
            (statement, kind, list(_propose(ground, statement, kind, seed)))
            for statement in chosen
            for kind in kinds
        ]
        asked = [claim for _statement, _kind, claims in tried for claim in claims]
        said = iter(verdicts(asked) if asked else ())
        for statement, kind, claims in tried:
            answers = [(claim, next(said)) for claim in claims]
            if not answers:
                counts.tried[kind, "none"] += 1
            for claim, verdict in answers:
                counts.tried[kind, verdict] += 1
                if verdict in wanted:
                    yield Negative(kind, claim, statement.id, verdict)
                    break


def _propose(ground: Ground, statement: Statement, kind: str, seed: int) -> Iterator[Claimed]:
    chance = random.Random(f"{seed}:{kind}:{statement.id}")  # noqa: S311  a choice, no secret
    given: set[tuple[str, ...]] = set()
    for claim in islice(KINDS[kind](ground, statement, chance), TRIES):
        key = claim.key
        if key not in given:
            given.add(key)
            yield claim


def _draw(seed: int, id: str) -> float:
    digest = sha256(f"{seed}:{id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64

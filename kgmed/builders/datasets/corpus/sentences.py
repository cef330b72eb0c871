"""A sentence a fact, all of a part together.

A fact's wording follows from its id, so that a corpus has all wordings of a predicate, and the same
one for the same fact each time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.corpus.facts import facts_of
from kgmed.builders.datasets.corpus.telling import Pieces
from kgmed.builders.datasets.corpus.told import Rows
from kgmed.builders.datasets.corpus.voice import Voice
from kgmed.builders.datasets.corpus.words import Words

TASK = "sentences"
ALL = 1 << 62


def sentences(block: PartBlock, voice: Voice) -> Iterator[Rows]:
    """A sentence of each of a part's facts."""
    facts = facts_of(block, voice, most=ALL, held_apart=False, said=True)
    if not len(facts):
        return
    owner = facts.numbers[facts.own]
    words = Words(voice, np.concatenate([owner, facts.other]), lists=False)
    values, tails = words.add_values(facts.values), words.add(facts.tails)
    subject = words.place[owner]
    object = np.where(facts.value < 0, words.place[facts.other], values + facts.value)
    wording = (facts.key >> np.uint64(32)).astype(np.int64) % voice.wordings[facts.code]
    plurals = words.plural[subject].astype(np.int64), words.plural[object].astype(np.int64)
    template = voice.templated(facts.code, plurals, wording)
    prefix, between, end, forward, opens, closes = voice.templates.columns(template)
    fixed = words.count
    first, second = np.where(forward, subject, object), np.where(forward, object, subject)
    ends = (closes > 0) & (facts.tail == 0)
    codes = np.empty((len(facts), 7), np.int64)
    codes[:, 0] = fixed + prefix
    codes[:, 1] = np.where(opens > 0, words.opening[first], first)
    codes[:, 2] = fixed + between
    codes[:, 3] = np.where(ends, words.closing[second], second)
    codes[:, 4] = fixed + end
    codes[:, 5] = np.where(facts.tail > 0, tails + facts.tail, fixed)
    codes[:, 6] = np.where(ends & words.closed[second], fixed, fixed + voice.stop)
    count = np.arange(len(facts))
    yield Rows(
        TASK, voice.lang, None, wording, codes.reshape(-1), np.arange(len(facts) + 1) * 7, count,
        np.zeros(len(facts), np.int8), count, [facts], Pieces(words),
    )  # fmt: skip

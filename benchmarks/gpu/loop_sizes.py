"""How large the whole loop is run: what is exported and taught, and the model that learns it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """A size of the loop.

    ``layers``, ``hidden``, ``heads`` and ``vocabulary`` shape the model, ``context`` is its longest
    text in tokens. ``pretrain`` are tokens of the corpus that it reads (0: one epoch), ``lessons``
    questions that it is taught with each method, ``rows`` exported rows beside them and ``epochs``
    how often it sees both; ``pairs`` are those of preferences. ``most`` bounds what is exported, 0
    for all. ``batch`` are sequences a step, ``rate`` is the learning rate. ``questions`` and
    ``claims`` are what it is measured on, ``timed`` questions of the slow methods, with ``budget``
    tokens of evidence and at most ``answer`` tokens of an answer.

    A model of a few million weights doesn't learn from some million tokens of text to copy names
    out of its prompt, and answers with names that it knows. With ``copied`` every other layer is a
    short convolution, and before the corpus it reads so many tokens of chance, each text twice:
    after 0.3M of these it has learnt (a loss of 2.0, where attention alone is at 8.2). Of the
    corpus, too, each text stands twice in its context then.

    A size without layers takes a model that is there, its shape and its tokenizer.
    """

    layers: int
    hidden: int
    heads: int
    vocabulary: int
    context: int
    pretrain: int
    lessons: int
    rows: int
    epochs: float
    pairs: int
    most: int
    batch: int
    rate: float
    questions: int
    claims: int
    timed: int
    budget: int
    answer: int
    copied: int = 0


SIZES: dict[str, Size] = {
    "toy": Size(
        layers=2, hidden=64, heads=2, vocabulary=2_000, context=768, pretrain=12_000, lessons=12,
        rows=32, epochs=1, pairs=32, most=1_200, batch=8, rate=3e-3, questions=4, claims=2, timed=1,
        budget=100, answer=24, copied=2_000,
    ),
    "tiny": Size(
        layers=4, hidden=192, heads=3, vocabulary=6_000, context=768, pretrain=2_500_000,
        lessons=4_500, rows=3_000, epochs=1, pairs=500, most=0, batch=16, rate=2e-3,
        questions=300, claims=300, timed=20, budget=150, answer=256, copied=400_000,
    ),
    "further": Size(
        layers=0, hidden=0, heads=0, vocabulary=0, context=768, pretrain=40_000, lessons=220,
        rows=150, epochs=0.5, pairs=60, most=0, batch=8, rate=1e-4, questions=300, claims=300,
        timed=10, budget=150, answer=160,
    ),
    "small": Size(
        layers=8, hidden=512, heads=8, vocabulary=16_000, context=1_024, pretrain=0,
        lessons=12_000, rows=60_000, epochs=3, pairs=40_000, most=0, batch=64, rate=6e-4,
        questions=1_000, claims=1_000, timed=50, budget=300, answer=512,
    ),
    "base": Size(
        layers=12, hidden=768, heads=12, vocabulary=32_000, context=2_048, pretrain=0,
        lessons=40_000, rows=300_000, epochs=3, pairs=180_000, most=0, batch=64, rate=3e-4,
        questions=3_000, claims=3_000, timed=100, budget=600, answer=1_024,
    ),
}  # fmt: skip
"""``toy`` is for CI, ``tiny`` for a CPU, ``further`` for a CPU and a model of some 135M weights
that is trained further, ``small`` and ``base`` for a GPU."""
FURTHER = tuple(name for name, size in SIZES.items() if not size.layers)

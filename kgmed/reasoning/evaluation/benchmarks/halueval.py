"""HaluEval, question answering: questions of HotpotQA, each with a right and a hallucinated answer.

``qa_data.json``, JSON Lines of ``knowledge``, ``question``, ``right_answer``,
``hallucinated_answer``; https://github.com/RUCAIBox/HaluEval. Its own script draws one of the two
answers of each record by chance; here both are items, so that nothing hangs on the draw. Its
dialogues, summaries and user queries are no questions: their files aren't read.
"""

from __future__ import annotations

from collections.abc import Iterator

from kgmed.reasoning.evaluation.benchmarks.format import Format, Given, has
from kgmed.reasoning.evaluation.benchmarks.judged import judged
from kgmed.reasoning.evaluation.model import Item

FIELDS = ("question", "right_answer", "hallucinated_answer")


def _read(given: Given) -> Iterator[Item]:
    for number, (id, record) in enumerate(given.every(), 1):
        yield from judged(
            record,
            FIELDS,
            where=f"{given.where} record {number}",
            benchmark="halueval",
            id=id or str(number),
            context="knowledge",
        )


FORMAT = Format(
    "halueval",
    "HaluEval, question answering",
    "https://github.com/RUCAIBox/HaluEval",
    "MIT",
    "data/qa_data.json",
    ("qa_data.json", "data/qa_data.json"),
    has(*FIELDS),
    _read,
)

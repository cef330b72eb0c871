"""Records with a right and a hallucinated answer to one question, as two items to judge."""

from __future__ import annotations

from collections.abc import Iterator

from kgmed.kg.errors import DataError
from kgmed.kg.linking.language import detect_language
from kgmed.reasoning.evaluation.benchmarks.format import Record, told
from kgmed.reasoning.evaluation.model import Item

SUPPORTED, HALLUCINATED = "supported", "hallucinated"


def judged(
    record: Record,
    fields: tuple[str, str, str],
    *,
    where: str,
    benchmark: str,
    id: str,
    context: str,
    about: Record | None = None,
) -> Iterator[Item]:
    """The items of a record whose ``fields`` are the question, the right and the hallucinated
    answer, and whose ``context`` what both were made from; the right one comes first. Errors name
    ``where`` the record stands."""
    found = []
    for name in fields:
        text = record.get(name)
        if not isinstance(text, str) or not text.strip():
            raise DataError(
                f"{where}: found {text!r} in {name!r}, expected a text. Is the download complete?"
            )
        found.append(text.strip())
    question, true, false = found
    given = record.get(context)
    known = " ".join(map(str, given)) if isinstance(given, list) else str(given or "")
    for candidate, right in ((true, SUPPORTED), (false, HALLUCINATED)):
        mine = dict(about or {})
        if right == SUPPORTED:
            mine.pop("category", None)
        yield Item(
            f"{id}/{right}", benchmark, "judgement", detect_language(question), question, {},
            (right,), true, known, candidate, told(mine),
        )  # fmt: skip

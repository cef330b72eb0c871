"""What a curator decided about suggestions: who may come in, and what isn't suggested again.

A row of :data:`~kgmed.kg.suggestion.SOURCE` is a candidate, whatever else its columns say, until a
curator accepts it. One that isn't accepted is set aside and counted. An accepted one comes in as a
computed statement that a human validated, and its text says who accepted what, and when.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from kgmed.builders.columns import constant, trimmed
from kgmed.builders.rows import Records, opened, split_name
from kgmed.builders.suggestions.write import OWN
from kgmed.kg.curies import normalize
from kgmed.kg.errors import CurieError, DataError
from kgmed.kg.predicates import Registry
from kgmed.kg.suggestion import ACCEPTED, REJECTED, REVIEW, SOURCE, VALIDATED

if TYPE_CHECKING:
    import pyarrow as pa

OPEN = "a suggestion that no curator has accepted"
TURNED_DOWN = "a suggestion that a curator rejected"
UNCLEAR = "a suggestion whose review is neither accepted nor rejected"
NODE = "a concept of suggestions, which its own graph has"
BESIDE = (
    "has_confidence_score", "model", "paths", "subject_name", "object_name", "description", *REVIEW,
)  # fmt: skip
"""Columns of a suggestion's edge that are no qualifiers."""


def reason(review: str) -> str:
    """Why a suggestion with this review is set aside, '' for one that is accepted.

    >>> reason(" Accepted "), reason("")
    ('', 'a suggestion that no curator has accepted')
    """
    return {ACCEPTED: "", REJECTED: TURNED_DOWN, "": OPEN}.get(review.strip().lower(), UNCLEAR)


def told(probability: str, model: str, reviewer: str, date: str) -> str:
    """What the text of an accepted statement says of where it comes from.

    >>> told("0.9300", "default (complex+paths)", "Dr. Li", "2026-11-22")
    'Suggested by default (complex+paths), probability 0.93; accepted by Dr. Li, 2026-11-22.'
    """
    if "." in probability:
        probability = probability.rstrip("0").removesuffix(".")
    by = f"Suggested by {model or 'a model'}" + (f", probability {probability}" * bool(probability))
    who = ", ".join(filter(None, (f"by {reviewer}" if reviewer else "", date)))
    return f"{by}; accepted{' ' + who if who else ''}."


def only_accepted(records: Records) -> tuple[Records, Counter[str]]:
    """KGX edges without the suggestions that aren't accepted, and how many were set aside, by
    reason. Accepted ones say that a human validated them."""
    sources = _texts(records, "primary_knowledge_source")
    if SOURCE not in sources:
        return records, Counter()
    agents = _texts(records, "agent_type")
    reviews = _texts(records, REVIEW[0])
    ours = [s == SOURCE and a != VALIDATED for s, a in zip(sources, agents, strict=True)]
    why = [reason(text) if own else "" for own, text in zip(ours, reviews, strict=True)]
    aside = Counter(filter(None, why))
    kept = [row for row, text in enumerate(why) if not text]
    found = _chosen(records, kept)
    accepted = [ours[row] for row in kept]
    if any(accepted):
        found = _validated(found, accepted)
    return found, aside


def only_others(records: Records) -> tuple[Records, Counter[str]]:
    """KGX nodes without those that are told for suggestions alone."""
    provided = _texts(records, "provided_by")
    kept = [row for row, text in enumerate(provided) if text != SOURCE]
    if len(kept) == len(records):
        return records, Counter()
    return _chosen(records, kept), Counter({NODE: len(records) - len(kept)})


def _chosen(records: Records, kept: Sequence[int]) -> Records:
    found = records.take(kept)
    return Records(records.block, found.index, found.columns, records.problems, records.spans)


def _texts(records: Records, name: str) -> list[str]:
    import pyarrow as pa

    column = records.columns.get(name)
    if column is None:
        return [""] * len(records)
    if not pa.types.is_string(column.type):
        return ["|".join(items or ()) for items in column.to_pylist()]
    texts: list[str] = trimmed(column).to_pylist()
    return texts


def _validated(records: Records, accepted: Sequence[bool]) -> Records:
    """Accepted suggestions as statements that a human validated; other rows as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    mark = pa.array(accepted, pa.bool_())
    own = {name: _texts(records, name) for name in (*BESIDE, "text")}
    texts = [
        told(p, model, who, date) if mine else text
        for mine, p, model, who, date, text in zip(
            accepted, own["has_confidence_score"], own["model"], own[REVIEW[1]], own[REVIEW[2]],
            own["text"], strict=True,
        )
    ]  # fmt: skip
    columns: dict[str, pa.Array] = dict(records.columns)
    for name in set(BESIDE) & set(columns):
        columns[name] = pc.if_else(mark, "", pa.array(own[name], pa.string()))
    columns["text"] = pa.array(texts, pa.string())
    agents = columns.get("agent_type", constant("", len(records)))
    columns["agent_type"] = pc.if_else(mark, VALIDATED, agents)
    return Records(records.block, records.index, columns, records.problems, records.spans)


# Files that a curator filled ----------------------------------------------------------------------

Triple = tuple[str, str, str]


def reviewed(paths: Sequence[Path], registry: Registry) -> dict[Triple, str]:
    """Subject, predicate and object -> accepted or rejected, of the suggestions in KGX edges or
    SSSOM files that a curator has decided about.

    Raises :class:`~kgmed.kg.errors.DataError` for a file that has no such columns.
    """
    found: dict[Triple, str] = {}
    for path in paths:
        for row in _rows(path):
            review = (row.get(REVIEW[0]) or "").strip().lower()
            if review in (ACCEPTED, REJECTED):
                found[_triple(row, path, registry)] = review
    return found


def predicate_of(label: str, registry: Registry) -> str:
    """kgmed's name of a predicate as a suggestion writes it."""
    known = registry.from_label("biolink", label)
    if known is not None:
        return known[0].name
    return label.removeprefix(OWN)


def _triple(row: Mapping[str, str], path: Path, registry: Registry) -> Triple:
    try:
        s, p, o = (
            row[name] if name in row else row[f"{name}_id"]
            for name in ("subject", "predicate", "object")
        )
        return normalize(s), predicate_of(p, registry), normalize(o)
    except (KeyError, CurieError) as error:
        raise DataError(
            f"{path}: found a row without {error}, expected subject, predicate and object as "
            "kgmed learn suggest writes them. Was a column taken out?"
        ) from error


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; name one that was reviewed.")
    with opened(path) as file:
        if split_name(path)[1] == ".jsonl":
            yield from _objects(file, path)
            return
        lines = (line.decode("utf-8-sig", "replace").rstrip("\r\n") for line in file)
        rows = (line for line in lines if line and not line.startswith("#"))
        header = next(rows, "").split("\t")
        if REVIEW[0] not in header:
            raise DataError(
                f"{path}: found the columns {', '.join(header[:12])}, expected also "
                f"{REVIEW[0]}. Is it a file that kgmed learn suggest wrote?"
            )
        quoted = "subject_id" in header  # SSSOM, whose values may stand in quotes
        cells = csv.reader(rows, delimiter="\t") if quoted else (row.split("\t") for row in rows)
        for one in cells:
            yield dict(zip(header, one, strict=False))


def _objects(file: IO[bytes], path: Path) -> Iterator[Mapping[str, str]]:
    for number, line in enumerate(file, 1):
        try:
            found = json.loads(line)
        except ValueError as error:
            raise DataError(
                f"{path} line {number}: found text that doesn't parse ({error}), expected JSON."
            ) from error
        if isinstance(found, dict):
            yield {name: value for name, value in found.items() if isinstance(value, str)}

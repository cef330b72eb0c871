"""Rows of a mapping file -> checked columns, or what is wrong with a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from kgmed.builders.columns import Curies, constant, trimmed
from kgmed.builders.rows import Problem, Records, not_a_curie, shown
from kgmed.builders.sssom.files import REQUIRED
from kgmed.builders.sssom.prefixes import Prefixes
from kgmed.kg.suggestion import REVIEW

if TYPE_CHECKING:
    import pyarrow as pa

READ = (*REQUIRED, "predicate_modifier", "confidence", "subject_label", "object_label",
        "subject_type", "object_type", "mapping_provider", "comment", *REVIEW)  # fmt: skip

NO_TERM = "sssom:NoTermFound"
"""The id by which a set says that it looked for a counterpart and found none."""

LITERAL = "rdfs literal"


class Checked(NamedTuple):
    """Columns of rows that follow the format; ``keep`` are those that map two entities."""

    columns: dict[str, pa.Array]
    keep: pa.Array
    skipped: Counter[str]


class Check:
    """Records -> checked columns, or the problems of the rows that have one."""

    def __init__(self, prefixes: Prefixes, *, decode: bool = False) -> None:
        self._decode = decode
        self._entities = Curies(prefixes.entity)
        self._terms = Curies(prefixes.term)

    def __call__(self, records: Records) -> tuple[dict[int, Problem], Checked]:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = len(records)
        given = {
            name: trimmed(records.columns[name]) if name in records.columns else constant("", rows)
            for name in READ
        }
        if self._decode:
            given |= {name: _decoded(given[name]) for name in ("subject_id", "object_id")}
        none = pa.repeat(pa.scalar(False), rows)
        nowhere, literal = none, none
        for end in ("subject", "object"):
            ids, kinds = given[f"{end}_id"], given[f"{end}_type"]
            nowhere = pc.or_(nowhere, pc.equal(ids, NO_TERM))
            is_literal = pc.equal(pc.utf8_lower(kinds), LITERAL)
            literal = pc.or_(literal, pc.and_(is_literal, pc.equal(ids, "")))
        keep = pc.invert(pc.or_(nowhere, literal))
        problems: dict[int, Problem] = {}
        columns = dict(given)
        columns["confidence"] = _confidences(given["confidence"], problems)
        columns["predicate_modifier"] = _modifiers(given["predicate_modifier"], problems)
        justifications, bad = self._terms.column(given["mapping_justification"])
        columns["mapping_justification"] = justifications
        problems |= _not_curies("mapping_justification", given, bad)
        for name in ("object_id", "predicate_id", "subject_id"):  # the first of a row's problems
            curies = self._terms if name == "predicate_id" else self._entities
            columns[name], bad = curies.column(given[name])
            if bad and name != "predicate_id":
                kept = keep.to_pylist()
                bad = [row for row in bad if kept[row]]
            problems |= _not_curies(name, given, bad)
        skipped: Counter[str] = Counter()
        if not problems:
            missing = pc.sum(nowhere).as_py() or 0
            counts = {
                f"{NO_TERM}: the set found no counterpart": missing,
                "a literal, not an entity": (pc.sum(pc.invert(keep)).as_py() or 0) - missing,
            }
            skipped.update({why: n for why, n in counts.items() if n})
        return problems, Checked(columns, keep, skipped)


def _decoded(column: pa.Array) -> pa.Array:
    import pyarrow as pa

    encoded = column.dictionary_encode()
    texts = [unquote(text) if "%" in text else text for text in encoded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(encoded.indices)


def _not_curies(name: str, given: Mapping[str, pa.Array], bad: Sequence[int]) -> dict[int, Problem]:
    return {row: not_a_curie(name, given[name][row].as_py()) for row in bad}


def _confidences(column: pa.Array, problems: dict[int, Problem]) -> pa.Array:
    import pyarrow as pa

    encoded = column.dictionary_encode()
    written = encoded.dictionary.to_pylist()
    values = [_confidence(text) for text in written]
    wrong = {at for at, text in enumerate(written) if text and values[at] is None}
    if wrong:
        for row, at in enumerate(encoded.indices.to_pylist()):
            if at in wrong:
                problems[row] = Problem(
                    "confidence isn't in 0-1",
                    f"confidence {shown(written[at])}",
                    "a number from 0 to 1, or nothing",
                    "Correct the cell; 95% is 0.95.",
                )
    return pa.array(values, pa.float64()).take(encoded.indices)


def _confidence(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 and "_" not in text else None


def _modifiers(column: pa.Array, problems: dict[int, Problem]) -> pa.Array:
    import pyarrow.compute as pc

    lower = pc.utf8_lower(column)
    wrong = pc.invert(pc.or_(pc.equal(lower, "not"), pc.equal(lower, "")))
    for row in pc.indices_nonzero(wrong).to_pylist():
        problems[row] = Problem(
            "unknown predicate_modifier",
            f"predicate_modifier {shown(column[row].as_py())}",
            "Not, or nothing",
            "Correct the cell.",
        )
    return pc.if_else(pc.equal(lower, "not"), "Not", "")

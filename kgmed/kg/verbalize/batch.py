"""Sentences of many statements at once, by Arrow's string kernels.

The text is :meth:`~kgmed.kg.verbalize.verbalizer.Verbalizer.statement`'s. The forms of all names
are made once; then each predicate and wording is one join of columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language, Value
from kgmed.kg.verbalize import values
from kgmed.kg.verbalize.template import STOPS, Template, form, value_form
from kgmed.kg.verbalize.verbalizer import Verbalizer

Codes = Sequence[int] | np.ndarray[Any, Any]


class Sentences:
    """Writes sentences of names that are known by number.

    >>> from kgmed.kg.predicates import registry
    >>> names = ["warfarin", "proton pump inhibitors", "gout"]
    >>> write = Sentences(Verbalizer(registry()), names, lang="en")
    >>> write.sentences([0, 1], ["treats", "interacts_with"], [2, 0]).to_pylist()
    ['Warfarin treats gout.', 'Proton pump inhibitors interact with warfarin.']
    """

    def __init__(self, say: Verbalizer, names: Sequence[str | Value], *, lang: Language) -> None:
        self._say, self._lang = say, lang
        forms = [
            value_form(values.words(name, lang), lang)
            if isinstance(name, Value)
            else form(name, lang)
            for name in names
        ]
        self._text = _column([f.text for f in forms])
        self._opening = self._text if lang == "zh" else _column([f.opening for f in forms])
        self._closing = _column([f.closing for f in forms])
        self._plural = np.fromiter((f.plural for f in forms), bool, len(forms))

    def sentences(
        self,
        subjects: Codes,
        predicates: Sequence[str],
        objects: Codes,
        *,
        wordings: Codes | int = 0,
        inverse: bool = False,
        negated: Sequence[bool] | np.ndarray[Any, Any] | None = None,
        tails: pa.Array | None = None,
    ) -> pa.Array:
        """A sentence for each row, as large strings in the order of the rows.

        ``subjects`` and ``objects`` index the names, among which may be values; ``predicates`` may
        be a dictionary-encoded Arrow array. ``wordings`` is one number for all rows or one for
        each, and goes round. ``tails`` are qualifiers in words
        (:func:`kgmed.kg.verbalize.qualifiers.tail`), '' for none.

        Raises :class:`~kgmed.kg.errors.UsageError` where the columns differ in length.
        """
        s, o = np.asarray(subjects, np.int64), np.asarray(objects, np.int64)
        codes, known = _encoded(predicates)
        if not len(s) == len(o) == len(codes):
            raise UsageError(
                f"columns of {len(s)} subjects, {len(codes)} predicates and {len(o)} objects: "
                "expected one length"
            )
        denied = np.zeros(len(s), bool) if negated is None else np.asarray(negated, bool)
        counts = np.array(
            [self._say.wordings(name, self._lang, inverse=inverse) for name in known], np.int64
        )
        turn = np.broadcast_to(np.asarray(wordings, np.int64), s.shape)
        turn = turn % counts[codes] if len(s) else turn
        most = int(counts.max()) if len(counts) else 1
        kinds = (codes * most + turn) * 2 + denied
        if len(known) * most < 1 << 15:
            kinds = kinds.astype(np.uint16)  # sorted by radix
        order = np.argsort(kinds, kind="stable")
        ends = np.flatnonzero(np.diff(kinds[order].astype(np.int64))) + 1
        parts = []
        for rows in np.split(order, ends):
            if not len(rows):
                continue
            kind = int(kinds[rows[0]])
            template = self._say.templates(
                known[kind // 2 // most], self._lang, inverse=inverse, negated=bool(kind % 2)
            )[kind // 2 % most]
            behind = None if tails is None else tails.take(pa.array(rows))
            parts.append(self._joined(template, s[rows], o[rows], behind))
        if not parts:
            return pa.array([], pa.large_string())
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        whole = parts[0] if len(parts) == 1 else pa.concat_arrays(parts)
        return whole if len(parts) == 1 else whole.take(pa.array(back))

    def _joined(
        self, template: Template, subjects: Any, objects: Any, tails: pa.Array | None
    ) -> pa.Array:
        first, second = (subjects, objects) if template.first == "s" else (objects, subjects)
        head = (self._opening if template.opens else self._text).take(pa.array(first))
        plural = None
        if template.agrees:
            plural = pa.array(self._plural[subjects if template.agrees == "s" else objects])
        prefix, between, suffix = (
            _piece(one, many, plural)
            for one, many in zip(template.singular, template.plural, strict=True)
        )
        if tails is None:
            last = (self._closing if template.closes else self._text).take(pa.array(second))
            return _concat(prefix, head, between, last, suffix)
        stop = STOPS[self._lang]
        bare = pc.equal(tails, "")
        text = self._text.take(pa.array(second))
        if template.closes:
            closing = self._closing.take(pa.array(second))
            last = pc.if_else(bare, closing, _concat(text, tails.cast(pa.large_string()), stop))
            return _concat(prefix, head, between, last, suffix)
        short = _piece(
            template.singular.suffix.removesuffix(stop),
            template.plural.suffix.removesuffix(stop),
            plural,
        )
        return _concat(prefix, head, between, text, short, tails.cast(pa.large_string()), stop)


def _column(texts: Sequence[str]) -> pa.Array:
    return pa.array(texts, pa.large_string())


def _piece(one: str, many: str, plural: pa.Array | None) -> Any:
    if plural is None or one == many:
        return one
    return pc.if_else(plural, pa.scalar(many, pa.large_string()), pa.scalar(one, pa.large_string()))


def _concat(*parts: Any) -> Any:
    """Texts and columns joined row by row; an empty text is left out."""
    kept = [
        pa.scalar(part, pa.large_string()) if isinstance(part, str) else part
        for part in parts
        if not isinstance(part, str) or part
    ]
    return pc.binary_join_element_wise(*kept, pa.scalar("", pa.large_string()))


def _encoded(predicates: Any) -> tuple[np.ndarray[Any, Any], list[str]]:
    column = predicates
    if not isinstance(column, pa.Array | pa.ChunkedArray):
        column = pa.array(column, pa.string())
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = column.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, column.dictionary.to_pylist()

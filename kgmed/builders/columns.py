"""Arrow columns as readers work on them: CURIEs, trimmed texts, lists, languages, batches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from kgmed.builders.source import COLUMNS, TableName, schema
from kgmed.kg.curies import normalize, normalize_prefix
from kgmed.kg.errors import CurieError

if TYPE_CHECKING:
    import pyarrow as pa


class Curies:
    """Normalises CURIEs a column at a time; ``prefix`` writes a prefix the Bioregistry's way.

    >>> import pyarrow as pa
    >>> ids, bad = Curies().column(pa.array(["MONDO:0005136", "fever", "SCTID:386661006"]))
    >>> ids.to_pylist(), bad
    (['mondo:0005136', '', 'snomedct:386661006'], [1])
    """

    def __init__(self, prefix: Callable[[str], str] = normalize_prefix) -> None:
        self._prefix = prefix
        self._known: dict[str, str] = {}

    def column(self, column: pa.Array) -> tuple[pa.Array, list[int]]:
        """The column normalised, with '' for what is no CURIE, and the rows of these."""
        import pyarrow.compute as pc

        found = mapped(column, self.all)
        bad = pc.indices_nonzero(pc.equal(found, "")).to_pylist()
        return found, bad

    def all(self, written: Sequence[str]) -> list[str]:
        """Each CURIE normalised, or ''."""
        joined = "\n".join(written)
        one = self.one
        if (
            joined.count(":") != len(written)
            or ":/" in joined
            or len(joined.split()) != len(written)
        ):
            return [one(curie) for curie in written]
        known = self._known
        out = []
        for curie in written:
            prefix, _, local = curie.partition(":")
            head = known.get(prefix)
            out.append(head + local if head and local else one(curie))
        return out

    def one(self, curie: str) -> str:
        """One CURIE normalised, or '' for what is none: no prefix, white space, an IRI."""
        curie = curie.strip()
        written, colon, local = curie.partition(":")
        if not colon or not written or not local or local.startswith("//"):
            return ""
        if len(curie.split()) > 1:
            return ""
        if len(self._known) > 10_000:
            self._known.clear()
        head = self._known.get(written)
        if head is None:
            head = self._known[written] = self._prefix(written) + ":"
        try:
            return normalize(head + local)
        except CurieError:
            return ""


def mapped(column: pa.Array, function: Callable[[list[str]], list[str]]) -> pa.Array:
    """A text column with a function applied to its distinct values."""
    import pyarrow as pa

    encoded = column.dictionary_encode()
    values = pa.array(function(encoded.dictionary.to_pylist()), pa.string())
    return values.take(encoded.indices)


def each(function: Callable[[str], str]) -> Callable[[list[str]], list[str]]:
    """A function of one text as :func:`mapped` takes it."""
    return lambda values: [function(value) for value in values]


def constant(text: str, rows: int) -> pa.Array:
    """A text column of one value."""
    import pyarrow as pa

    return pa.repeat(pa.scalar(text, pa.string()), rows)


def trimmed(column: pa.Array) -> pa.Array:
    """A text column without white space around its values."""
    import pyarrow.compute as pc

    return pc.utf8_trim_whitespace(column)


def something(column: pa.Array) -> bool:
    """Whether a text column has any value but ''."""
    import pyarrow.compute as pc

    return bool(pc.any(pc.not_equal(column, "")).as_py())


def split_lists(column: pa.Array, separator: str = "|") -> pa.Array:
    """A column of joined texts as lists, trimmed, without empty parts.

    >>> import pyarrow as pa
    >>> split_lists(pa.array(["a| b", "", "|c|"])).to_pylist()
    [['a', 'b'], [], ['c']]
    """
    import pyarrow.compute as pc

    return clean_lists(pc.split_pattern(column, separator))


def clean_lists(lists: pa.Array) -> pa.Array:
    """Lists of texts with their items trimmed, without empty items; none is null.

    >>> import pyarrow as pa
    >>> clean_lists(pa.array([["a ", ""], None, [None]], pa.list_(pa.string()))).to_pylist()
    [['a'], [], []]
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    items = pc.utf8_trim_whitespace(lists.flatten())
    keep = pc.fill_null(pc.not_equal(items, ""), False)
    rows = pc.list_parent_indices(lists).filter(keep).to_numpy()
    ends = np.cumsum(np.bincount(rows, minlength=len(lists)))
    offsets = np.concatenate(([0], ends)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), items.filter(keep))


def languages(column: pa.Array) -> pa.Array:
    """The language of each text of a column; see :func:`language_of`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pc.all(pc.string_is_ascii(column)).as_py() is not False:
        return constant("en", len(column))
    return pa.array([language_of(text) for text in column.to_pylist()], pa.string())


_HANGUL_OR_KANA = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uac00-\ud7a3]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def language_of(text: str) -> str:
    """The language that a name's script speaks for: zh, ja, ko, else en.

    The formats carry no language. Latin script says nothing, so it counts as English.

    >>> language_of("fever"), language_of("COVID-19肺炎"), language_of("β-blocker")
    ('en', 'zh', 'en')
    """
    if text.isascii():
        return "en"
    other = _HANGUL_OR_KANA.search(text)
    if other:
        return "ko" if other[0] >= "\uac00" else "ja"
    return "zh" if _HAN.search(text) else "en"


def make_batch(table: TableName, columns: Mapping[str, pa.Array], rows: int) -> pa.RecordBatch:
    """A record batch of one table; a column that isn't given is empty."""
    import pyarrow as pa

    types = schema(table)
    arrays = []
    for name, kind in COLUMNS[table].items():
        values = columns.get(name)
        if values is not None:
            arrays.append(values)
        elif kind == "double":
            arrays.append(pa.nulls(rows, pa.float64()))
        elif kind == "int32":
            arrays.append(pa.repeat(pa.scalar(0, pa.int32()), rows))
        elif kind == "bool":
            arrays.append(pa.repeat(pa.scalar(False), rows))
        elif kind == "list<string>":
            offsets = pa.repeat(pa.scalar(0, pa.int32()), rows + 1)
            arrays.append(pa.ListArray.from_arrays(offsets, pa.array([], pa.string())))
        else:
            arrays.append(constant("", rows))
    return pa.RecordBatch.from_arrays(arrays, schema=types)

"""Verdicts for a table of triples: the same rows in order, with verdict, rule and statements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kgmed.kg.errors import UsageError
from kgmed.kg.linking.normalize import key
from kgmed.kg.predicates import Registry
from kgmed.kg.store.snapshot import Snapshot
from kgmed.reasoning.claims.batch.arrays import Arrays, Flags, Ints, Longs
from kgmed.reasoning.claims.batch.columns import RULE, RULES, Qualifiers
from kgmed.reasoning.claims.batch.decide import (
    NOT_COVERED,
    REASON,
    REASONS,
    REFUTED,
    SUPPORTED,
    UNSUPPORTED,
    Asked,
    Decided,
    Relation,
    Relations,
    decide,
)
from kgmed.reasoning.claims.batch.ends import Ends, look_up
from kgmed.reasoning.claims.batch.mapped import Mapped
from kgmed.reasoning.claims.batch.plausible import PLAUSIBLE, Model, of_arrays, of_singles
from kgmed.reasoning.claims.batch.singly import Row, Singly
from kgmed.reasoning.claims.model import VERDICTS

if TYPE_CHECKING:
    from kgmed.kg.linking.link import Candidate
    from kgmed.kg.store.base import GraphStore
    from kgmed.kg.store.embedded import EmbeddedStore

TRIPLE = ("subject", "predicate", "object")
QUALIFIERS = (
    "severity", "aspect", "direction", "affected", "dose", "route", "frequency", "role_group",
)  # fmt: skip
"""Columns that are read as qualifiers; others may stand in a column ``qualifiers``, as JSON."""
ADDED = ("verdict", "rule", "statements", "confidence", "reason")
"""What is added to a table's columns."""
AT_ONCE = 1_000_000
"""Rows that are decided at a time; each time all ids of the graph are read once."""
_YES, _NO = ("true", "1", "yes", "y", "t"), ("false", "0", "no", "n", "f", "")


class TableVerifier:
    """Verifies tables against one graph; opening it maps the files, and reads them as needed.

    ``store`` is an opened graph, or the folder of one. The arrays serve graphs in folders that have
    no overlay; any other graph's claims are verified one by one. ``model`` tells how plausible
    it finds what is UNSUPPORTED, in columns of their own (:data:`PLAUSIBLE`).
    """

    def __init__(
        self,
        store: GraphStore | Path | str,
        registry: Registry,
        *,
        model: Model | None = None,
    ) -> None:
        if isinstance(store, (str, Path)):
            from kgmed.kg.store.embedded import open_store

            store = open_store(store)
        self.registry = registry
        self._model = model
        self.added = ADDED if model is None else ADDED + PLAUSIBLE
        self._singly = Singly(store, registry)
        self.arrays: Arrays | None = None
        snapshot = getattr(store, "snapshot", None)
        if isinstance(snapshot, Snapshot) and snapshot.base is None:
            self.arrays = Arrays(snapshot)
            self._mapped = Mapped(self.arrays)
            present = frozenset(self.arrays.positive) | frozenset(self.arrays.negative)
            self._relations = Relations(registry, present)

    def _link(self, text: str) -> list[Candidate]:
        return self._singly.linker.mention(text)

    def verify(self, table: pa.Table, *, proof: bool = True, first_row: int = 1) -> pa.Table:
        """A table with the columns that are ``added``; see :func:`verify_triples`.

        ``first_row`` is the number of its first row in messages. Without ``proof`` the column
        ``statements`` is left out.
        """
        check_columns(table.schema.names, where="the table", added=self.added)
        pieces = [
            self._part(table.slice(begin, AT_ONCE), proof=proof, first_row=first_row + begin)
            for begin in range(0, max(1, table.num_rows), AT_ONCE)
        ]
        return pa.concat_tables(pieces)

    def verdicts(
        self,
        subjects: Ints,
        predicates: Sequence[str],
        objects: Ints,
        qualifiers: Sequence[Qualifiers],
    ) -> list[str]:
        """The verdicts alone of claims between concepts that are known by their numbers in the
        snapshot, -1 for one that the graph doesn't hold. Shapes (n,).

        Raises :class:`~kgmed.kg.errors.UsageError` for a graph whose arrays can't be read.
        """
        if self.arrays is None:
            raise UsageError(
                "found an overlay or a server, whose concepts have no numbers: expected a graph in "
                "a folder without one. Ask by ids."
            )
        words = {name: place for place, name in enumerate(dict.fromkeys(predicates))}
        relations = [self._relations.of(name) for name in words]
        sets: list[Qualifiers] = [{}]
        known: dict[tuple[tuple[str, str], ...], int] = {(): 0}
        qualified = np.zeros(len(subjects), np.int32)
        for row, said in enumerate(qualifiers):
            if said:
                key_of = tuple(sorted(said.items()))
                if key_of not in known:
                    known[key_of] = len(sets)
                    sets.append(dict(said))
                qualified[row] = known[key_of]
        which = np.fromiter((words[name] for name in predicates), np.int32, len(subjects))
        negated = np.zeros(len(subjects), bool)
        self.arrays.ranking.is_told = False
        asked = Asked(subjects, which, objects, negated, qualified)
        decided = decide(self.arrays, self.registry, asked, relations, sets)
        return [VERDICTS[number] for number in decided.verdict.tolist()]

    def _part(self, table: pa.Table, *, proof: bool, first_row: int) -> pa.Table:
        negated = _negated(table, first_row)
        qualified, qualifiers = _qualifiers(table, first_row)
        if self.arrays is None:
            every = np.arange(table.num_rows)
            told = self._one_by_one(table, every, negated, qualified, qualifiers)
            return with_columns(table, told, proof=proof)
        count = table.num_rows
        both = pa.chunked_array(
            [*_texts(table, "subject").chunks, *_texts(table, "object").chunks], pa.string()
        )
        words = _texts(table, "predicate").combine_chunks().dictionary_encode()
        names = [*words.dictionary.to_pylist(), None]
        relations = [self._relations.of(name) for name in names]
        which = pc.fill_null(words.indices, len(names) - 1).to_numpy(zero_copy_only=False)
        takes_value = np.array([self._takes_value(its) for its in relations])[which]
        ends = look_up(self.arrays, both, self._link, apart=takes_value)
        asked = Asked(
            ends.numbers[:count],
            which.astype(np.int32),
            ends.numbers[count:],
            negated,
            qualified,
        )
        self.arrays.ranking.is_told = proof
        decided = decide(self.arrays, self.registry, asked, relations, qualifiers)
        _settle(self.arrays, self.registry, ends, asked, decided, relations, qualifiers)
        scores = np.minimum(ends.scores[:count], ends.scores[count:])
        if proof and len(decided.edges):
            np.minimum.at(scores, decided.rows, self._mapped.least(decided.edges))
        told = {
            "verdict": _named(VERDICTS, decided.verdict),
            "rule": _named(RULES, decided.rule),
            "statements": _statements(self.arrays, decided, count) if proof else None,
            "confidence": pa.array(scores),
            "reason": _named(REASONS, decided.reason),
        }
        if self._model is not None:
            meant = ends.numbers[:count], ends.numbers[count:]
            store = cast("EmbeddedStore", self._singly.store)
            told |= of_arrays(self._model, store, asked, meant, decided, relations)
        rows = np.flatnonzero(takes_value)
        if len(rows):
            apart = self._one_by_one(table, rows, negated, qualified, qualifiers)
            told = {name: _replaced(column, rows, apart[name]) for name, column in told.items()}
        return with_columns(table, told, proof=proof)

    def _takes_value(self, its: Relation) -> bool:
        entry = self.registry.get(its.name)
        return entry is not None and entry.takes_value

    def _one_by_one(
        self,
        table: pa.Table,
        rows: Longs,
        negated: Flags,
        qualified: Ints,
        qualifiers: list[Qualifiers],
    ) -> dict[str, pa.Array]:
        """The added columns of some rows, verified claim by claim."""
        chosen = [_texts(table, name).take(pa.array(rows)).to_pylist() for name in TRIPLE]
        claims = [
            Row(s or "", p or "", o or "", bool(negated[row]), qualifiers[qualified[row]])
            for row, s, p, o in zip(rows.tolist(), *chosen, strict=True)
        ]
        told = self._singly.verify(claims)
        return {
            "verdict": pa.array([t.verdict for t in told], pa.string()),
            "rule": pa.array([t.rule for t in told], pa.string()),
            "statements": pa.array([t.statements for t in told], pa.list_(pa.string())),
            "confidence": pa.array([t.confidence for t in told], pa.float64()),
            "reason": pa.array([t.reason for t in told], pa.string()),
            **(of_singles(self._model, told, self._singly.verifier) if self._model else {}),
        }


def _settle(
    arrays: Arrays,
    registry: Registry,
    ends: Ends,
    asked: Asked,
    decided: Decided,
    relations: Sequence[Relation],
    qualifiers: list[Qualifiers],
) -> None:
    """An end that may mean several concepts counts where each gives the same verdict, and never
    refutes."""
    count = len(asked.subjects)
    unsure = np.flatnonzero((ends.unsure[:count] >= 0) | (ends.unsure[count:] >= 0))
    if not len(unsure):
        return
    readings = [
        (row, s, o)
        for row in unsure.tolist()
        for s, o in product(ends.meanings(row), ends.meanings(count + row))
    ]
    rows = np.array([row for row, _s, _o in readings])
    some = asked.take(rows)
    again = Asked(
        np.array([s for _row, (s, _name), _o in readings], np.int32),
        some.relations,
        np.array([o for _row, _s, (o, _name) in readings], np.int32),
        some.negated,
        some.qualified,
    )
    tried = decide(arrays, registry, again, relations, qualifiers)
    first = np.searchsorted(rows, unsure)
    bounds = zip(unsure.tolist(), first.tolist(), [*first[1:].tolist(), len(rows)], strict=True)
    taken = np.full(len(rows), -1)
    for row, start, stop in bounds:
        verdicts = tried.verdict[start:stop].tolist()
        names = [key(f"{s}, {o}") for _row, (_s, s), (_o, o) in readings[start:stop]]
        is_guess = ends.is_guess(row) or ends.is_guess(count + row)
        chosen = choose(verdicts, names, is_guess=is_guess)
        if isinstance(chosen, str):
            decided.verdict[row], decided.reason[row] = NOT_COVERED, REASON[chosen]
            decided.rule[row] = RULE["not_covered"]
            continue
        taken[start + chosen] = row
        ends.numbers[row], ends.numbers[count + row] = (
            number for number, _name in readings[start + chosen][1:]
        )
        for column, from_column in (
            (decided.verdict, tried.verdict),
            (decided.rule, tried.rule),
            (decided.reason, tried.reason),
        ):
            column[row] = from_column[start + chosen]
    kept, new = ~np.isin(decided.rows, unsure), taken[tried.rows] >= 0
    decided.rows = np.concatenate([decided.rows[kept], taken[tried.rows[new]]])
    decided.orders = np.concatenate([decided.orders[kept], tried.orders[new]])
    decided.edges = np.concatenate([decided.edges[kept], tried.edges[new]])


def _statements(arrays: Arrays, decided: Decided, count: int) -> pa.Array:
    """The statement ids of each row's proof, in its order."""
    order = np.lexsort((np.arange(len(decided.rows)), decided.orders, decided.rows))
    edges = decided.edges[order]
    ids = arrays.statement_ids(edges)
    bounds = np.arange(0, 32 * len(edges) + 1, 32, dtype=np.int32)
    texts = pa.StringArray.from_buffers(len(edges), pa.py_buffer(bounds), pa.py_buffer(ids))
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(decided.rows, minlength=count), out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), texts)


def with_columns(table: pa.Table, told: Mapping[str, pa.Array], *, proof: bool) -> pa.Table:
    """A table with the added columns, in their order."""
    for name in (*ADDED, *PLAUSIBLE):
        if name in told and (proof or name != "statements"):
            table = table.append_column(name, told[name])
    return table


def _replaced(column: pa.Array | None, rows: Longs, values: pa.Array) -> pa.Array | None:
    """A column with other values in some rows."""
    if column is None:
        return None
    places = np.arange(len(column))
    places[rows] = len(column) + np.arange(len(rows))
    return pa.concat_arrays([column, values.cast(column.type)]).take(pa.array(places))


def choose(verdicts: Sequence[int], names: Sequence[str], *, is_guess: bool) -> int | str:
    """Which of a claim's readings counts, or why none does.

    One that the graph says nothing of is no rival to one that it does; among concepts of the same
    name, the one that the graph says it of is meant. What refutes must refute every reading, and of
    concepts that are surely named.

    >>> choose([NOT_COVERED, SUPPORTED], ["cold, x", "copd, x"], is_guess=False)
    1
    >>> choose([REFUTED], ["gout, x"], is_guess=True)
    'uncertain_link'
    """
    live = [i for i, verdict in enumerate(verdicts) if verdict != NOT_COVERED]
    if not live:
        return 0
    said = {verdicts[i] for i in live}
    if said == {REFUTED}:
        if len(live) < len(verdicts):
            return "ambiguous"
        return "uncertain_link" if is_guess else live[0]
    if len(said) == 1:
        return live[0]
    if len({names[i] for i in live}) == 1:
        for wanted in (SUPPORTED, UNSUPPORTED):
            for i in live:
                if verdicts[i] == wanted:
                    return i
    return "ambiguous"


def verify_triples(
    store: GraphStore | Path | str,
    triples: pa.Table | pa.RecordBatch | Mapping[str, Any],
    *,
    registry: Registry | None = None,
    proof: bool = True,
    model: Model | None = None,
) -> pa.Table:
    """The verdicts of a table of claims: its rows in order, with :data:`ADDED` columns.

    ``triples`` has text columns subject, predicate and object: CURIEs, bare ids or names, and a
    predicate's name, its inverse or its Biolink name. A column ``negated`` holds booleans,
    :data:`QUALIFIERS` and ``qualifiers`` (JSON objects) what the claim states besides; every other
    column is carried through. ``statements`` are the ids that prove the verdict, in the order of
    the proof; without ``proof`` they are left out, which is faster. ``reason`` says why a claim is
    NOT_COVERED; ``confidence`` (0-1) is the lesser of both ends' links, 0 without a proof.

    A ``model`` adds the columns :data:`PLAUSIBLE`; what they hold changes no other.

    A graph with an overlay or on a server gives the same verdicts, some thousand claims a second.

    Raises :class:`~kgmed.kg.errors.UsageError` for a table without these columns, or with values
    that can't be read.

    >>> from kgmed import open_graph
    >>> claims = {"subject": ["warfarin", "warfarin"], "predicate": ["interacts_with", "treats"],
    ...           "object": ["drugbank:DB01118", "zorblaxin"]}
    >>> table = verify_triples(open_graph().store, claims)
    >>> table.select(["verdict", "rule", "reason"]).to_pylist()[1]
    {'verdict': 'NOT_COVERED', 'rule': 'not_covered', 'reason': 'not_linked'}
    """
    if registry is None:
        from kgmed.kg.predicates import registry as shipped

        registry = shipped()
    if isinstance(triples, pa.RecordBatch):
        triples = pa.Table.from_batches([triples])
    elif not isinstance(triples, pa.Table):
        triples = pa.table(dict(triples))
    return TableVerifier(store, registry, model=model).verify(triples, proof=proof)


def check_columns(names: list[str], *, where: str, added: Sequence[str] = ADDED) -> None:
    """Raise :class:`~kgmed.kg.errors.UsageError` unless the columns are those of claims, and leave
    the names of those that are ``added``."""
    missing = [name for name in TRIPLE if name not in names]
    if missing:
        raise UsageError(
            f"{where}: found the columns {', '.join(names) or 'none'}; expected "
            f"{', '.join(TRIPLE)}, and {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing. Rename the columns."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    taken = [name for name in added if name in names]
    if twice or taken:
        problem = f"comes twice: {twice[0]}" if twice else f"would be overwritten: {taken[0]}"
        raise UsageError(f"{where}: a column {problem}. Rename or drop it.")


def _texts(table: pa.Table, name: str) -> pa.ChunkedArray:
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_null(column.type) or _is_text(column.type)):
        raise UsageError(
            f"the table: found the column {name} of type {column.type}, expected texts. "
            "Cast it to string."
        )
    return column.cast(pa.string())


def _is_text(kind: pa.DataType) -> bool:
    is_view = getattr(pa.types, "is_string_view", lambda _kind: False)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or is_view(kind))


def _negated(table: pa.Table, first_row: int) -> Flags:
    """The column ``negated`` as flags; none, null and empty are no negation."""
    if "negated" not in table.schema.names:
        return np.zeros(table.num_rows, bool)
    column = table.column("negated")
    if pa.types.is_boolean(column.type):
        return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), bool)
    words = pc.fill_null(pc.utf8_lower(pc.utf8_trim_whitespace(column.cast(pa.string()))), "")
    flags = pc.is_in(words, pa.array(_YES)).to_numpy(zero_copy_only=False).astype(bool)
    known = pc.is_in(words, pa.array(_YES + _NO)).to_numpy(zero_copy_only=False).astype(bool)
    if not known.all():
        row = int(np.flatnonzero(~known)[0])
        raise UsageError(
            f"the table, row {first_row + row}: found negated {column[row].as_py()!r}, expected "
            "true or false."
        )
    return np.asarray(flags, bool)


def _qualifiers(table: pa.Table, first_row: int) -> tuple[Ints, list[Qualifiers]]:
    """Per row which of the distinct sets of qualifiers it states, 0 for none; and the sets."""
    names = [name for name in QUALIFIERS if name in table.schema.names]
    has_json = "qualifiers" in table.schema.names
    sets: list[Qualifiers] = [{}]
    codes = np.zeros(table.num_rows, np.int32)
    if not names and not has_json:
        return codes, sets
    columns = [pc.fill_null(_texts(table, name), "").to_pylist() for name in names]
    if has_json:
        columns.append(_as_json(table.column("qualifiers")))
    number: dict[tuple[str, ...], int] = {}
    for row, values in enumerate(zip(*columns, strict=True)):
        if any(values):
            code = number.get(values)
            if code is None:
                stated = {n: v for n, v in zip(names, values, strict=False) if v}
                if has_json and values[-1]:
                    stated |= _read_json(values[-1], first_row + row)
                code = number[values] = len(sets) if stated else 0
                sets += [stated] if stated else []
            codes[row] = code
    return codes, sets


def _as_json(column: pa.ChunkedArray) -> list[str]:
    """A column of JSON texts, or of structs or maps, as JSON texts."""
    if pa.types.is_null(column.type) or _is_text(column.type):
        return list(pc.fill_null(column.cast(pa.string()), "").to_pylist())
    return [
        "" if value is None
        else json.dumps({k: v for k, v in dict(value).items() if v is not None}, sort_keys=True)
        for value in column.to_pylist()
    ]  # fmt: skip


def _read_json(text: str, row: int) -> dict[str, str]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise UsageError(
            f"the table, row {row}: found qualifiers {text[:80]!r}, expected a JSON object such as "
            '{"severity": "Critical"}.'
        )
    return {str(key): str(value) for key, value in found.items() if value not in (None, "")}


def _named(names: tuple[str, ...], numbers: Any) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(numbers), pa.array(names)).dictionary_decode()

"""Claims by kind, made of a graph's raw statements in SQL; what each kind's label may be.

True kinds follow from statements by one rule each, false kinds change one thing in a true one.
:mod:`claims_labels` then says of every claim what the tables make of it; a false one that holds
after all (another drug of the class that treats it, too) is dropped and counted.

Each query gives s, p, o, q, and reads ``base``: statements without values, at most
:data:`OF_ONE` of a predicate, so that no predicate crowds out the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from kgmed.kg.categories import DISJOINT, PARENTS
from kgmed.kg.predicates import Registry
from kgmed.kg.store.snapshot import Snapshot

OF_ONE = 20_000
TRUE = ("SUPPORTED",)
NOT_TRUE = ("REFUTED", "UNSUPPORTED", "NOT_COVERED")
OPEN = ("UNSUPPORTED", "NOT_COVERED")
ROOFS = "('in_drug_class', 'has_role', 'has_mechanism_of_action', 'subclass_of')"


@dataclass(frozen=True, slots=True)
class Kind:
    """How claims of a kind are made, and the labels that they may have."""

    sql: str
    labels: tuple[str, ...] = TRUE
    negated: bool = False
    inverted: bool = False
    spread: str = "p"


def _up(steps: int) -> str:
    """Joins of ``steps`` statements of subclass_of above b.o, the last h1, h2 ..."""
    above = ["b.o", *(f"h{n}.o" for n in range(1, steps))]
    return " ".join(
        f"JOIN st h{n + 1} ON h{n + 1}.s = {from_} AND h{n + 1}.p = 'subclass_of'"
        for n, from_ in enumerate(above)
    )


_REVERSED = "SELECT b.o AS s, p, b.s AS o, 0 AS q FROM base b JOIN pred ON name = p"
_OBJECT = """SELECT s, p, 0 AS q,
    lead(o) OVER (PARTITION BY p, categories[1] ORDER BY hash(eid)) AS o
    FROM base JOIN concept ON cid = o"""
_EXCLUDED = "SELECT s, other AS p, o, q FROM base JOIN partner ON one = p WHERE how = 'excludes'"
_ILL_TYPED = """SELECT b.s, b.p, w.cid AS o, 0 AS q FROM numbered b
    JOIN misfit w ON w.p = b.p AND w.place = b.place % w.places"""
_SOME = f"""SELECT b.s, b.p, h1.o, 0 AS q FROM base b JOIN pred ON name = b.p {_up(2)}
    WHERE inherits = 'up:some'"""
_STATED = "SELECT s, p, o, q FROM base"

KINDS: dict[str, Kind] = {
    # true, a rule each
    "statement": Kind(_STATED),
    "with fewer qualifiers": Kind("SELECT s, p, o, 0 AS q FROM base WHERE q <> 0"),
    "inverse": Kind("SELECT s, p, o, q FROM base JOIN pred ON name = p WHERE NOT mirrors",
                    inverted=True),
    "symmetric": Kind("SELECT o AS s, p, s AS o, q FROM base JOIN pred ON name = p"
                      " WHERE mirrors"),
    "sub-predicate": Kind("SELECT s, claimed AS p, o, 0 AS q FROM base JOIN below USING (p)"
                          " WHERE claimed <> p"),
    "sub-predicate, mirrored": Kind("SELECT o AS s, claimed AS p, s AS o, 0 AS q FROM base"
                                    " JOIN below USING (p) WHERE claimed <> p AND flips"),
    "transitive, 2 steps": Kind(
        """SELECT b.s, b.p, x.o, 0 AS q FROM base b JOIN st x ON x.s = b.o AND x.p = b.p
        WHERE b.p IN ('subclass_of', 'part_of')"""),
    "transitive, 4 steps": Kind(f"SELECT b.s, b.p, h3.o, 0 AS q FROM base b {_up(3)}"
                                " WHERE b.p = 'subclass_of'"),
    "chain": Kind(
        """SELECT b.s, b.p, x.o, 0 AS q FROM base b JOIN st x ON x.s = b.o
        WHERE (b.p = 'has_active_ingredient' AND x.p = 'form_of')
        OR (b.p IN ('located_in', 'occurs_in', 'expressed_in') AND x.p = 'part_of')"""),
    "chain, as its parent": Kind(
        """SELECT b.s, parent AS p, x.o, 0 AS q FROM base b JOIN pred ON name = b.p
        JOIN st x ON x.s = b.o WHERE (b.p = 'has_active_ingredient' AND x.p = 'form_of')
        OR (b.p = 'expressed_in' AND x.p = 'part_of')"""),
    "form of the base": Kind(
        """SELECT f.s, b.p, b.o, b.q FROM base b JOIN pred ON name = b.p AND by_form
        JOIN st f ON f.o = b.s AND f.p = 'form_of' JOIN concept c ON c.cid = b.s AND NOT is_ion"""),
    "base of the form": Kind(
        """SELECT f.o AS s, b.p, b.o, b.q FROM base b JOIN pred ON name = b.p AND by_form
        JOIN st f ON f.s = b.s AND f.p = 'form_of' JOIN concept c ON c.cid = f.o AND NOT is_ion"""),
    "product": Kind(
        """SELECT f.s, b.p, b.o, b.q FROM base b JOIN pred ON name = b.p AND by_product
        JOIN st f ON f.o = b.s AND f.p = 'has_active_ingredient'"""),
    "by class": Kind(
        """SELECT f.s, b.p, b.o, b.q FROM base b JOIN pred ON name = b.p AND by_product
        JOIN st f ON f.o = b.s AND f.p = 'in_drug_class'"""),
    "inherited": Kind(
        f"""SELECT b.s, b.p, h1.o, 0 AS q FROM base b {_up(1)} WHERE b.p = 'has_role' UNION ALL
        SELECT b.s, b.p, h.s, b.q FROM base b JOIN st h ON h.o = b.o AND h.p = 'subclass_of'
        WHERE b.p = 'contraindicated_in'"""),
    "some narrower": Kind(_SOME),
    "under another id": Kind("SELECT s, p, o, q FROM base"),
    # denials of what is so
    "denial of a statement": Kind(_STATED, ("REFUTED",), negated=True),
    "denial of what is entailed": Kind(
        """SELECT s, claimed AS p, o, 0 AS q FROM base JOIN below USING (p) WHERE claimed <> p""",
        ("REFUTED",), negated=True),
    "denial of what holds of some": Kind(_SOME, ("UNSUPPORTED", "REFUTED"), negated=True),
    # false, contradicted by a rule
    "reversed": Kind(f"{_REVERSED} WHERE one_way", ("REFUTED",)),
    "reversed, 2 steps": Kind(
        f"""SELECT h1.o AS s, b.p, b.s AS o, 0 AS q FROM base b {_up(1)}
        WHERE b.p = 'subclass_of'""", ("REFUTED",)),
    "excluded predicate": Kind(_EXCLUDED, NOT_TRUE),
    "opposite direction": Kind("SELECT s, p, o, turned AS q FROM base JOIN turn USING (q)",
                               NOT_TRUE),
    "ill typed": Kind(_ILL_TYPED, ("REFUTED",)),
    "denial of a contradiction": Kind(
        f"""SELECT * FROM ({_REVERSED} WHERE one_way) UNION ALL ({_EXCLUDED})
        UNION ALL ({_ILL_TYPED})""", TRUE, negated=True),
    # false, contradicted by nothing
    "opposing partner": Kind("SELECT s, other AS p, o, 0 AS q FROM base JOIN partner ON one = p"
                             " WHERE how = 'opposes'", OPEN),
    "other object": Kind(_OBJECT, NOT_TRUE),
    "class mate": Kind("SELECT other AS s, b.p, b.o, 0 AS q FROM base b JOIN mate m ON m.s = b.s",
                       NOT_TRUE),
    "joined otherwise": Kind("SELECT s, p, lead(o) OVER (PARTITION BY s ORDER BY hash(eid)) AS o,"
                             " 0 AS q FROM base", NOT_TRUE),
    "neighbour's neighbour": Kind("SELECT b.s, b.p, c.o, 0 AS q FROM base b JOIN base c"
                                  " ON c.s = b.o WHERE c.p <> b.p", NOT_TRUE),
    "swapped": Kind(f"{_REVERSED} WHERE NOT one_way AND NOT mirrors", NOT_TRUE),
    "narrower predicate": Kind("SELECT s, name AS p, o, 0 AS q FROM base JOIN pred ON parent = p"
                               " WHERE p <> 'related_to' AND NOT takes_value", NOT_TRUE),
    "sibling predicate": Kind(
        """SELECT s, a.name AS p, o, 0 AS q FROM base JOIN pred b ON b.name = p
        JOIN pred a ON a.parent = b.parent AND a.name <> p AND NOT a.takes_value
        WHERE b.parent NOT IN ('related_to', '')""", NOT_TRUE),
    "other qualifier": Kind("SELECT s, p, o, lead(q) OVER (PARTITION BY p ORDER BY hash(eid)) AS q"
                            " FROM base WHERE q <> 0", NOT_TRUE),
    "narrower object": Kind(
        """SELECT b.s, b.p, h.s AS o, 0 AS q FROM base b JOIN pred ON name = b.p
        JOIN st h ON h.o = b.o AND h.p = 'subclass_of' WHERE inherits LIKE 'up:%'""", NOT_TRUE),
    "broader object, too far": Kind(
        f"""SELECT b.s, b.p, h4.o, 0 AS q FROM numbered b JOIN pred ON name = b.p {_up(4)}
        WHERE inherits = 'up:some' AND place <= 1000""", NOT_TRUE),
    "class of a member": Kind(
        """SELECT c.o AS s, b.p, b.o, 0 AS q FROM base b JOIN st c ON c.s = b.s
        AND c.p IN ('in_drug_class', 'has_role') WHERE b.p <> c.p""", NOT_TRUE),
    "use of a form or ingredient": Kind(
        """SELECT f.s, b.p, b.o, 0 AS q FROM base b JOIN st f ON f.o = b.s
        AND f.p IN ('has_active_ingredient', 'form_of') WHERE b.p = 'treats'""", NOT_TRUE),
    "denial of what nothing says": Kind(_OBJECT, ("UNSUPPORTED", "NOT_COVERED", "SUPPORTED"),
                                        negated=True),
    # not covered
    "ends thrown together": Kind(
        "SELECT a.s, b.p, b.o, 0 AS q FROM numbered a JOIN numbered b ON b.number = a.further",
        NOT_TRUE),
    "unknown id": Kind(_STATED, ("NOT_COVERED",)),
    "unknown predicate": Kind(_STATED, ("NOT_COVERED",)),
}  # fmt: skip


def make(connection: Any, snapshot: Snapshot, registry: Registry, *, each: int, seed: int) -> None:
    """Make ``asked`` (n, kind, s, p, o, q, negated, inverted, subject, predicate, object)."""
    run = connection.execute
    run(
        f"""CREATE OR REPLACE TABLE base AS SELECT st.* FROM st JOIN pred ON name = st.p
        WHERE NOT takes_value QUALIFY
        row_number() OVER (PARTITION BY p ORDER BY hash(eid, {seed})) <= {OF_ONE}"""
    )
    run(
        """CREATE OR REPLACE TABLE numbered AS
        SELECT *, (number + 7919) % count(*) OVER () AS further FROM (
            SELECT *, row_number() OVER (ORDER BY hash(eid)) - 1 AS number,
                   row_number() OVER (PARTITION BY p ORDER BY hash(eid)) AS place FROM base)"""
    )
    run(f"CREATE OR REPLACE TABLE mate AS SELECT s, lead(s) OVER (PARTITION BY p, o"
        f" ORDER BY hash(s)) AS other FROM st WHERE p IN {ROOFS}")  # fmt: skip
    _partners(connection, registry)
    _turned(connection)
    _misfits(connection, registry)
    columns = "n INTEGER, kind VARCHAR, s INTEGER, p VARCHAR, o INTEGER, q VARCHAR"
    run(f"CREATE OR REPLACE TABLE asked ({columns}, negated BOOLEAN, inverted BOOLEAN)")
    for name, kind in KINDS.items():
        run(
            f"""INSERT INTO asked
            WITH made AS (SELECT DISTINCT s, p, o, q FROM ({kind.sql}) x
                          WHERE s IS NOT NULL AND o IS NOT NULL AND s <> o),
            spread AS (SELECT *, hash(s, o, q, {seed}) AS h,
                       row_number() OVER (PARTITION BY {kind.spread} ORDER BY hash(s, o, q, {seed}))
                       AS r FROM made)
            SELECT (SELECT count(*) FROM asked) + row_number() OVER (ORDER BY r, h) - 1,
                   ?, s, p, o, text, ?, ? FROM spread JOIN qual USING (q)
            ORDER BY r, h LIMIT {each}""",
            [name, kind.negated, kind.inverted],
        )
    _named(connection, snapshot)


def _partners(connection: Any, registry: Registry) -> None:
    rows = [
        (name, other, how)
        for name, entry in registry.items()
        for how, others in (("excludes", entry.excludes), ("opposes", entry.opposes))
        for other in others
    ]
    one, other, how = zip(*rows, strict=True)
    connection.register("partners", pa.table({"one": one, "other": other, "how": how}))
    connection.execute("CREATE OR REPLACE TABLE partner AS SELECT * FROM partners")


def _turned(connection: Any) -> None:
    """Qualifiers with the opposite direction: a number beyond those of the graph where it has
    none such."""
    connection.execute(
        """CREATE OR REPLACE TABLE turn AS
        SELECT q, q + 1000000000 AS turned, CASE
            WHEN text LIKE '%"increased"%' THEN replace(text, '"increased"', '"decreased"')
            ELSE replace(text, '"decreased"', '"increased"') END AS text
        FROM qual WHERE text LIKE '%"direction":"increased"%'
                     OR text LIKE '%"direction":"decreased"%';
        DELETE FROM qual WHERE q >= 1000000000;
        INSERT INTO qual SELECT turned, text FROM turn"""
    )


def _above(category: str) -> set[str]:
    return {category, *(_above(PARENTS[category]) if PARENTS.get(category) else ())}


def _misfits(connection: Any, registry: Registry) -> None:
    """``misfit`` (p, cid, place, places): concepts that can't be objects of a predicate."""
    connection.execute(
        """CREATE OR REPLACE TABLE example AS SELECT cid, categories[1] AS category FROM concept
        WHERE len(categories) = 1
        QUALIFY row_number() OVER (PARTITION BY categories[1] ORDER BY hash(cid)) <= 300"""
    )
    held = [c for (c,) in connection.sql("SELECT DISTINCT category FROM example").fetchall()]
    never = {frozenset(pair) for pair in DISJOINT}
    rows = [
        (name, category)
        for name, entry in registry.items()
        for category in held
        if not entry.takes_value
        and all(
            any(frozenset((a, b)) in never for a in _above(category) for b in _above(wanted))
            for wanted in entry.range
        )
    ]
    p, category = zip(*rows, strict=True)
    connection.register("misfits", pa.table({"p": p, "category": category}))
    connection.execute(
        """CREATE OR REPLACE TABLE misfit AS SELECT p, cid,
        row_number() OVER (PARTITION BY p ORDER BY hash(cid)) - 1 AS place,
        count(*) OVER (PARTITION BY p) AS places FROM misfits JOIN example USING (category)"""
    )


def _named(connection: Any, snapshot: Snapshot) -> None:
    """The columns that are asked: leading ids or others, a predicate or its inverse."""
    ids = f"read_parquet('{snapshot.folder / 'tables' / 'ids.parquet'}')"
    run = connection.execute
    run(
        f"""CREATE OR REPLACE TABLE asked AS
        WITH other AS (SELECT i.cid, max(curie) AS curie FROM {ids} i
                       JOIN concept c ON c.cid = i.cid AND c.id <> curie GROUP BY i.cid)
        SELECT k.*, coalesce(CASE WHEN kind = 'under another id' THEN u.curie END, a.id) AS subject,
               CASE WHEN inverted THEN inverse ELSE p END AS predicate,
               coalesce(CASE WHEN kind = 'under another id' THEN v.curie END, b.id) AS object
        FROM asked k JOIN concept a ON a.cid = k.s JOIN concept b ON b.cid = k.o
        JOIN pred f ON f.name = p
        LEFT JOIN other u ON u.cid = k.s LEFT JOIN other v ON v.cid = k.o ORDER BY n"""
    )
    run(
        """UPDATE asked SET subject = object, object = subject WHERE inverted;
        UPDATE asked SET s = NULL, subject = 'drugbank:DB9' || lpad(n::VARCHAR, 8, '0')
            WHERE kind = 'unknown id' AND n % 2 = 0;
        UPDATE asked SET o = NULL, object = 'umls:C9' || lpad(n::VARCHAR, 8, '0')
            WHERE kind = 'unknown id' AND n % 2 = 1;
        UPDATE asked SET p = 'zorbles_' || p, predicate = 'zorbles_' || p
            WHERE kind = 'unknown predicate'"""
    )

"""What a graph's tables make of claims, in SQL: DESIGN section 7 written a second time.

It shares no code with the verifier, reads no adjacency files, and has none of its bounds: whole
tables are joined. ``asked`` (n, s, p, o, q, negated) holds claims; :func:`label` makes ``labelled``
(n, label, why) of it. ``q`` is JSON, '' for no qualifiers; an end that is no concept is NULL.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from kgmed.kg.categories import DISJOINT, PARENTS
from kgmed.kg.predicates import Registry
from kgmed.kg.store.snapshot import Snapshot

STEPS = 32
"""Of a transitive predicate."""
NEAR = 2
"""Steps of subclass_of over which what holds of the narrower holds of some of the broader."""
OPPOSITE = ({"increased", "decreased"}, {"upregulated", "downregulated"})
Qualifiers = Mapping[str, str]


def label(connection: Any, snapshot: Snapshot, registry: Registry) -> None:
    """Make ``labelled`` of ``asked``."""
    run = connection.execute
    known = "(SELECT * FROM asked WHERE s IS NOT NULL AND o IS NOT NULL AND s <> o)"
    run(f"CREATE OR REPLACE TABLE claim AS SELECT a.*, f.* EXCLUDE (name) FROM {known} a"
        " JOIN pred f ON f.name = a.p")  # fmt: skip
    run("CREATE OR REPLACE TABLE found (n INTEGER, what VARCHAR, q INTEGER)")
    _variants(run)
    _supports(run)
    _chains(run, registry)
    _contrary(run, registry)
    _qualified(connection, snapshot)
    _ill_typed(connection, registry)
    _coverage(run)
    run(
        """CREATE OR REPLACE TABLE labelled AS
        WITH said AS (
            SELECT n, bool_or(what IN ('stated', 'entailed')) AS yes,
                   bool_or(what = 'some') AS weakly, bool_or(what = 'denied') AS denied,
                   bool_or(what = 'against') AS against,
                   bool_or(what IN ('covered', 'differs', 'members')) AS covered,
                   string_agg(DISTINCT what, ' ' ORDER BY what) AS why
            FROM found GROUP BY n)
        SELECT n, coalesce(why, '') AS why, CASE
            WHEN NOT negated AND (yes OR weakly) THEN 'SUPPORTED'
            WHEN NOT negated AND (denied OR against) THEN 'REFUTED'
            WHEN negated AND denied THEN 'SUPPORTED'
            WHEN negated AND yes THEN 'REFUTED'
            WHEN negated AND weakly THEN 'UNSUPPORTED'
            WHEN negated AND against THEN 'SUPPORTED'
            WHEN covered THEN 'UNSUPPORTED' ELSE 'NOT_COVERED' END AS label
        FROM asked LEFT JOIN said USING (n)"""
    )


def _variants(run: Callable[[str], Any]) -> None:
    """``variant`` (n, side, node, weak): the concepts whose statements count for an end."""
    run(
        """CREATE OR REPLACE TABLE variant AS
        WITH own AS (
            SELECT n, 's' AS side, s AS node FROM claim UNION ALL
            SELECT n, 'o', o FROM claim WHERE mirrors),
        start AS (
            FROM own UNION
            SELECT n, side, st.o FROM own JOIN claim c USING (n)
            JOIN st ON st.s = node AND st.p = 'has_active_ingredient' WHERE c.by_product),
        base AS (
            SELECT v.n, side, st.o AS node FROM start v JOIN claim c USING (n)
            JOIN st ON st.s = node AND st.p = 'form_of'
            JOIN concept k ON k.cid = st.o WHERE c.by_form AND NOT k.is_ion),
        whole AS (
            FROM base UNION
            SELECT v.n, side, node FROM start v JOIN concept k ON k.cid = node WHERE NOT k.is_ion),
        every AS (
            FROM start UNION FROM base UNION
            SELECT v.n, side, st.s FROM whole v JOIN claim c USING (n)
            JOIN st ON st.o = node AND st.p = 'form_of' WHERE c.by_form)
        SELECT n, side, node, false AS weak FROM every UNION ALL
        SELECT v.n, side, st.o, true FROM every v JOIN claim c USING (n)
        JOIN st ON st.s = node AND st.p = 'in_drug_class' WHERE c.by_product"""
    )


def _climb(run: Callable[[str], Any], name: str, starts: str, edges: str, *, steps: int) -> None:
    """``name`` (start, node, depth): what ``edges`` (s, o) lead to, by the fewest steps."""
    run(f"CREATE OR REPLACE TABLE {name} AS SELECT DISTINCT start, start AS node, 0 AS depth"
        f" FROM ({starts})")  # fmt: skip
    for depth in range(steps):
        run(
            f"""CREATE OR REPLACE TEMP TABLE fresh AS
            SELECT DISTINCT a.start, e.o AS node FROM {name} a JOIN ({edges}) e ON e.s = a.node
            WHERE a.depth = {depth}
              AND NOT EXISTS (FROM {name} b WHERE b.start = a.start AND b.node = e.o)"""
        )
        if not run("SELECT count(*) FROM fresh").fetchone()[0]:
            break
        run(f"INSERT INTO {name} SELECT start, node, {depth + 1} FROM fresh")


def _edges(predicate: str) -> str:
    return f"SELECT s, o FROM st JOIN below USING (p) WHERE claimed = '{predicate}'"


_SUBCLASS = "SELECT s, o FROM st WHERE p = 'subclass_of'"


def _supports(run: Callable[[str], Any]) -> None:
    """Statements between the variants of both ends; inheritance; transitive predicates."""
    _climb(run, "over", "SELECT o AS start FROM claim WHERE inherits = 'down:entailed'",
           _SUBCLASS, steps=STEPS)  # fmt: skip
    run(
        """CREATE OR REPLACE TABLE pair AS
        WITH object AS (
            SELECT n, node, weak FROM variant WHERE side = 'o' UNION
            SELECT n, o, false FROM claim WHERE NOT mirrors UNION
            SELECT n, node, false FROM claim JOIN over ON start = o
            WHERE inherits = 'down:entailed')
        SELECT DISTINCT a.n, a.node AS a, b.node AS b, a.weak OR b.weak AS weak,
               a.node = c.s AND b.node = c.o AS direct
        FROM variant a JOIN object b USING (n) JOIN claim c USING (n)
        WHERE a.side = 's' AND a.node <> b.node"""
    )
    run(
        """INSERT INTO found
        WITH joined AS (
            SELECT v.n, weak, direct, st.q, st.p, false AS back FROM pair v
            JOIN st ON st.s = a AND st.o = b UNION ALL
            SELECT v.n, weak, direct, st.q, st.p, true FROM pair v
            JOIN st ON st.s = b AND st.o = a)
        SELECT DISTINCT n,
            CASE WHEN direct THEN 'stated' WHEN weak THEN 'some' ELSE 'entailed' END, j.q
        FROM joined j JOIN claim c USING (n)
        JOIN below w ON w.claimed = c.p AND w.p = j.p AND (flips OR NOT back)"""
    )
    run(
        """CREATE OR REPLACE TABLE reached AS
        SELECT DISTINCT n, st.o AS x, st.q, weak FROM variant v JOIN claim c USING (n)
        JOIN st ON st.s = v.node JOIN below w ON w.claimed = c.p AND w.p = st.p
        WHERE side = 's' AND c.inherits LIKE 'up:%'"""
    )
    narrower = "SELECT DISTINCT x AS start FROM reached JOIN claim USING (n) WHERE inherits = '{}'"
    for inherits, steps in (("up:some", NEAR), ("up:entailed", STEPS)):
        _climb(run, "over", narrower.format(inherits), _SUBCLASS, steps=steps)
        some = inherits == "up:some"
        run(
            f"""INSERT INTO found
            SELECT DISTINCT n, CASE WHEN {some} OR weak THEN 'some' ELSE 'entailed' END, r.q
            FROM reached r JOIN claim c USING (n) JOIN over ON start = x AND node = c.o
            WHERE depth > 0 AND inherits = '{inherits}'
              AND (NOT {some} OR EXISTS (FROM ({_SUBCLASS}) h WHERE h.s = c.o))"""
        )
    for predicate in ("subclass_of", "part_of"):
        for what, start, goal in (("entailed", "s", "o"), ("against", "o", "s")):
            chosen = f"FROM claim WHERE p = '{predicate}' AND q = ''"
            _climb(run, "over", f"SELECT {start} AS start {chosen}", _edges(predicate), steps=STEPS)
            run(f"INSERT INTO found SELECT n, '{what}', 0 FROM (SELECT * {chosen}) c"
                f" JOIN over ON over.start = c.{start} AND node = c.{goal}")  # fmt: skip


def _chains(run: Callable[[str], Any], registry: Registry) -> None:
    for name, entry in registry.items():
        for chain in entry.chains:
            if chain.gives != "entailed":
                continue
            first, second = chain.steps  # two forward steps is all that the registry has
            run(
                f"""CREATE OR REPLACE TABLE walked AS
                SELECT DISTINCT c.n, c.o, e.o AS node FROM claim c JOIN ({_edges(first)}) e
                ON e.s = c.s WHERE c.q = '' AND c.parent <> ''
                AND c.p IN ({", ".join(f"'{p}'" for p in registry.ancestors(name))})"""
            )
            steps = STEPS if registry[second].transitive else 1
            _climb(run, "over", "SELECT node AS start FROM walked", _edges(second), steps=steps)
            run("INSERT INTO found SELECT DISTINCT n, 'entailed', 0 FROM walked w"
                " JOIN over ON start = w.node AND over.node = w.o AND depth > 0")  # fmt: skip


def _contrary(run: Callable[[str], Any], registry: Registry) -> None:
    """Denials, the reverse of an asymmetric predicate, excluding partners, opposite directions."""
    run(
        """INSERT INTO found
        SELECT n, 'against', 0 FROM claim c JOIN st ON st.s = c.o AND st.o = c.s
        JOIN below w ON w.claimed = c.p AND w.p = st.p WHERE one_way AND NOT flips"""
    )
    run(
        """INSERT INTO found
        SELECT n, 'maybe denied', d.q FROM claim c JOIN denied d
        ON d.p = c.p AND d.s = c.s AND d.o = c.o UNION ALL
        SELECT n, 'maybe denied', d.q FROM claim c JOIN denied d
        ON d.p = c.p AND d.s = c.o AND d.o = c.s WHERE mirrors"""
    )
    pairs = [(name, other) for name, entry in registry.items() for other in entry.excludes]
    listed = ", ".join(f"('{a}', '{b}')" for a, b in pairs) or "('', '')"
    run(
        f"""INSERT INTO found
        SELECT n, 'maybe excluded', st.q FROM claim c JOIN (VALUES {listed}) v(one, other)
        ON one = c.p JOIN st ON st.s = c.s AND st.o = c.o AND st.p = other"""
    )
    run(
        """INSERT INTO found
        SELECT n, 'maybe opposite', st.q FROM claim c JOIN st
        ON st.p = c.p AND st.s = c.s AND st.o = c.o WHERE c.q LIKE '%direction%' UNION ALL
        SELECT n, 'maybe opposite', st.q FROM claim c JOIN st
        ON st.p = c.p AND st.s = c.o AND st.o = c.s WHERE mirrors AND c.q LIKE '%direction%'"""
    )


def _qualified(connection: Any, snapshot: Snapshot) -> None:
    """Settle what depends on qualifiers: each distinct pair of a claim's and a statement's."""
    rows = connection.sql(
        """SELECT DISTINCT what, c.q, f.q, text FROM found f JOIN claim c USING (n)
        JOIN qual ON qual.q = f.q
        WHERE c.q <> '' OR what LIKE 'maybe%'"""
    ).fetchall()
    read = {text: json.loads(text) if text else {} for row in rows for text in (row[1], row[3])}
    parties = sorted({q["affected"] for q in read.values() if "affected" in q})
    connection.register("parties", pa.table({"party": pa.array(parties, pa.string())}))
    ids = dict(
        connection.sql(
            "SELECT party, cid::VARCHAR FROM parties JOIN"
            f" read_parquet('{snapshot.folder / 'tables' / 'ids.parquet'}') ON curie = party"
        ).fetchall()
    )
    settled = [
        (what, claimed, q, _settled(what, _plain(read[claimed], ids), _plain(read[text], ids)))
        for what, claimed, q, text in rows
    ]  # fmt: skip
    what, claimed, q, becomes = zip(*settled, strict=True) if settled else ((), (), (), ())
    connection.register(
        "settled",
        pa.table(
            {
                "what": pa.array(what, pa.string()),
                "claimed": pa.array(claimed, pa.string()),
                "q": pa.array(q, pa.int32()),
                "becomes": pa.array(becomes, pa.string()),
            }
        ),
    )
    connection.execute(
        """CREATE OR REPLACE TABLE found AS
        SELECT f.n, coalesce(t.becomes, f.what) AS what, f.q FROM found f JOIN claim c USING (n)
        LEFT JOIN settled t ON t.what = f.what AND t.claimed = c.q AND t.q = f.q"""
    )


def _plain(qualifiers: Qualifiers, ids: Mapping[str, str]) -> dict[str, str]:
    return {name: ids.get(v, v).strip().casefold() for name, v in qualifiers.items()}


def _settled(what: str, claimed: Qualifiers, stated: Qualifiers) -> str:
    """What a statement is to a claim, given both's qualifiers; '' for nothing."""
    if not what.startswith("maybe"):
        fits = all(stated.get(name) == value for name, value in claimed.items())
        return what if fits else "differs" if what == "stated" else ""
    mine = {name: v for name, v in claimed.items() if name != "role_group"}
    its = {name: v for name, v in stated.items() if name != "role_group"}
    if what == "maybe opposite":
        both = {mine.pop("direction", ""), its.pop("direction", "")}
        named = {"aspect", "affected"} <= mine.keys()
        return "against" if both in OPPOSITE and named and mine == its else ""
    if mine != its:
        return ""
    return "denied" if what == "maybe denied" else "against"


def _up(category: str) -> set[str]:
    found = set()
    while category:
        found.add(category)
        category = PARENTS.get(category, "")
    return found


def _exclusive(categories: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether each of the categories is disjoint with each that is wanted."""
    pairs = [*DISJOINT, *((b, a) for a, b in DISJOINT)]
    return bool(categories) and all(
        any(a in _up(mine) and b in _up(other) for a, b in pairs)
        for mine in categories
        for other in wanted
    )


def _ill_typed(connection: Any, registry: Registry) -> None:
    rows = connection.sql(
        """SELECT p, a.categories, b.categories, list(n) FROM claim
        JOIN concept a ON a.cid = s JOIN concept b ON b.cid = o GROUP BY 1, 2, 3"""
    ).fetchall()
    wrong = [
        n
        for p, subject, object, numbers in rows
        if p in registry
        and (_exclusive(subject, registry[p].domain) or _exclusive(object, registry[p].range))
        for n in numbers
    ]
    connection.register("wrong", pa.table({"n": pa.array(wrong, pa.int32())}))
    connection.execute("INSERT INTO found SELECT n, 'against', 0 FROM wrong")


def _coverage(run: Callable[[str], Any]) -> None:
    """One source with the subject as subject and the object as object of the predicate; and
    members of a class that have what is claimed of it."""
    run(
        """INSERT INTO found
        WITH asks AS (
            SELECT n, s, o, mirrors, below.p FROM claim JOIN below ON claimed = claim.p
            WHERE parent <> '' UNION ALL
            SELECT n, s, o, mirrors, held.p FROM claim, (SELECT DISTINCT p FROM st) held
            WHERE parent = ''),
        node AS (SELECT s AS x FROM claim UNION SELECT o FROM claim),
        left_of AS (SELECT DISTINCT s AS x, p, src FROM st WHERE s IN (FROM node)),
        right_of AS (SELECT DISTINCT o AS x, p, src FROM st WHERE o IN (FROM node)),
        subject AS (
            SELECT n, src FROM asks a JOIN left_of l ON x = s AND l.p = a.p UNION
            SELECT n, src FROM asks a JOIN right_of r ON x = s AND r.p = a.p WHERE mirrors),
        object AS (
            SELECT n, src FROM asks a JOIN right_of r ON x = o AND r.p = a.p UNION
            SELECT n, src FROM asks a JOIN left_of l ON x = o AND l.p = a.p WHERE mirrors)
        SELECT DISTINCT n, 'covered', 0 FROM subject JOIN object USING (n, src)"""
    )
    run(
        """INSERT INTO found
        WITH class AS (SELECT cid FROM concept
                       WHERE list_has_any(categories, ['DrugClass', 'ChemicalRole'])),
        ofs AS (SELECT s AS m, o AS class FROM st WHERE p IN ('in_drug_class', 'has_role')),
        asks AS (
            SELECT n, p, m AS a, o AS b FROM claim c JOIN ofs ON class = c.s
            WHERE c.s IN (FROM class) AND m <> o UNION ALL
            SELECT n, p, s, m FROM claim c JOIN ofs ON class = c.o
            WHERE c.o IN (FROM class) AND m <> s),
        pairs AS (
            SELECT n, k.p, a, b, w.p AS stated FROM asks k JOIN below w ON w.claimed = k.p
            WHERE k.p NOT IN ('in_drug_class', 'has_role') UNION ALL
            SELECT n, k.p, b, a, w.p FROM asks k JOIN below w ON w.claimed = k.p
            WHERE k.p NOT IN ('in_drug_class', 'has_role') AND flips)
        SELECT DISTINCT n, 'members', 0 FROM pairs
        JOIN st ON st.s = a AND st.o = b AND st.p = stated"""
    )

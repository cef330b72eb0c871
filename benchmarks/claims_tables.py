"""A graph's own tables in DuckDB, for claims whose labels nobody asks the verifier for.

What is used of kgmed is the snapshot's Parquet files, ``predicates.toml`` and the tree of
categories: nothing of :mod:`kgmed.reasoning`. Tables made here:

    st       eid, s, p (predicate's name), o, src, q: statements that aren't negated, without values
    denied   s, p, o, q: negated statements
    qual     q, text: distinct qualifiers as JSON, 0 for none
    concept  cid, id, name, categories, is_ion
    pred     name, parent, and the flags of predicates.toml
    below    claimed, p, flips: each predicate, those that imply it, and whether one on the way up
             is symmetric
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from measure import database

from kgmed.kg.predicates import Registry
from kgmed.kg.store.snapshot import Snapshot

FORMS = ("interacts_with", "has_target", "contraindicated_in")
"""DESIGN section 2: what salt and base share."""
PRODUCTS = ("interacts_with", "contraindicated_in")
"""DESIGN section 2: what a product has of its ingredients, and a member of its class."""
ION_NAMES = (
    "potassium", "lithium", "iron", "calcium", "magnesium", "zinc", "sodium", "copper",
    "manganese", "selenium", "iodine", "iodide", "fluoride", "chloride", "phosphate",
    "bicarbonate", "ammonium", "aluminum", "aluminium", "barium", "strontium", "silver", "gold",
    "bismuth", "chromium", "cobalt",
)  # fmt: skip
"""Bases whose salts are drugs of their own (DESIGN section 2), alone or with "cation", "ion"."""
MEMORY = "6GB"


def tables_of(snapshot: Snapshot, registry: Registry) -> Any:
    """A DuckDB connection with the tables above."""
    connection = database()
    connection.execute(f"SET memory_limit = '{MEMORY}'")
    folder, manifest = snapshot.folder / "tables", snapshot.manifest
    _rows(connection, "code", {
        "code": [n for n, _p in enumerate(manifest["predicates"])],
        "name": [name for name, _negated in manifest["predicates"]],
        "negated": [negated for _name, negated in manifest["predicates"]],
    })  # fmt: skip
    _rows(connection, "prof", {
        "profile": list(range(len(manifest["profiles"]))),
        "src": [row[0] for row in manifest["profiles"]],
    })  # fmt: skip
    statements = f"read_parquet('{folder / 'statements.parquet'}')"
    connection.execute(
        f"""CREATE TABLE qual AS
            SELECT 0 AS q, '' AS text UNION ALL
            SELECT row_number() OVER (ORDER BY qualifiers), qualifiers
            FROM (SELECT DISTINCT qualifiers FROM {statements} WHERE qualifiers <> '')"""
    )
    sources = "(SELECT src, dense_rank() OVER (ORDER BY src) AS number, profile FROM prof)"
    connection.execute(
        f"""CREATE TABLE whole AS
            SELECT eid, s, name AS p, negated, o, number::UTINYINT AS src, q::INTEGER AS q
            FROM {statements} a JOIN code ON code.code = a.p
            JOIN {sources} b ON b.profile = a.profile JOIN qual ON qual.text = a.qualifiers"""
    )
    connection.execute(
        """CREATE TABLE st AS
           SELECT eid, s, p::VARCHAR AS p, o, src, q FROM whole WHERE NOT negated;
           CREATE TABLE denied AS SELECT s, p, o, q FROM whole WHERE negated;
           DROP TABLE whole"""
    )
    ions = ", ".join(f"'{name}{more}'" for name in ION_NAMES for more in ("", " cation", " ion"))
    connection.execute(
        f"""CREATE TABLE concept AS
            WITH called AS (
                SELECT cid, arg_min(text, (language <> 'en', kind <> 'preferred', nid)) AS name
                FROM read_parquet('{folder / "names.parquet"}') GROUP BY cid)
            SELECT c.cid, c.id, coalesce(name, c.id) AS name, c.categories,
                   coalesce(lower(name) IN ({ions}), false) AS is_ion
            FROM read_parquet('{folder / "concepts.parquet"}') c LEFT JOIN called USING (cid)"""
    )
    _predicates(connection, registry)
    return connection


def _predicates(connection: Any, registry: Registry) -> None:
    held = [row[0] for row in connection.sql("SELECT DISTINCT p FROM st").fetchall()]
    above = {name: _way_up(registry, name) for name in {*registry, *held}}
    rows = []
    for name in sorted({*registry, *held}):
        entry = registry.get(name)
        rows.append({
            "name": name,
            "parent": entry.parent if entry else "",
            "inverse": entry.inverse if entry else "",
            "mirrors": bool(entry and entry.symmetric),
            "goes_on": bool(entry and entry.transitive),
            "one_way": bool(entry and entry.asymmetric),
            "by_form": any(wanted in above[name] for wanted in FORMS),
            "by_product": any(wanted in above[name] for wanted in PRODUCTS),
            "inherits": f"{entry.inherit_object.direction}:{entry.inherit_object.strength}"
            if entry else "none:",
            "takes_value": bool(entry and entry.takes_value),
        })  # fmt: skip
        if entry and entry.inherit_subject.direction != "none":
            raise AssertionError(f"{name}: inherit.subject isn't labelled here")
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    _rows(connection, "pred", columns)
    implied = []
    for name in sorted(held):
        flips = False
        for claimed in above[name]:
            flips = flips or bool(claimed in registry and registry[claimed].symmetric)
            implied.append((claimed, name, flips))
    claimed, stated, flipped = zip(*implied, strict=True)
    _rows(connection, "below", {"claimed": claimed, "p": stated, "flips": flipped})


def _way_up(registry: Registry, name: str) -> list[str]:
    way = [name]
    while way[-1] in registry and registry[way[-1]].parent:
        way.append(registry[way[-1]].parent)
    return way


def _rows(connection: Any, name: str, columns: dict[str, Any]) -> None:
    connection.register("rows", pa.table({key: list(values) for key, values in columns.items()}))
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
    connection.unregister("rows")

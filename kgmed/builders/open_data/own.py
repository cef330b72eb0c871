"""kgmed's own part of the open graph: Chinese and common names, products, curated statements.

``names_zh.tsv``, ``names_common.tsv`` and ``products.tsv`` are written by hand, plain text, and
reviewed as such. The other tables of the source (``kgmed.*.tsv.gz``) hold what kgmed concludes from
the names of the other sources: which drug is a salt of which, and mappings by equal name.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING

from kgmed.builders.open_data.files import (
    LIST_SEPARATOR,
    conform,
    read_tsv,
    tables_folder,
    to_tsv,
)
from kgmed.builders.open_data.sources import BATCH_ROWS, OpenSource
from kgmed.builders.source import COLUMNS, TableName, Tally
from kgmed.kg.errors import RowError
from kgmed.kg.model import canonical_qualifiers

if TYPE_CHECKING:
    import pyarrow as pa

NAMES = ("names_zh.tsv", "names_common.tsv")
PRODUCTS = "products.tsv"
KINDS = frozenset({"preferred", "synonym", "brand", "abbreviation"})

Rows = list[dict[str, str]]


def product_id(name: str) -> str:
    """The id of a product, from its English or Chinese name.

    >>> product_id("Tylenol Cold & Flu"), product_id("感冒灵")
    ('kgmed.product:tylenol-cold-flu', 'kgmed.product:感冒灵')
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "kgmed.product:" + re.sub(r"[^\w]+", "-", folded).strip("-")


class OwnSource(OpenSource):
    """kgmed's own source: the tables that the extraction made, and the three written by hand."""

    def __init__(self) -> None:
        super().__init__("kgmed")

    def fingerprint(self) -> str:
        """SHA-256 over the committed files, those written by hand among them."""
        digest = hashlib.sha256(super().fingerprint().encode())
        for name in (*NAMES, PRODUCTS):
            digest.update(f" {name} ".encode() + (_bytes(name) or b""))
        return digest.hexdigest()

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Yield one table's rows: the extraction's first, then those written by hand."""
        yield from super().batches(table)
        rows = self._hand_written(table)
        if rows:
            columns = list(COLUMNS[table])
            cells = [[row.get(column, "") for column in columns] for row in rows]
            read = read_tsv(to_tsv(columns, cells, where=f"kgmed {table}"))
            yield from conform(read, table, {}).to_batches(max_chunksize=BATCH_ROWS)

    def _hand_written(self, table: TableName) -> Rows:
        if table == "names":
            return [*self._names(), *self._product_names()]
        if table == "concepts":
            # a drug that other sources know by its MeSH id only has a DrugBank id here
            ids = {row["id"] for row in (*self._products(), *self._names())}
            ids |= {id for row in self._products() for id in row["ingredients"].split("|")}
            drugs = (id for id in ids if id.startswith(("drugbank:", "kgmed.product:")))
            return [{"id": id, "categories": "Drug"} for id in sorted(drugs)]
        if table == "statements":
            return [
                {
                    "subject": row["id"],
                    "predicate": "has_active_ingredient",
                    "object": ingredient,
                    "negated": "false",
                    "qualifiers": row["qualifiers"],
                    "knowledge_level": "knowledge_assertion",
                    "agent_type": "manual_agent",
                }
                for row in self._products()
                for ingredient in row["ingredients"].split(LIST_SEPARATOR)
            ]
        return []

    def _names(self) -> Rows:
        found: dict[tuple[str, str, str], dict[str, str]] = {}
        for file in NAMES:
            tally = self.tallies[file] = Tally()
            for number, row in enumerate(_rows(file), 2):
                tally.read += 1
                if row["id"].startswith("drugbank:") and row["label"]:
                    label = {"id": row["id"], "text": row["label"], "language": "en"}
                    found.setdefault((row["id"], "en", row["label"]), {**label, "kind": "synonym"})
                if row["kind"] not in KINDS:
                    kinds = ", ".join(sorted(KINDS))
                    raise RowError(file, number, found=f"kind {row['kind']!r}", expected=kinds)
                name = {
                    "id": row["id"],
                    "text": row["text"],
                    "language": row.get("lang") or "zh",
                    "kind": row["kind"],
                }
                if found.setdefault((name["id"], name["language"], name["text"]), name) is name:
                    tally.kept += 1
                else:
                    tally.skipped["the id has the name already"] += 1
        return list(found.values())

    def _products(self) -> Rows:
        rows = []
        for row in _rows(PRODUCTS):
            qualifiers = canonical_qualifiers({"country": row["country"]} if row["country"] else {})
            rows.append({**row, "id": product_id(row["name"]), "qualifiers": qualifiers})
        return rows

    def _product_names(self) -> Rows:
        tally = self.tallies[PRODUCTS] = Tally()
        names = []
        for row in self._products():
            tally.read += 1
            tally.kept += 1
            name = {"id": row["id"], "text": row["name"], "language": row["lang"] or "en"}
            names.append({**name, "kind": "brand"})
        return names


def _bytes(name: str) -> bytes | None:
    path = tables_folder().joinpath(name)
    return path.read_bytes() if path.is_file() else None


def _rows(file: str) -> Rows:
    """A hand-written table's rows; none where the file isn't there."""
    data = _bytes(file)
    if data is None:
        return []
    lines = StringIO(data.decode("utf-8"))
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))

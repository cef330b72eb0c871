"""Node records -> concepts, names and mappings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kgmed.builders.columns import Curies, constant, each, languages, make_batch, mapped
from kgmed.builders.kgx.columns import Converted, ids_of, list_column, relisted, texts
from kgmed.builders.rows import Records
from kgmed.kg.categories import PARENTS

if TYPE_CHECKING:
    import pyarrow as pa

MAPPING_COLUMNS = {
    "xref": "oboInOwl:hasDbXref",
    "equivalent_identifiers": "skos:exactMatch",
    "same_as": "skos:exactMatch",
}
"""Node column -> the mapping predicate that it states."""
JUSTIFICATION = "semapv:UnspecifiedMatching"


class Concepts:
    """Node records -> concepts; unknown categories are kept and counted."""

    def __init__(self) -> None:
        self.unknown: Counter[str] = Counter()
        self._curies = Curies()

    def __call__(self, records: Records) -> Converted:
        ids, problems = ids_of(records, self._curies)
        if problems:
            return problems, None
        lists = list_column(records, "category")
        flat = mapped(lists.flatten(), each(lambda name: name.removeprefix("biolink:")))
        for entry in flat.value_counts().to_pylist():
            if entry["values"] not in PARENTS:
                self.unknown[entry["values"]] += entry["counts"]
        columns = {"id": ids, "categories": relisted(lists, flat)}
        return {}, make_batch("concepts", columns, len(ids))


class Names:
    """Node records -> names: a preferred one, and synonyms."""

    def __init__(self) -> None:
        self._curies = Curies()

    def __call__(self, records: Records) -> Converted:
        import pyarrow as pa
        import pyarrow.compute as pc

        ids, problems = ids_of(records, self._curies)
        if problems:
            return problems, None
        names, lists = texts(records, "name"), list_column(records, "synonym")
        others, rows = lists.flatten(), pc.list_parent_indices(lists)
        new = pc.not_equal(others, names.take(rows))
        others, rows = others.filter(new), rows.filter(new)
        named = pc.not_equal(names, "")
        names, owners = names.filter(named), ids.filter(named)
        all_texts = pa.concat_arrays([names, others])
        columns = {
            "id": pa.concat_arrays([owners, ids.take(rows)]),
            "text": all_texts,
            "language": languages(all_texts),
            "kind": pa.concat_arrays(
                [constant("preferred", len(names)), constant("synonym", len(others))]
            ),
        }
        return {}, make_batch("names", columns, len(all_texts))


class Mappings:
    """Node records -> mappings; a cross-reference that is no CURIE is counted, not used."""

    def __init__(self) -> None:
        self.odd: Counter[str] = Counter()
        self._curies = Curies()

    def __call__(self, records: Records) -> Converted:
        import pyarrow as pa
        import pyarrow.compute as pc

        ids, problems = ids_of(records, self._curies)
        if problems:
            return problems, None
        names = texts(records, "name")
        parts: dict[str, list[pa.Array]] = {
            column: [] for column in ("subject", "predicate", "object", "subject_label")
        }
        for column, predicate in MAPPING_COLUMNS.items():
            if column not in records.columns:
                continue
            lists = list_column(records, column)
            written, rows = lists.flatten(), pc.list_parent_indices(lists)
            objects, bad = self._curies.column(written)
            self.odd.update(written[at].as_py()[:200] for at in bad)
            subjects = ids.take(rows)
            keep = pc.and_(pc.not_equal(objects, ""), pc.not_equal(objects, subjects))
            parts["object"].append(objects.filter(keep))
            parts["subject"].append(subjects.filter(keep))
            parts["subject_label"].append(names.take(rows.filter(keep)))
            parts["predicate"].append(constant(predicate, len(parts["object"][-1])))
        if not parts["object"]:
            return {}, None
        columns = {name: pa.concat_arrays(arrays) for name, arrays in parts.items()}
        columns["justification"] = constant(JUSTIFICATION, len(columns["object"]))
        return {}, make_batch("mappings", columns, len(columns["object"]))

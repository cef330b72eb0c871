"""Checked rows -> mappings and names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kgmed.builders.columns import constant, languages, make_batch
from kgmed.builders.sssom.check import Checked

if TYPE_CHECKING:
    import pyarrow as pa

STATUSES = ("merged", "related", "negative", "refused")
"""What identity made of a mapping. Refused ones are claims that the graph doesn't make."""
INFORES = "https://w3id.org/biolink/infores/"
"""What the provider of a row in such a set begins with: the source's own id follows."""


def mappings(checked: Checked) -> pa.RecordBatch:
    """Checked rows -> mappings."""
    columns, keep = checked.columns, checked.keep
    made = {
        "subject": columns["subject_id"],
        "predicate": columns["predicate_id"],
        "object": columns["object_id"],
        "modifier": columns["predicate_modifier"],
        "justification": columns["mapping_justification"],
        "confidence": columns["confidence"],
        "subject_label": columns["subject_label"],
        "object_label": columns["object_label"],
    }
    made = {name: values.filter(keep) for name, values in made.items()}
    return make_batch("mappings", made, len(made["subject"]))


def stated_mappings(checked: Checked) -> pa.RecordBatch:
    """Checked rows of a set that kgmed wrote -> mappings, each of its own source and status."""
    import pyarrow as pa
    import pyarrow.compute as pc

    batch = mappings(checked)
    providers = checked.columns["mapping_provider"].filter(checked.keep)
    name = pc.replace_substring_regex(providers, f"^{re.escape(INFORES)}", "infores:")
    comments = checked.columns["comment"].filter(checked.keep)
    parts = pc.extract_regex(comments, r"(?s)^(?P<status>[a-z]+)(?:: (?P<reason>.*))?$")
    status, reason = (
        pc.fill_null(pc.struct_field(parts, [name]), "") for name in ("status", "reason")
    )
    known = pc.is_in(status, pa.array(STATUSES))
    columns = {
        "source": pc.if_else(pc.starts_with(providers, INFORES), name, ""),
        "status": pc.if_else(known, status, ""),
        "reason": pc.if_else(known, reason, ""),
    }
    for column, values in columns.items():
        batch = batch.set_column(batch.schema.get_field_index(column), column, values)
    return batch


def names(checked: Checked) -> pa.RecordBatch:
    """Checked rows -> the labels, once for each id and text of the batch."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = checked.columns
    ids, texts = [], []
    for end in ("subject", "object"):
        ids.append(columns[f"{end}_id"].filter(checked.keep))
        texts.append(columns[f"{end}_label"].filter(checked.keep))
    pairs = pa.table({"id": pa.concat_arrays(ids), "text": pa.concat_arrays(texts)})
    pairs = pairs.group_by(["id", "text"], use_threads=False).aggregate([]).combine_chunks()
    named = pairs.filter(pc.not_equal(pairs["text"], ""))
    id, text = (named.column(name).combine_chunks() for name in ("id", "text"))
    rows = len(text)
    made = {
        "id": id,
        "text": text,
        "language": languages(text),
        "kind": constant("synonym", rows),
    }
    return make_batch("names", made, rows)

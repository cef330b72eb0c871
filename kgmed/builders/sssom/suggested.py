"""Sets of suggestions: what a curator accepted becomes statements, the rest is set aside."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kgmed.builders.columns import constant, make_batch
from kgmed.builders.sssom.check import Checked
from kgmed.builders.suggestions.review import predicate_of, reason, told
from kgmed.kg.suggestion import REVIEW, SOURCE, VALIDATED

if TYPE_CHECKING:
    import pyarrow as pa


def only_accepted(checked: Checked) -> Checked:
    """The rows without the suggestions that aren't accepted; these are skipped, by reason."""
    import pyarrow as pa
    import pyarrow.compute as pc

    why = [reason(text) for text in checked.columns[REVIEW[0]].to_pylist()]
    of_two = checked.keep.to_pylist()
    aside = Counter(text for text, mapped in zip(why, of_two, strict=True) if text and mapped)
    keep = pc.and_(checked.keep, pa.array([not text for text in why], pa.bool_()))
    return Checked(checked.columns, keep, checked.skipped + aside)


def statements(checked: Checked) -> pa.RecordBatch:
    """Accepted suggestions -> statements that a human validated."""
    import pyarrow as pa

    from kgmed.kg.predicates import registry

    columns = {name: values.filter(checked.keep) for name, values in checked.columns.items()}
    cells = {name: columns[name].to_pylist() for name in ("predicate_id", "comment", *REVIEW[1:])}
    known, labels = registry(), cells["predicate_id"]
    confidences = ["" if p is None else f"{p:.4f}" for p in columns["confidence"].to_pylist()]
    models = [text.partition(": ")[0] for text in cells["comment"]]
    texts = map(told, confidences, models, cells[REVIEW[1]], cells[REVIEW[2]])
    rows = len(labels)
    made = {
        "subject": columns["subject_id"],
        "predicate": pa.array([predicate_of(label, known) for label in labels], pa.string()),
        "object": columns["object_id"],
        "original_predicate": columns["predicate_id"],
        "primary_knowledge_source": constant(SOURCE, rows),
        "knowledge_level": constant("prediction", rows),
        "agent_type": constant(VALIDATED, rows),
        "text": pa.array(list(texts), pa.string()),
    }
    return make_batch("statements", made, rows)

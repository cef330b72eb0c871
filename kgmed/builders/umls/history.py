"""MRCUI: what became of the CUIs that earlier releases had and this one hasn't.

"The concept history file (MRCUI.RRF) contains information about deletions, merges, and bequeathals
of CUIs that are no longer in the UMLS": CUI1 is always retired, CUI2 is always a concept of the
release, or empty
(https://www.nlm.nih.gov/research/umls/implementation_resources/query_diagrams/er7.html).

A merge (SY) is NLM's own assignment, so a replacement of confidence 1.0 without labels, as
SNOMED CT's SAME AS is; where one retired CUI names several successors, none of them is it. A
bequeathal (RB, RN, RO) says that the concepts are related, not that they are one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from kgmed.builders.columns import make_batch
from kgmed.builders.rows import counted
from kgmed.builders.source import REPLACED_BY
from kgmed.builders.umls.atoms import BATCH, JUSTIFICATION
from kgmed.builders.umls.reading import NO_CONCEPT, Ints, Reading, cui_curies, is_in, sift
from kgmed.builders.umls.rrf import CUI_LIMIT, cui_numbers

if TYPE_CHECKING:
    import pyarrow as pa

    from kgmed.builders.rows import Records
    from kgmed.builders.source import Tally

MERGED = "SY"
BEQUEATHED = ("RB", "RN", "RO")
GONE: dict[str, str] = {
    "DEL": "deleted without a successor (DEL)",
    "SUBX": "left out of the subset (SUBX)",
}
"""REL -> the reason under which its rows are counted; they name no CUI2."""

UNKNOWN = "a REL of MRCUI that kgmed doesn't know"
ALIVE = "the retired CUI is a concept of this release"
AGAIN = "the same successor again"

_CLAIMS = ("skos:relatedMatch", "skos:closeMatch", REPLACED_BY)
_SEVERAL, _ALONE = 1, 2
"""A pair's place in :data:`_CLAIMS`: 0 a bequeathal, a merge into one of several, into one."""


class History:
    """The successors of retired CUIs of one reading; MRCUI is read once for each time it is asked
    for, and held in memory as numbers."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def mappings(self) -> Iterator[pa.RecordBatch]:
        """Each retired CUI and its successor."""
        import pyarrow as pa

        pairs, merged = self._read()
        if not len(pairs):
            return
        for first in range(0, len(pairs), BATCH):
            said = merged[first : first + BATCH]
            old, new = np.divmod(pairs[first : first + BATCH], CUI_LIMIT)
            sure = pa.array(np.ones(len(said)), mask=said != _ALONE)
            columns = {
                "subject": cui_curies(old),
                "predicate": pa.array(_CLAIMS).take(pa.array(said)),
                "object": cui_curies(new),
                "justification": pa.repeat(pa.scalar(JUSTIFICATION), len(said)),
                "confidence": sure,
            }
            yield make_batch("mappings", columns, len(said))

    def _read(self) -> tuple[Ints, Ints]:
        """The pairs as numbers old * CUI_LIMIT + new, in order, and what each claims."""
        reading = self._reading
        found: list[Ints] = []
        merges: list[Ints] = []
        unknown: Counter[str] = Counter()
        last: Tally | None = None
        kept = reading.concepts.kept
        for records, (cuis,), tally in reading.rows("MRCUI.RRF", ("REL", "CUI2"), "CUI1"):
            last = tally
            named, old, new = self._successors(records, cuis, tally, unknown)
            merged = is_in(named.columns["REL"], {MERGED})
            left = sift(tally, len(named), {ALIVE: kept[old], NO_CONCEPT: ~kept[new]})
            pairs = old[left] * CUI_LIMIT + new[left]
            found.append(pairs)
            merges.append(pairs[merged[left]])
        reading.find(UNKNOWN, counted("REL", unknown))
        if last is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        every = np.concatenate(found)
        pairs = np.unique(every)
        last.kept += len(pairs)
        if again := len(every) - len(pairs):
            last.skipped[AGAIN] += again
        mergers = np.unique(np.concatenate(merges))
        olds, heirs = np.unique(mergers // CUI_LIMIT, return_counts=True)
        claims = np.isin(pairs, mergers).astype(np.int64)
        claims[(claims == _SEVERAL) & np.isin(pairs // CUI_LIMIT, olds[heirs == 1])] = _ALONE
        return pairs, claims

    def _successors(
        self, records: Records, old: Ints, tally: Tally, unknown: Counter[str]
    ) -> tuple[Records, Ints, Ints]:
        """The rows that name a successor, with both numbers; the others are counted."""
        rels = records.columns["REL"]
        named = is_in(rels, {MERGED, *BEQUEATHED})
        reasons = {why: is_in(rels, {rel}) for rel, why in GONE.items()}
        strange = ~named
        for gone in reasons.values():
            strange &= ~gone
        places = np.flatnonzero(strange)
        unknown.update(rels[place].as_py() for place in places.tolist())
        sift(tally, len(records), reasons | {UNKNOWN: strange})
        chosen = np.flatnonzero(named)
        heirs = records.take(chosen.tolist())
        (new,), problems = cui_numbers(heirs, "CUI2")
        if problems:
            path = self._reading.files.tables["MRCUI.RRF"].path
            heirs.problems.clear()  # reported when they were read
            self._reading.bad.reject(path, heirs, problems, tally)
            good = [row for row in range(len(heirs)) if row not in problems]
            chosen, heirs, new = chosen[good], heirs.take(good), new[good]
        return heirs, old[chosen], new

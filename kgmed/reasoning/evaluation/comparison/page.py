"""A comparison as one HTML file: tables, plots and items.

Items are folded; of each group the first are listed, ``--json`` has them all.
"""

from __future__ import annotations

from collections.abc import Iterator

from kgmed.kg.linking.html import plain
from kgmed.reasoning.evaluation.comparison.drop_tables import drop_item_tables
from kgmed.reasoning.evaluation.comparison.item_tables import item_tables
from kgmed.reasoning.evaluation.comparison.model import Comparison
from kgmed.reasoning.evaluation.comparison.plots import plots
from kgmed.reasoning.evaluation.comparison.tables import headline, tables
from kgmed.reasoning.pages.whole import folded, pictures, titled, whole


def page(found: Comparison, *, title: str = "Runs compared") -> str:
    """The whole page."""
    return whole(title, _parts(found))


def _parts(found: Comparison) -> Iterator[str]:
    yield f"<p>{plain(headline(found))}</p>\n"
    if found.notes:
        notes = "".join(f"<li>{plain(note)}</li>" for note in found.notes)
        yield f'<div class="warn"><b>Mind when comparing:</b><ul>{notes}</ul></div>\n'
    made = tables(found)
    yield from map(titled, made[:2])
    yield pictures(plots(found))
    yield from map(titled, made[2:])
    yield "<h2>Items</h2>\n"
    yield from map(folded, (*item_tables(found), *drop_item_tables(found)))

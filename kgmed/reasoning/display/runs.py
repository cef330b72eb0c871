"""How runs over benchmarks, their comparison and compiled programs show in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgmed.kg.display.html import SHOWN, Html, facts, folded, heading, note, table
from kgmed.kg.linking.html import plain

if TYPE_CHECKING:
    from kgmed.reasoning.evaluation.comparison.model import Comparison
    from kgmed.reasoning.evaluation.run import Ran
    from kgmed.reasoning.optimize.compiled import Compiled
    from kgmed.reasoning.pages.formats import Table

_FIRST = 3
"""Tables of a comparison that stand open."""


def comparison_html(found: Comparison) -> Html:
    """A comparison: what is compared, what to mind, its tables; the items that runs differ on are
    folded."""
    from kgmed.reasoning.evaluation.comparison.item_tables import item_tables
    from kgmed.reasoning.evaluation.comparison.tables import headline, tables

    minded = "".join(f"<li>{plain(one)}</li>" for one in found.notes[:SHOWN])
    mind = f"<p><b>Mind when comparing:</b></p><ul>{minded}</ul>" if minded else ""
    made = tables(found)
    first = "".join(_table(one) + note(one.note) for one in made[:_FIRST])
    rest = "".join(folded(one.title, _cells(one) + note(one.note)) for one in made[_FIRST:])
    items = "".join(
        folded(f"{one.title} ({len(one.rows):,})", _cells(one)) for one in item_tables(found)
    )
    return Html(f"<p>{plain(headline(found))}</p>{mind}{first}{rest}{items}")


def _table(one: Table) -> Html:
    return Html(f"<p><b>{plain(one.title)}</b></p>{_cells(one)}")


def _cells(one: Table) -> Html:
    return table(one.heads, one.rows, limit=3 * SHOWN, more=".items")


def ran_html(ran: Ran) -> Html:
    """A run that came to its end."""
    done = ran.done
    sign = "✗" if done.failed else "✓"
    return Html(heading(f"{sign} {ran.method}", str(ran.folder)) + facts([
        ("items", done.questions),
        ("failed", done.failed),
        ("kept from before", done.kept or ""),
        ("left out", ", ".join(f"{n:,} {why}" for why, n in ran.left_out.items())),
        ("tokens", done.tokens),
        ("seconds", f"{done.seconds:.1f}"),
    ]))  # fmt: skip


def compiled_html(made: Compiled) -> Html:
    """A compiled program: its score before and after, and the examples and instructions in it."""
    change = made.score - made.before
    sign = "✓" if change > 0 else "="
    parts = [(name.replace("_", " "), f"{value:.3f}") for name, value in made.parts.items()]
    told = facts([
        ("score", f"{made.before:.3f} → {made.score:.3f} ({sign} {change:+.3f})"),
        ("optimizer", made.optimizer),
        ("model", made.model),
        ("questions", ", ".join(made.kinds)),
        ("languages", ", ".join(made.languages)),
        ("snapshot", made.snapshot[:16]),
    ])  # fmt: skip
    predictors = [
        (name, len(state.get("demos", ())),
         str(state.get("signature", {}).get("instructions", "")))
        for name, state in made.state.items() if isinstance(state, dict)
    ]  # fmt: skip
    shown = table(("predictor", "examples", "instructions"), predictors, limit=SHOWN)
    return Html(
        heading(made.program, besides="compiled") + told
        + folded("parts of the score", table(("part", "mean"), parts))
        + folded("instructions and examples", shown)
    )  # fmt: skip

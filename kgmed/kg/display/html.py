"""The parts that displays are made of: tables, chips, notes and folds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kgmed.kg.linking.html import plain

SHOWN = 20
"""Rows of a list that a display shows; the value itself holds them all."""
LONGEST = 400
"""Characters of a text in a cell."""

_TABLE = "border-collapse:collapse;margin:.4em 0"
_CELL = "text-align:left;vertical-align:top;padding:.2em .7em .2em 0"
_NUMBER = "text-align:right;vertical-align:top;padding:.2em .7em .2em 0"


class Html(str):
    """Text that is HTML already, and is not escaped again."""

    __slots__ = ()


def shown(cell: object) -> str:
    """A cell as HTML: escaped and cut where it is long, unless it is :class:`Html`.

    >>> shown("<b>"), shown(Html("<b>x</b>")), shown(12345)
    ('&lt;b&gt;', '<b>x</b>', '12,345')
    """
    if isinstance(cell, Html):
        return cell
    if isinstance(cell, int) and not isinstance(cell, bool):
        return f"{cell:,}"
    text = str(cell)
    return plain(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    caption: str = "",
    limit: int | None = None,
    more: str = "",
) -> Html:
    """An HTML table; whole numbers stand to the right.

    With a ``limit`` the first so many rows are shown, and below them how many more there are;
    ``more`` is the attribute that holds them all.

    >>> table(["name"], [["<b>"]]).count("&lt;b&gt;")
    1
    >>> table(["n"], [[n] for n in range(5)], limit=2, more=".items")[-46:]
    '<p><small>… 3 more in .items</small></p></div>'
    """
    listed = list(rows)
    cut = listed if limit is None else listed[:limit]
    head = "".join(f'<th scope="col" style="{_CELL}">{plain(text)}</th>' for text in heads)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_style(cell)}">{shown(cell)}</td>' for cell in row) + "</tr>"
        for row in cut
    )
    title = f'<caption style="text-align:left">{plain(caption)}</caption>' if caption else ""
    made = (
        f'<table style="{_TABLE}">{title}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )
    return Html(f'<div style="overflow-x:auto">{made}{rest(len(listed) - len(cut), more)}</div>')


def facts(rows: Iterable[tuple[str, object]]) -> Html:
    """A table of names and values, without those that are empty; the names are its row heads."""
    body = "".join(
        f'<tr><th scope="row" style="{_CELL}">{plain(name)}</th>'
        f'<td style="{_CELL}">{shown(value)}</td></tr>'
        for name, value in rows
        if value not in ("", None)
    )
    return Html(
        f'<div style="overflow-x:auto"><table style="{_TABLE}"><tbody>{body}</tbody></table></div>'
    )


def rest(count: int, more: str = "") -> Html:
    """How many rows aren't shown; nothing where all are.

    >>> rest(3, ".items"), rest(0)
    ('<p><small>… 3 more in .items</small></p>', '')
    """
    where = f" in {plain(more)}" if more else ""
    return Html(f"<p><small>… {count:,} more{where}</small></p>" if count > 0 else "")


def few(texts: Sequence[str], limit: int = 6) -> str:
    """Some texts in a line, and how many more there are.

    >>> few(["a", "b", "c"], 2)
    'a, b … 1 more'
    """
    line = ", ".join(texts[:limit])
    return f"{line} … {len(texts) - limit:,} more" if len(texts) > limit else line


def heading(text: str, id: str = "", *, besides: str = "") -> Html:
    """The line above a display: a name, its id, and what it is."""
    code = f" <code>{plain(id)}</code>" if id else ""
    tail = f" <small>{plain(besides)}</small>" if besides else ""
    return Html(f"<p><b>{shown(text)}</b>{code}{tail}</p>")


def note(text: str) -> Html:
    """A small line."""
    return Html(f"<p><small>{shown(text)}</small></p>" if text else "")


def folded(summary: str, body: str) -> Html:
    """Something that is opened by a click; nothing where there is nothing in it."""
    return Html(f"<details><summary>{shown(summary)}</summary>{body}</details>" if body else "")


def counted(counts: Mapping[str, int], limit: int = SHOWN) -> str:
    """Counts in a line, the greatest first.

    >>> counted({"a": 1, "b": 2000})
    '2,000 b, 1 a'
    """
    ordered = sorted(counts.items(), key=lambda entry: -entry[1])
    return few([f"{n:,} {name}" for name, n in ordered if n], limit)


def source_of(infores: str, release: str = "") -> str:
    """A source and its release.

    >>> source_of("infores:ndfrt", "2014-07-07")
    'ndfrt 2014-07-07'
    """
    return " ".join(filter(None, (infores.removeprefix("infores:"), release)))


def _style(cell: object) -> str:
    return _NUMBER if isinstance(cell, int) and not isinstance(cell, bool) else _CELL

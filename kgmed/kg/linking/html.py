"""Texts with their mentions marked, as HTML: no script, nothing loaded, all text escaped.

A mention has its category's colour; a negated one is struck through, an uncertain one has a dashed
line below it, one of somebody else than the patient a dotted line. What it links to and why stands
in its ``title``, which a browser shows under the pointer. Styles are inline, as viewers of
notebooks drop style sheets.

Characters that can't be shown stand as what they are called. That goes for those that embed or
override the direction of text, too: acting, they could make a text read as another (Unicode
Technical Report 36, section 2.6). Right-to-left text and its marks are shown as such, each mention
isolated from what surrounds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from zlib import crc32

from kgmed.kg.categories import ancestors
from kgmed.kg.linking.link import Link

COLOURS = {
    "Drug": "#bfe3c8",
    "DrugClass": "#cfe8b5",
    "ChemicalEntity": "#d5ecd0",
    "Disease": "#f7c6c0",
    "PhenotypicFeature": "#fbd9a8",
    "Gene": "#c5d7f5",
    "Protein": "#cfdcf7",
    "AnatomicalEntity": "#e3cdf0",
    "BiologicalProcessOrActivity": "#c3e6ea",
    "OrganismTaxon": "#e9e2a9",
    "Procedure": "#e0d3c3",
}
"""Category -> its background, for it and what is below it; all are light, under black text."""
_OTHERS = ("#dddddd", "#e6d5e1", "#d6dfe2", "#e2dfd0")
_ALTERNATIVES = 3
SHOWN = 100_000
"""Characters of a text that a notebook shows."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
_DIRECTIONS = {
    0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO",
    0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI",
}  # fmt: skip

PAGE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
    " style-src 'unsafe-inline'\">\n<title>{title}</title>\n"
    "<style>body{{font:16px/1.7 system-ui,sans-serif;max-width:52em;margin:2em auto;"
    "padding:0 1em}}h2{{font-size:1em;margin:2em 0 .3em}}</style>\n</head>\n<body>\n"
)
PAGE_END = "</body>\n</html>\n"


def colour(category: str) -> str:
    """The background of a category: its own, that of the nearest above it, or one of four greys.

    >>> colour("ClinicalFinding") == colour("PhenotypicFeature")
    True
    """
    for name in (category, *ancestors(category)):
        if name in COLOURS:
            return COLOURS[name]
    return _OTHERS[crc32(category.encode("utf-8", "replace")) % len(_OTHERS)]


def plain(text: str) -> str:
    """A text escaped for HTML, in an attribute too, with hidden characters by their names.

    >>> plain('<i>"x"</i>'), plain("a\\u202eb"), plain("\\ud800")
    ('&lt;i&gt;&quot;x&quot;&lt;/i&gt;', 'a\u27e8RLO\u27e9b', '\u27e8U+D800\u27e9')
    """
    return escape(_HIDDEN.sub(_named, text))


def _named(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\u27e8{_DIRECTIONS.get(code) or f'U+{code:04X}'}\u27e9"


def links_html(text: str, links: Sequence[Link]) -> str:
    """A text with its mentions marked, over a legend of their categories."""
    return _block(text, links) + legend(links)


def notebook_html(text: str, links: Sequence[Link]) -> str:
    """The same for a notebook, which a long text would stall: the first :data:`SHOWN` characters
    of it."""
    if len(text) <= SHOWN:
        return links_html(text, links)
    inside = [link for link in links if link.end <= SHOWN]
    more = (
        f"<p><i>... {len(text) - SHOWN:,} more characters, {len(links) - len(inside):,} links</i>"
    )
    return f"{_block(text[:SHOWN], inside)}{more}</p>{legend(links)}"


def _block(text: str, links: Sequence[Link]) -> str:
    return (
        '<div dir="auto" style="white-space:pre-wrap;overflow-wrap:anywhere;'
        'unicode-bidi:plaintext">'
        f"{marked(text, links)}</div>"
    )


def document_html(id: str, text: str, links: Sequence[Link]) -> str:
    """A document of a page: its id, its text with mentions marked, a legend."""
    return f"<section>\n<h2>{plain(id)}</h2>\n{links_html(text, links)}\n</section>\n"


def page_start(title: str) -> str:
    """The head of a page of documents; :data:`PAGE_END` ends it."""
    return PAGE.format(title=plain(title))


def marked(text: str, links: Iterable[Link]) -> str:
    """A text in HTML with its links as ``<mark>``; one that overlaps the one before, or lies
    outside of the text, is left out."""
    parts = []
    position = 0
    for link in sorted(links, key=lambda link: (link.start, -link.end)):
        if not position <= link.start < link.end <= len(text):
            continue
        parts += [plain(text[position : link.start]), _mark(text, link)]
        position = link.end
    return "".join(parts) + plain(text[position:])


def _mark(text: str, link: Link) -> str:
    style = f"background:{colour(link.category)};color:#111;border-radius:.2em;padding:0 .15em"
    style += ";unicode-bidi:isolate"
    if link.negated:
        style += ";text-decoration:line-through"
    if link.uncertain:
        style += ";border-bottom:2px dashed #555"
    elif link.experiencer != "patient":
        style += ";border-bottom:2px dotted #555"
    title = plain(described(link))
    return f'<mark style="{style}" title="{title}">{plain(text[link.start : link.end])}</mark>'


def described(link: Link) -> str:
    """A link in words: id, name, category, score, why, what holds of it, and its rivals.

    >>> described(Link("gout", 0, 4, "doid:13189", "gout", "Disease", 1.0, "exact", negated=True))
    'doid:13189 gout (Disease), score 1.00, exact; negated'
    """
    line = f"{link.id} {link.name} ({link.category}), score {link.score:.2f}, {link.why}"
    line += "".join(f"; {word}" for word in qualities(link))
    rivals = [f"{c.name} ({c.id}, {c.score:.2f})" for c in link.alternatives[:_ALTERNATIVES]]
    return f"{line}\nor: {', '.join(rivals)}" if rivals else line


def qualities(link: Link) -> list[str]:
    """What the text says of a mention, in words; [] where it is simply stated of the patient."""
    words = [word for word in ("negated", "uncertain") if getattr(link, word)]
    if link.experiencer != "patient":
        words.append(f"of {link.experiencer}")
    return words + ([link.note] if link.note else [])


def legend(links: Sequence[Link]) -> str:
    """The colours of the categories that occur, and how often; what the lines mean."""
    if not links:
        return "<p><small>no mentions found</small></p>"
    counts: dict[str, int] = {}
    for link in links:
        counts[link.category] = counts.get(link.category, 0) + 1
    keys = [
        f'<span style="background:{colour(name)};color:#111;padding:0 .3em">'
        f"{plain(name)} {n}</span>"
        for name, n in sorted(counts.items())
    ]
    for on, style, word in (
        (any(x.negated for x in links), "text-decoration:line-through", "negated"),
        (any(x.uncertain for x in links), "border-bottom:2px dashed #555", "uncertain"),
        (
            any(x.experiencer != "patient" for x in links),
            "border-bottom:2px dotted #555",
            "not the patient",
        ),
    ):
        if on:
            keys.append(f'<span style="{style}">{word}</span>')
    return f"<p><small>{' '.join(keys)}</small></p>"

"""Linked documents as text: JSON Lines, PubTator and standoff.

JSON Lines: a line a document, :class:`~kgmed.kg.linking.links.LinkedDocument` as an object.

PubTator (see :mod:`kgmed.kg.linking.documents`): the type is the link's category, the concept its
id. It has no room for scores, alternatives, negation and the like.

Standoff, as brat reads it (https://brat.nlplab.org/standoff.html): the text in ``ID.txt`` and in
``ID.ann`` a ``T`` line a mention (type and offsets), an ``N`` line for its concept, ``A`` lines
where it is negated, uncertain or not the patient's, and a ``#`` line with score and reason.

All offsets are Unicode code points of the text as it was read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any
from urllib.parse import quote

from kgmed.kg.errors import UsageError
from kgmed.kg.linking.html import document_html
from kgmed.kg.linking.link import Candidate, Link
from kgmed.kg.linking.links import LinkedDocument

_LINK = tuple(field.name for field in fields(Link))
_CANDIDATE = tuple(field.name for field in fields(Candidate))
_link_values, _candidate_values = attrgetter(*_LINK), attrgetter(*_CANDIDATE)

_BREAKS = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
"""What some reader takes for the end of a line."""
_SPACES = re.compile("[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_LONGEST_NAME = 200
"""Bytes of a file's name that every file system takes, its ending apart."""


def plain_link(link: Link) -> dict[str, Any]:
    """A link as JSON's own types: the wire shape."""
    row = dict(zip(_LINK, _link_values(link), strict=True))
    row["alternatives"] = [
        dict(zip(_CANDIDATE, _candidate_values(other), strict=True)) for other in link.alternatives
    ]
    return row


def json_row(linked: LinkedDocument) -> str:
    """A document and its links as one line of JSON, with its end.

    >>> json_row(LinkedDocument("1", "gout?", "en", ()))
    '{"id": "1", "text": "gout?", "lang": "en", "links": [], "schema": "kgmed.linked/1"}\\n'
    """
    row: dict[str, Any] = {"id": linked.id, "text": linked.text, "lang": linked.lang}
    if linked.title_end is not None:
        row["title_end"] = linked.title_end
    row["links"] = [plain_link(link) for link in linked.links]
    row["schema"] = linked.schema
    return json.dumps(row, ensure_ascii=False) + "\n"


def pubtator(linked: LinkedDocument) -> str:
    """A document and its links in the PubTator format, and an empty line.

    The title of a document that has none is its first line, so that offsets are the same; line
    ends within are written as spaces. Raises :class:`~kgmed.kg.errors.UsageError` for an id that
    the format can't hold.

    >>> link = Link("gout", 6, 10, "DOID:13189", "gout", "Disease", 1.0, "exact: gout")
    >>> pubtator(LinkedDocument("7", "Acute\\ngout.", "en", (link,))).splitlines()
    ['7|t|Acute', '7|a|gout.', '7\\t6\\t10\\tgout\\tDisease\\tDOID:13189', '']
    """
    id, text, end = linked.id, linked.text, linked.title_end
    if "|" in id or "\t" in id or _BREAKS.search(id) or not id:
        raise UsageError(
            f"Found the document id {id!r}, expected one without |, tabs and line ends: PubTator"
            " can't hold it. Write JSON Lines, or rename it."
        )
    if end is None:
        end = text.find("\n")
    if end < 0:
        end = len(text)
    lines = [
        f"{id}|t|{_BREAKS.sub(' ', text[:end])}",
        f"{id}|a|{_BREAKS.sub(' ', text[end + 1 :])}",
    ]
    lines += [
        "\t".join((id, str(x.start), str(x.end), _SPACES.sub(" ", x.text), x.category, x.id))
        for x in linked.links
    ]
    return "\n".join(lines) + "\n\n"


def standoff(linked: LinkedDocument) -> str:
    """The links of a document as the lines of an ``.ann`` file.

    >>> link = Link("gout", 3, 7, "DOID:13189", "gout", "Disease", 1.0, "exact", negated=True)
    >>> standoff(LinkedDocument("7", "No gout.", "en", (link,))).splitlines()[:2]
    ['T1\\tDisease 3 7\\tgout', 'N1\\tReference T1 DOID:13189\\tgout']
    >>> standoff(LinkedDocument("7", "No gout.", "en", (link,))).splitlines()[2:]
    ['A1\\tNegated T1', '#1\\tAnnotatorNotes T1\\tscore 1.00, exact']
    """
    lines: list[str] = []
    attributes = 0
    for number, link in enumerate(linked.links, 1):
        spans, shown = _fragments(link)
        lines.append(f"T{number}\t{_label(link.category)} {spans}\t{shown}")
        lines.append(f"N{number}\tReference T{number} {link.id}\t{_SPACES.sub(' ', link.name)}")
        for said, word in (
            (link.negated, f"Negated T{number}"),
            (link.uncertain, f"Uncertain T{number}"),
            (link.experiencer != "patient", f"Experiencer T{number} {link.experiencer}"),
        ):
            if said:
                attributes += 1
                lines.append(f"A{attributes}\t{word}")
        note = f"score {link.score:.2f}, {link.why}" + (f"; {link.note}" if link.note else "")
        lines.append(f"#{number}\tAnnotatorNotes T{number}\t{_SPACES.sub(' ', note)}")
    return "".join(f"{line}\n" for line in lines)


def _fragments(link: Link) -> tuple[str, str]:
    """A span as brat wants it: in pieces where a line ends within."""
    pieces, start = [], link.start
    for piece in link.text.split("\n"):
        if piece:
            pieces.append((start, piece))
        start += len(piece) + 1
    spans = ";".join(f"{begin} {begin + len(piece)}" for begin, piece in pieces)
    return spans, " ".join(piece for _, piece in pieces)


def _label(category: str) -> str:
    """A category as a brat type, which is letters, digits, - and _."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", category) or "Concept"


def file_name(id: str) -> str:
    """A document's id as the name of its files; what file systems don't take is %-encoded.

    >>> file_name("PMC/12 a"), file_name("..")
    ('PMC%2F12 a', '%2E.')
    """
    name = quote(id, safe=" ()+,;=@[]{}!'&~", errors="strict")
    name = "%2E" + name[1:] if name.startswith(".") else name
    if not name or len(name) > _LONGEST_NAME:
        raise UsageError(
            f"Found the document id {id[:40]!r}, expected one that a file can be named by:"
            f" 1 to {_LONGEST_NAME} bytes, %-encoded. Write JSON Lines, or rename it."
        )
    return name


def page_section(linked: LinkedDocument) -> str:
    """A document of an HTML page."""
    return document_html(linked.id, linked.text, linked.links)


RENDER: dict[str, Callable[[LinkedDocument], str]] = {
    "jsonl": json_row,
    "pubtator": pubtator,
    "standoff": standoff,
    "html": page_section,
}
"""Format -> what writes a document in it."""

"""The lines of an OBO 1.2 file that the Disease Ontology's tables need: names, synonyms, alt ids.

https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_2.html. Definitions are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_SYNONYM = re.compile(r'"((?:[^"\\]|\\.)*)" ([A-Z]+) ?([\w:.-]*) ?\[(.*?)\]')
ACRONYM = ("OMO:0003012", 'synonymtypedef="acronym"')


@dataclass(frozen=True, slots=True)
class Synonym:
    """A synonym line: its scope (EXACT, NARROW ...) and the ids of where it was found."""

    text: str
    scope: str
    acronym: bool
    found_in: str


@dataclass(slots=True)
class Term:
    """One [Term] stanza."""

    id: str = ""
    name: str = ""
    obsolete: bool = False
    synonyms: list[Synonym] = field(default_factory=list)
    alt_ids: list[str] = field(default_factory=list)


def read_terms(path: Path) -> Iterator[Term]:
    """Read a file's terms."""
    for stanza in path.read_text(encoding="utf-8").split("\n\n"):
        if stanza.startswith("[Term]"):
            yield _term(stanza)


def release(path: Path) -> str:
    """The date in a file's header, ISO.

    Disease Ontology writes ``date: 31:07:2026 21:27``.
    """
    with path.open(encoding="utf-8") as file:
        for line in file:
            match = re.match(r"date: (\d\d):(\d\d):(\d{4})", line)
            if match:
                return f"{match[3]}-{match[2]}-{match[1]}"
    return ""


def synonym(value: str) -> Synonym | None:
    """Read the value of a synonym line; None where it breaks the format.

    >>> synonym('"DIL" EXACT OMO:0003012 []')
    Synonym(text='DIL', scope='EXACT', acronym=True, found_in='')
    """
    match = _SYNONYM.match(value)
    if not match:
        return None
    text = re.sub(r"\\(.)", r"\1", match[1])
    acronym = match[3] == ACRONYM[0] or ACRONYM[1] in value
    return Synonym(text=text, scope=match[2], acronym=acronym, found_in=match[4])


def _term(stanza: str) -> Term:
    term = Term()
    for line in stanza.splitlines():
        tag, _, value = line.partition(": ")
        if tag == "id":
            term.id = value
        elif tag == "name":
            term.name = value
        elif tag == "is_obsolete":
            term.obsolete = value.startswith("true")
        elif tag == "alt_id":
            term.alt_ids.append(value)
        elif tag == "synonym":
            found = synonym(value)
            if found:
                term.synonyms.append(found)
    return term

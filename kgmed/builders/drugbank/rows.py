"""The rows that a full database has given so far, and what was met on the way."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from kgmed.builders.drugbank.stream import Place
from kgmed.builders.rows import Problem
from kgmed.builders.source import Tally

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from kgmed.builders.spool import Spool
    from kgmed.kg.predicates import Registry

CURATION = "semapv:ManualMappingCuration"
CURATED = {"knowledge_level": "knowledge_assertion", "agent_type": "manual_agent"}


class BadElement(NamedTuple):
    """An element that can't be used: where it is, why, and its text."""

    place: Place
    problem: Problem
    text: str


class Rows:
    """Tables of a spool, rows read and kept by element, and what isn't known or read."""

    def __init__(self, spool: Spool, registry: Registry) -> None:
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.unread: Counter[str] = Counter()
        self.unknown: dict[str, Counter[str]] = {
            "action": Counter(),
            "resource": Counter(),
            "language": Counter(),
        }
        self.registry = registry
        self._seen: dict[str, set[str]] = defaultdict(set)
        self.concepts = spool.rows("concepts", "id", "categories")
        self.names = spool.rows("names", "id", "text", "language", "kind")
        self.mappings = spool.rows(
            "mappings", "subject", "predicate", "object", "justification", "subject_label"
        )
        self.facts = spool.rows(
            "statements",
            *("subject", "predicate", "object", "qualifiers", "source_record", "publications"),
            "original_predicate",
            **CURATED,
        )
        self.values = spool.rows(
            "statements",
            *("subject", "predicate", "value", "source_record", "original_predicate"),
            value_type="text",
            value_language="en",
            **CURATED,
        )

    def entries(self, parts: dict[str, Element], within: str, tag: str) -> list[Element]:
        """The entries of a list; entries of another name are counted as unread."""
        part = parts.get(within)
        if part is None:
            return []
        found = part.findall(tag)
        if len(found) < len(part):
            self.unread.update(f"{within}/{entry.tag}" for entry in part if entry.tag != tag)
        return found

    def predicate(self, label: str) -> tuple[str, bool]:
        """kgmed's name of a label, and whether the label states the reverse."""
        found = self.registry.from_label("drugbank", label)
        return (found[0].name, found[1]) if found else (label, False)

    def state(
        self,
        subject: str,
        label: str,
        object: str,
        record: str,
        *,
        qualifiers: str = "",
        publications: list[str] | None = None,
        said: str = "",
    ) -> None:
        """A statement under an element's predicate; ``said`` is how the source put it."""
        predicate, is_reversed = self.predicate(label)
        if is_reversed:
            subject, object = object, subject
        self.facts.add(
            subject, predicate, object, qualifiers, record, publications or [], said or label
        )

    def value(self, id: str, label: str, text: str) -> None:
        """A statement whose object is a text."""
        self.values.add(id, self.predicate(label)[0], text, id, label)

    def first(self, kind: str, id: str) -> bool:
        """Whether it is the first time that something of this kind is met."""
        if id in self._seen[kind]:
            return False
        self._seen[kind].add(id)
        return True

    def name(self, id: str, text: str) -> None:
        """Name what several drugs speak of; the first name is the preferred one."""
        if text and self.first("name", f"{id} {text}"):
            kind = "preferred" if self.first("named", id) else "synonym"
            self.names.add(id, text, "en", kind)


def text_of(element: Element, tag: str) -> str:
    """The text of a child, '' where there is none."""
    return (element.findtext(tag) or "").strip()


def all_text(element: Element) -> str:
    """All text in an element, on one line."""
    return " ".join(" ".join(element.itertext()).split())


def prose(text: str | None) -> str:
    """A text of several lines, with their ends as ``\\n``."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()

"""What can be read without a question: the snapshot, licences, predicates, and any concept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from kgmed.kg.errors import UnknownConcept
from kgmed.wire import to_json

if TYPE_CHECKING:
    from kgmed.serve.service import Service

CONCEPT = "kgmed://concept/"
MARKDOWN, JSON = "text/markdown", "application/json"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource."""

    uri: str
    name: str
    title: str
    description: str
    kind: str
    read: Callable[[Service], str]


def snapshot(service: Service) -> str:
    """What the graph is, in the shape ``kgmed.info/1``."""
    return to_json(service.info())


def licences(service: Service) -> str:
    """Each source with its licence, what that asks, and the words to attribute it by."""
    from kgmed.kg.licences import licence

    found = service.info()
    lines = [
        f"# Licences of {found.info.uri}, snapshot {found.info.snapshot[:16]}", "",
        "Whoever passes on what the graph states passes on these duties.", "",
        "| source | release | licence | asks | statements |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for row in found.info.sources:
        terms = licence(row.licence)
        duties = [
            words
            for asked, words in (
                (terms.attribution, "attribution"),
                (terms.share_alike, "the same licence"),
                (terms.noncommercial, "no commercial use"),
                (terms.no_derivatives, "no derivatives"),
                (terms.registered, "an agreement of the reader's own"),
                (not terms.redistribute, "not to be passed on"),
            )
            if asked
        ]
        lines.append(
            f"| {row.name} (`{row.infores}`) | {row.release} | [{terms.name}]({terms.url}) | "
            f"{', '.join(duties) or 'nothing'} | {row.statements:,} |"
        )
    lines += ["", "## Attribution", ""]
    lines += [f"- {row.attribution}" for row in found.info.sources if row.attribution]
    if found.withheld:
        lines += ["", "## Withheld", "", "Something of these isn't told here, as it may not leave "
                  f"the machine that serves the graph: {', '.join(found.withheld)}."]  # fmt: skip
    return "\n".join(lines) + "\n"


def predicates(service: Service) -> str:
    """Each predicate of the graph: statements, what it says in both languages, flags."""
    lines = ["# Predicates", "", "S and O are subject and object.", ""]
    lines += ["| predicate | statements | English | 中文 | flags |", "|---|---|---|---|---|"]
    registry = service.graph.registry
    for name, count in service.graph.info().predicates.items():
        told, flags = ("", ""), ""
        if name in registry:
            entry = registry[name]
            told = entry.wording["en"].sentence[0], entry.wording["zh"].sentence[0]
            known = ("symmetric", "transitive", "asymmetric")
            flags = ", ".join(flag for flag in known if getattr(entry, flag))
        en, zh = (text.replace("{s}", "S").replace("{o}", "O") for text in told)
        lines.append(f"| `{name}` | {count:,} | {en} | {zh} | {flags} |")
    return "\n".join(lines) + "\n"


RESOURCES = (
    Resource("kgmed://snapshot", "snapshot", "The snapshot",
             "Hash, sizes, sources with releases and licences (kgmed.info/1).", JSON, snapshot),
    Resource("kgmed://licences", "licences", "Licences and attribution",
             "What each source's licence asks, and how to attribute it.", MARKDOWN, licences),
    Resource("kgmed://predicates", "predicates", "Predicates",
             "Every predicate with its meaning in English and Chinese.", MARKDOWN, predicates),
)  # fmt: skip
"""Those with an address of their own."""


def read(service: Service, uri: str) -> tuple[str, str]:
    """(kind, text) of a resource.

    Raises :class:`~kgmed.kg.errors.UnknownConcept` where there is none at the address.
    """
    for resource in RESOURCES:
        if uri == resource.uri:
            return resource.kind, resource.read(service)
    id = unquote(uri.removeprefix(CONCEPT))
    if not uri.startswith(CONCEPT) or not id:
        known = ", ".join(resource.uri for resource in RESOURCES)
        raise UnknownConcept(
            f"Found the resource {uri[:200]!r}, expected one of: {known}, {CONCEPT}{{id}}."
        )
    return JSON, to_json(service.concept(id))

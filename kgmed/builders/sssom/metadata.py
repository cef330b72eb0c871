"""The metadata of a mapping set: the part of YAML that SSSOM writers use, and what it says.

Follows https://mapping-commons.github.io/sssom/spec-formats-tsv/ (SSSOM 1.0).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache

from kgmed.kg.licences import LICENCES

Metadata = Mapping[str, str | list[str] | dict[str, str]]

_KEY = re.compile(r"""(?:"([^"]+)"|'([^']+)'|([^\s:#"'\[{-][^\s:]*))\s*:(?:\s+(.*))?""")


def parse_metadata(
    lines: Iterable[str],
) -> tuple[dict[str, str | list[str] | dict[str, str]], list[str]]:
    """Read the metadata block: the part of YAML that SSSOM writers use.

    Keys with a value, a list or a map below them, ``[a, b]`` and ``{a: b}`` on one line, quotes,
    comments, values that go on in deeper lines. Returns it with the lines that weren't understood.

    >>> parse_metadata(["curie_map:", "  HP: http://purl.obolibrary.org/obo/HP_", "license: CC0"])
    ({'curie_map': {'HP': 'http://purl.obolibrary.org/obo/HP_'}, 'license': 'CC0'}, [])
    """
    found: dict[str, str | list[str] | dict[str, str]] = {}
    ignored: list[str] = []
    key, depth = "", -1
    for raw in lines:
        line = raw.rstrip()
        text = line.lstrip()
        if not text or text.startswith("#") or text in ("---", "..."):
            continue
        indent = len(line) - len(text)
        value = found.get(key)
        items = value if isinstance(value, list) else []
        match = _KEY.fullmatch(text)
        if key and text.startswith("- ") and indent >= depth and (items or not value):
            found[key] = [*items, _scalar(text[2:])]
        elif match and (not key or indent <= depth):
            key, depth = match[1] or match[2] or match[3], indent
            found[key] = _value(match[4] or "")
        elif not key or indent <= depth:
            ignored.append(text)
        elif match and (value == "" or isinstance(value, dict)):
            entries = value if isinstance(value, dict) else {}
            name = match[1] or match[2] or match[3]
            found[key] = {**entries, name: _scalar(match[4] or "")}
        elif isinstance(value, str):
            found[key] = f"{value} {_scalar(text)}".strip()
        else:
            ignored.append(text)
    return found, ignored


def _value(text: str) -> str | list[str] | dict[str, str]:
    """A value on its key's line."""
    text = text.strip()
    if text in ("|", ">", "|-", ">-"):
        return ""
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(part) for part in _parts(text[1:-1])]
    if text.startswith("{") and text.endswith("}"):
        pairs = [part.partition(":") for part in _parts(text[1:-1])]
        return {_scalar(name): _scalar(value) for name, _, value in pairs}
    return _scalar(text)


def _parts(text: str) -> list[str]:
    """What commas outside quotes separate."""
    pieces = re.findall(r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|[^,"'])+""", text)
    return [piece for piece in pieces if piece.strip()]


def _scalar(text: str) -> str:
    """A YAML scalar as text; null is ''."""
    text = text.strip()
    quoted = re.match(r"""("(?:\\.|[^"\\])*"|'(?:''|[^'])*')\s*(?:#.*)?$""", text)
    if quoted:
        inner = quoted[1]
        if inner.startswith("'"):
            return inner[1:-1].replace("''", "'")
        try:
            return str(json.loads(inner))
        except ValueError:
            return inner[1:-1]
    text = re.split(r"\s#", text, maxsplit=1)[0].strip()
    return "" if text in ("null", "~", "Null", "NULL") else text


def text_of(metadata: Metadata, key: str) -> str:
    """A key's value, '' where it isn't a text."""
    value = metadata.get(key, "")
    return value if isinstance(value, str) else ""


def release_of(version: str) -> str:
    """A mapping set's release: its version, or the date in one that is a URL.

    >>> release_of("http://purl.obolibrary.org/obo/mondo/releases/2026-08-04/mappings/m.sssom.tsv")
    '2026-08-04'
    >>> release_of("v1.2")
    'v1.2'
    """
    date = re.search(r"/(\d{4}-\d\d-\d\d)(?:/|$)", version) if "://" in version else None
    return date[1] if date else version


def licence_of(text: str) -> str:
    """The id of :mod:`kgmed.kg.licences` that a licence's URL or name stands for.

    One that isn't listed stays as it is, and its tier is unknown.

    >>> licence_of("http://creativecommons.org/licenses/by/4.0"), licence_of("CC0")
    ('CC-BY-4.0', 'CC0-1.0')
    >>> licence_of("https://w3id.org/sssom/license/unspecified")
    ''
    """
    name = bare(text).rstrip("/")
    if name.endswith("license/unspecified"):
        return ""
    for ending in ("/legalcode", "/deed.en", "/deed", ".html", ".txt"):
        name = name.removesuffix(ending)
    name = name.removeprefix("spdx.org/licenses/").removeprefix("spdx:")
    return _licences().get(name.rstrip("/"), text.strip())


@cache
def _licences() -> dict[str, str]:
    found = {"cc0": "CC0-1.0", "creativecommons.org/publicdomain/zero": "CC0-1.0"}
    for item in LICENCES.values():
        url = bare(item.url).rstrip("/").removesuffix(".txt").removesuffix(".html")
        found |= {item.id.lower(): item.id, item.name.lower(): item.id}
        found.setdefault(url, item.id)  # UMLS's levels share one URL: it means the whole
    return found


def bare(uri: str) -> str:
    """A URI without its scheme and ``www.``, in lower case."""
    return re.sub(r"^https?://(www\.)?", "", uri.strip()).lower()

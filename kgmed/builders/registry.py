"""Source types by name: kgmed's own, and those of installed packages.

A package offers sources of its own by the entry point group ``kgmed.sources``
(https://packaging.python.org/en/latest/specifications/entry-points/):

    [project.entry-points."kgmed.sources"]
    ward-notes = "ward_notes:make_source"

The factory takes one dict, the ``[[source]]`` table of ``kgmed.toml`` without ``type``, and gives a
:class:`~kgmed.builders.source.Source`. Paths under :data:`PATH_KEYS` are absolute by then; the keys
``on_error`` and ``quarantine`` are added (see :mod:`kgmed.builders.rows`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from kgmed.builders.source import Source
from kgmed.builders.tables.mapping import meant
from kgmed.kg.errors import ConfigError, KgmedError

GROUP = "kgmed.sources"
PATH_KEYS = ("path", "paths", "file", "files", "folder")
"""Options of a third party's source that are relative to ``kgmed.toml``."""

BUILT_IN: dict[str, str] = {
    "umls": "kgmed.builders.umls:UmlsSource",
    "snomed": "kgmed.builders.snomed:SnomedSource",
    "drugbank": "kgmed.builders.drugbank:DrugBankSource",
    "cmekg": "kgmed.builders.cmekg:CMeKGSource",
    "kgx": "kgmed.builders.kgx:KgxSource",
    "sssom": "kgmed.builders.sssom:SssomSource",
    "tables": "kgmed.builders.tables:TablesSource",
    "obo": "kgmed.builders.ontology:OboSource",
    "rdf": "kgmed.builders.ontology:RdfSource",
    "kgmed-rdf": "kgmed.builders.rdf_graph:RdfGraphSource",
}
"""Type -> the class that reads it. Their options are models of
:mod:`kgmed.builders.source_configs`."""

SourceFactory = Callable[[dict[str, Any]], Source]


def discovered() -> dict[str, EntryPoint]:
    """The source types that installed packages offer; two packages may not offer one name."""
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda e: (e.name, e.value)):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise ConfigError(
                f"Two packages offer a source of type {entry.name!r}: {other.value} and"
                f" {entry.value}. Uninstall one of them."
            )
    return found


def source_types() -> dict[str, str]:
    """Every source type and what makes it; kgmed's own win over a package's of the same name."""
    return {name: entry.value for name, entry in discovered().items()} | BUILT_IN


def make_source(name: str, options: Mapping[str, Any], *, folder: Path) -> Source:
    """A third party's source of a type, with the options written in ``kgmed.toml``.

    Raises :class:`~kgmed.kg.errors.ConfigError` where no package offers the type, or where what it
    makes isn't a source.
    """
    entry = discovered().get(name)
    if entry is None:
        raise ConfigError(unknown_type(name))
    try:
        factory: SourceFactory = entry.load()
        made = factory({key: _rebased(key, value, folder) for key, value in options.items()})
    except KgmedError:
        raise
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"Source of type {name!r}: {entry.value} can't be loaded: {error}."
        ) from error
    except (TypeError, ValueError, KeyError, OSError) as error:
        given = ", ".join(sorted(options)) or "none"
        raise ConfigError(
            f"Source of type {name!r}: {entry.value} refused its options ({given}):"
            f" {type(error).__name__}: {error}."
        ) from error
    if not isinstance(made, Source):
        raise ConfigError(
            f"Source of type {name!r}: {entry.value} made a {type(made).__name__}, expected a"
            " kgmed.builders.source.Source: info, tallies, findings, fingerprint and batches."
        )
    return made


def unknown_type(name: str) -> str:
    """What to tell a user whose type nobody offers."""
    known = sorted(source_types())
    return (
        f"Found a source of type {name!r}, expected one of {', '.join(known)}.{meant(name, known)}"
        f" A package adds types by the entry point group {GROUP} (docs/own-source.md)."
    )


def _rebased(key: str, value: Any, folder: Path) -> Any:
    if key not in PATH_KEYS:
        return value
    if isinstance(value, str):
        return folder / Path(value).expanduser()
    if isinstance(value, list):
        return [_rebased(key, item, folder) for item in value]
    return value
